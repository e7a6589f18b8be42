"""What people type for the papers of the safe: a count before the books are shown, a second signature, a loss, a report."""

from datetime import date, timedelta
from typing import Any

from django import forms

from ebbtide.journey.careplan.forms import PlainNumber
from ebbtide.journey.custody.count_queries import Place
from ebbtide.journey.custody.counting import Counted
from ebbtide.journey.custody.forms import TWO_LINES, KeyForm, WitnessForm
from ebbtide.journey.custody.models import CountKind, LossKind, ReportForm, Vial
from ebbtide.journey.custody.rules import AmountRefused, micrograms

DATE = {"type": "date"}
BIENNIAL_DAYS = (
    730  # days; the longest span between two inventories [recalled], until the custody officer confirms it
)


class CountForm(KeyForm):
    """One field for each kind of sealed vial and each opened vial; the page never says what the books hold."""

    kind = forms.ChoiceField(label="What is this count?", choices=CountKind.choices, widget=forms.RadioSelect)

    def __init__(self, *args: Any, places: list[Place], **options: Any) -> None:
        super().__init__(*args, **options)
        self.places = places
        for number, place in enumerate(places):
            self.fields[f"line_{number}"] = _count_field(place)

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        lines = []
        for number, place in enumerate(self.places):
            typed = found.get(f"line_{number}")
            if typed is None:
                continue
            try:
                left_ug = micrograms(typed * place.mg_per_ml) if place.vial else None
            except AmountRefused as refusal:
                self.add_error(f"line_{number}", str(refusal))
                continue
            lines.append(
                Counted(
                    drug=place.drug,
                    mg_per_ml=place.mg_per_ml,
                    volume_ml=place.volume_ml,
                    vial=place.vial.pk if place.vial else None,
                    sealed_vials=None if place.vial else typed,
                    left_ug=left_ug,
                )
            )
        found["lines"] = tuple(lines)
        return found

    def counted(self) -> list[tuple[Place, forms.BoundField]]:
        """Each line with its field, for the page."""
        return [(place, self[f"line_{number}"]) for number, place in enumerate(self.places)]


def _count_field(place: Place) -> forms.Field:
    strength = f"{place.drug_name}, {place.mg_per_ml.normalize():f} mg/mL"
    if place.vial:
        return PlainNumber(unit="mL", decimals=3, label=f"{strength}: left in opened vial {place.vial.label}")
    label = f"{strength}: sealed vials of {place.volume_ml.normalize():f} mL"
    return forms.IntegerField(
        label=label, min_value=0, max_value=9999, widget=forms.NumberInput(attrs={"inputmode": "numeric"})
    )


class SignCountForm(WitnessForm):
    """A second person counted again and found the same."""

    words = forms.CharField(
        label="What did you both look at?",
        max_length=240,
        required=False,
        widget=forms.Textarea(attrs=TWO_LINES),
    )
    field_order = ("key", "words")


class NoteForm(KeyForm):
    """What was found out."""

    words = forms.CharField(
        label="What was asked, and what was found out?",
        max_length=1000,
        help_text="No patient's name. It stays as you write it.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class LossForm(KeyForm):
    """The facts that an authority asks for."""

    kind = forms.ChoiceField(label="What happened?", choices=LossKind.choices, widget=forms.RadioSelect)
    discovered_on = forms.DateField(label="Discovered on", widget=forms.DateInput(attrs=DATE))
    circumstances = forms.CharField(
        label="What is known of how it happened?", max_length=1000, widget=forms.Textarea(attrs={"rows": 3})
    )
    measures = forms.CharField(
        label="What was done so that it does not happen again?",
        max_length=500,
        widget=forms.Textarea(attrs=TWO_LINES),
    )
    police = forms.CharField(
        label="Which police station was told, and the number of the case", max_length=160, required=False
    )
    authority_told_on = forms.DateField(
        label="Authority told on", required=False, widget=forms.DateInput(attrs=DATE)
    )


class DestroyForm(WitnessForm):
    """Which vials were destroyed, how and where, and who watched."""

    vials = forms.ModelMultipleChoiceField(
        label="Which vials? Each with all that is left in it",
        queryset=Vial.objects.none(),
        widget=forms.CheckboxSelectMultiple,
    )
    method = forms.CharField(
        label="How were they destroyed?", max_length=240, widget=forms.Textarea(attrs=TWO_LINES)
    )
    place = forms.CharField(label="Where?", max_length=160)
    field_order = ("key", "vials", "method", "place")

    def __init__(self, *args: Any, vials: list[Vial], today: date, **options: Any) -> None:
        super().__init__(*args, **options)
        chosen = self.fields["vials"]
        assert isinstance(chosen, forms.ModelMultipleChoiceField)  # noqa: S101 - for the type checker
        chosen.queryset = Vial.objects.filter(pk__in=[vial.pk for vial in vials]).order_by(
            "expires_on", "label"
        )
        chosen.label_from_instance = lambda vial: (  # type: ignore[method-assign,assignment] # as the safe's page names them
            f"{vial.label} · {vial.drug_name}, lot {vial.lot} · "
            f"{'expired' if vial.expires_on < today else 'expires'} {vial.expires_on:%d %b %Y}"
        )


class ReportSpanForm(KeyForm):
    """Which days the register covers, and as what it is taken out."""

    since_on = forms.DateField(label="From", widget=forms.DateInput(attrs=DATE))
    until_on = forms.DateField(label="Until and with", widget=forms.DateInput(attrs=DATE))
    form = forms.ChoiceField(choices=ReportForm.choices, required=False, widget=forms.HiddenInput)


def two_years_before(today: date) -> date:
    """Where the span of an inspector's report begins unless somebody chooses another day."""
    return today - timedelta(days=BIENNIAL_DAYS)
