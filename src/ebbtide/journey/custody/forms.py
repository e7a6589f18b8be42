"""What people type at the safe: one amount in mg or mL, a label from the scanner, and the second person's sign-in."""

from decimal import Decimal
from typing import Any

from django import forms

from ebbtide.ground.clock.wall import wall_time
from ebbtide.ground.people.models import Staff
from ebbtide.journey.careplan.forms import PlainNumber
from ebbtide.journey.course.models import Visit
from ebbtide.journey.custody.models import DRUG_NAMES, Vial
from ebbtide.journey.custody.rules import AmountRefused, micrograms
from ebbtide.journey.custody.scans import LONGEST as SCAN_LONGEST

DRUGS = tuple(DRUG_NAMES.items())
UNITS = (("mg", "mg"), ("mL", "mL"))
TWO_LINES = {"rows": 2}


class Unkept(forms.TextInput):
    """What was typed here is never written back into a page."""

    def format_value(self, value: Any) -> str | None:
        return None


class KeyForm(forms.Form):
    """Every act has a key of its own, so that a double tap acts once."""

    key = forms.CharField(max_length=200, widget=forms.HiddenInput)

    def plain(self) -> list[forms.BoundField]:
        """The fields of the first person."""
        return [
            field
            for field in self
            if field.name != "key" and not field.is_hidden and not field.name.startswith("witness_")
        ]

    def second(self) -> list[forms.BoundField]:
        """The fields of the second person."""
        return [field for field in self if field.name.startswith("witness_")]


class AmountForm(KeyForm):
    """One amount in one unit; the other figures follow from the vial's strength. Strengths that differ leave mg alone."""

    amount = PlainNumber(unit="mg or mL", decimals=3, label="Amount")
    unit = forms.ChoiceField(label="Typed in", choices=UNITS, initial="mg", widget=forms.RadioSelect)

    def __init__(self, *args: Any, mg_per_ml: Decimal | None, **options: Any) -> None:
        super().__init__(*args, **options)
        self.mg_per_ml = mg_per_ml
        if mg_per_ml is None:
            chosen = self.fields["unit"]
            assert isinstance(chosen, forms.ChoiceField)  # noqa: S101 - for the type checker
            chosen.choices = UNITS[:1]

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        amount, unit = found.get("amount"), found.get("unit")
        if amount is not None and unit:
            try:
                found["amount_ug"] = micrograms(amount if unit == "mg" else amount * (self.mg_per_ml or 0))
            except AmountRefused as refusal:
                self.add_error("amount", str(refusal))
        return found


class WitnessForm(KeyForm):
    """The second person signs in here, beside the first, who stays signed in."""

    witness_email = forms.EmailField(
        label="E-mail of the second person",
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    witness_password = forms.CharField(
        label="Their password",
        max_length=256,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    witness_code = forms.CharField(
        label="Their code",
        max_length=20,
        help_text="Six digits of their app, or a recovery code. A code counts once.",
        widget=Unkept(attrs={"autocomplete": "off", "inputmode": "numeric"}),
    )

    def credentials(self) -> tuple[str, str, str]:
        """E-mail, password and code, for the proof alone."""
        told = self.cleaned_data
        return told["witness_email"], told["witness_password"], told["witness_code"].replace(" ", "")


class ReceiveForm(KeyForm):
    """A delivery. The labels are a text of lines, so a scanner that ends with Enter starts the next one."""

    scan = forms.CharField(required=False, max_length=SCAN_LONGEST, widget=forms.HiddenInput)

    drug = forms.ChoiceField(label="Drug", choices=DRUGS)
    mg_per_ml = PlainNumber(unit="mg/mL", decimals=2, label="Strength")
    volume_ml = PlainNumber(unit="mL", decimals=2, label="Volume of one vial")
    lot = forms.CharField(label="Lot", max_length=40)
    expires_on = forms.DateField(label="Expires on", widget=forms.DateInput(attrs={"type": "date"}))
    supplier = forms.CharField(label="Supplier", max_length=120)
    labels = forms.CharField(
        label="Labels of the vials",
        max_length=4000,
        help_text="One line for each vial: scan one after the other, or write a number on each vial and type it here.",
        # a symbol may end in a separator, which is no line break
        strip=False,
        widget=forms.Textarea(attrs={"rows": 5, "autocomplete": "off", "spellcheck": "false"}),
    )

    def label_lines(self) -> tuple[str, ...]:
        """Each line that was scanned."""
        # never splitlines(): it takes the group separator inside a symbol for the end of a line
        lines = self.cleaned_data["labels"].replace("\r", "\n").split("\n")
        return tuple(line.strip(" \t") for line in lines if line.strip())


class DrawForm(AmountForm):
    """How much is drawn from the vial that the page shows, and whether its label was scanned."""

    scanned = forms.BooleanField(required=False, widget=forms.HiddenInput)


class ReasonForm(KeyForm):
    """Why."""

    reason = forms.CharField(label="Why?", max_length=240, widget=forms.Textarea(attrs=TWO_LINES))


class WasteForm(AmountForm, WitnessForm, ReasonForm):
    """What is thrown away, why, and who watches."""

    field_order = ("key", "amount", "unit", "reason")


class VoidTwoForm(WitnessForm, ReasonForm):
    """Undoing what two people signed."""

    field_order = ("key", "reason")


class ReturnForm(AmountForm, ReasonForm):
    """Which vial goes back, and how much of it."""

    vial = forms.ModelChoiceField(label="Vial", queryset=Vial.objects.none(), empty_label=None)
    field_order: tuple[str, ...] = ("key", "vial", "amount", "unit", "reason")

    def __init__(self, *args: Any, vials: list[Vial], **options: Any) -> None:
        super().__init__(*args, **options)
        chosen = self.fields["vial"]
        assert isinstance(chosen, forms.ModelChoiceField)  # noqa: S101 - for the type checker
        chosen.queryset = Vial.objects.filter(pk__in=[vial.pk for vial in vials])


class HandOnForm(ReturnForm):
    """Which vial serves which other visit."""

    to_visit = forms.ModelChoiceField(label="Which visit gets it?", queryset=Visit.objects.none())
    field_order = ("key", "vial", "to_visit", "amount", "unit", "reason")

    def __init__(self, *args: Any, visits: list[Visit], **options: Any) -> None:
        super().__init__(*args, **options)
        chosen = self.fields["to_visit"]
        assert isinstance(chosen, forms.ModelChoiceField)  # noqa: S101 - for the type checker
        chosen.queryset = Visit.objects.filter(pk__in=[visit.pk for visit in visits]).select_related(
            "chair", "series__episode__patient__clinic"
        )
        chosen.label_from_instance = _visit_words  # type: ignore[method-assign,assignment] # as the page of the safe names them


def _visit_words(visit: Visit) -> str:
    patient = visit.series.episode.patient
    at = wall_time(visit.starts_at, patient.clinic.time_zone)
    return f"{at} · {visit.chair.name} · {patient.name} · record {patient.record_number}"


class VarianceForm(AmountForm, WitnessForm):
    """A difference nobody can explain: how much, what was done to find it, who looks into it and until when."""

    way = forms.ChoiceField(
        label="What differs?",
        choices=[("missing", "Drug is missing"), ("found", "There is more than there should be")],
        widget=forms.RadioSelect,
    )
    searched = forms.CharField(
        label="What was done to find it?",
        max_length=500,
        help_text="Counted again, where you searched, whom you asked. No patient's name.",
        widget=forms.Textarea(attrs=TWO_LINES),
    )
    owner = forms.ModelChoiceField(label="Who looks into it?", queryset=Staff.objects.none())
    due_on = forms.DateField(label="Until", widget=forms.DateInput(attrs={"type": "date"}))
    to_report = forms.ChoiceField(
        label="Is it a theft or a significant loss?",
        choices=[("unknown", "Not decided yet"), ("no", "No"), ("yes", "Yes: it will be reported")],
        widget=forms.RadioSelect,
    )
    alone = forms.BooleanField(
        label="Nobody else is in the clinic who has not handled this drug today", required=False
    )
    field_order = ("key", "way", "amount", "unit", "searched", "owner", "due_on", "to_report", "alone")

    def __init__(self, *args: Any, owners: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        chosen = self.fields["owner"]
        assert isinstance(chosen, forms.ModelChoiceField)  # noqa: S101 - for the type checker
        chosen.queryset = owners

    def told(self) -> dict[str, Any]:
        """What the action is told beside the place and the second person."""
        found = self.cleaned_data
        sign = 1 if found["way"] == "missing" else -1
        return {
            "amount_ug": sign * found["amount_ug"],
            "searched": found["searched"],
            "owner": found["owner"],
            "due_on": found["due_on"],
            "to_report": {"unknown": None, "no": False, "yes": True}[found["to_report"]],
            "alone": found["alone"],
        }


class CloseForm(WitnessForm):
    """How the investigation ended, before a second person."""

    finding = forms.CharField(
        label="What was found?", max_length=1000, widget=forms.Textarea(attrs={"rows": 3})
    )
    reported = forms.BooleanField(
        label="It was reported to the authority as a theft or significant loss", required=False
    )
    field_order = ("key", "finding", "reported")


class RegisterFilter(forms.Form):
    """Which day of the register, and which drug."""

    on = forms.DateField(label="Day", required=False, widget=forms.DateInput(attrs={"type": "date"}))
    drug = forms.ChoiceField(label="Drug", required=False, choices=[("", "Every drug"), *DRUGS])
