"""What people type into an order. A number that two people could read differently is refused here, in words."""

from decimal import Decimal
from typing import Any

from django import forms

from ebbtide.journey.careplan.dosing import UNITS, NumberRefused, parse_number
from ebbtide.journey.careplan.pictures import NAMES, WORDS
from ebbtide.pharmacology import the_library
from ebbtide.pharmacology.previews import DEFAULT_MODELS
from ebbtide.pharmacology.published.models import Drug
from ebbtide.pharmacology.published.validity import NAMES as DRUG_NAMES

LONGEST_NUMBER = 12  # characters; no dose, weight or rate needs more


class PlainNumber(forms.CharField):
    """A number written so that nobody can misread it: no bare point, no comma, no trailing zero."""

    def __init__(self, *, unit: str, decimals: int = 4, **options: Any) -> None:
        super().__init__(**options)
        self.unit, self.decimals = unit, decimals
        self.widget.attrs.update(
            {"inputmode": "decimal", "autocomplete": "off", "maxlength": str(LONGEST_NUMBER)}
        )

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        if text is None or text in self.empty_values:
            return None
        if len(text) > LONGEST_NUMBER:
            raise forms.ValidationError(
                f"{self.label} has more than {LONGEST_NUMBER} characters: write the number alone."
            )
        try:
            return parse_number(
                text, name=str(self.label or "The number"), unit=self.unit, decimals=self.decimals
            )
        except NumberRefused as refusal:
            raise forms.ValidationError(str(refusal)) from refusal


class OrderForm(forms.Form):
    """An order from a protocol: one dosing field, and everything else follows from it."""

    key = forms.CharField(max_length=200, widget=forms.HiddenInput)
    dose = PlainNumber(unit="", label="Dose")
    duration_min = forms.IntegerField(label="Duration of one infusion", min_value=1, max_value=720)
    infusions = forms.IntegerField(label="Infusions in the series", min_value=1, max_value=20)
    gap_days_min = forms.IntegerField(
        label="Days between two infusions, at least", min_value=1, max_value=60, required=False
    )
    gap_days_max = forms.IntegerField(label="at most", min_value=1, max_value=60, required=False)
    vial_mg_per_ml = forms.ChoiceField(
        label="Vial", choices=[("10", "10 mg/mL"), ("50", "50 mg/mL"), ("100", "100 mg/mL")]
    )
    bag_volume_ml = PlainNumber(unit="mL", decimals=2, label="Volume of the bag")
    diluent = forms.ChoiceField(
        label="Diluent",
        choices=[("sodium chloride 0.9 %", "Sodium chloride 0.9 %"), ("dextrose 5 %", "Dextrose 5 %")],
    )
    goal = forms.CharField(
        label="Goal, in the person's own words", max_length=240, widget=forms.Textarea(attrs={"rows": 2})
    )
    review_on = forms.DateField(label="Review on", widget=forms.DateInput(attrs={"type": "date"}))
    premedication = forms.CharField(label="Premedication", max_length=240, required=False)
    stop_conditions = forms.CharField(
        label="Stop the infusion when",
        max_length=400,
        widget=forms.Textarea(attrs={"rows": 2}),
        initial="Systolic pressure 180 mmHg or more, confirmed after 5 min\nSaturation below 90 %\nThe person asks to stop",
    )

    def __init__(self, *args: Any, dose_unit: str, **options: Any) -> None:
        super().__init__(*args, **options)
        dose = self.fields["dose"]
        assert isinstance(dose, PlainNumber)  # noqa: S101 - for the type checker
        dose.unit = dose_unit

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        low, high = found.get("gap_days_min"), found.get("gap_days_max")
        if found.get("infusions", 0) > 1 and not (low and high):
            self.add_error("gap_days_min", "A series needs the days between two infusions: fill in both.")
        elif low and high and low > high:
            self.add_error(
                "gap_days_max", f"At most {high} days is fewer than at least {low}: correct one of them."
            )
        return found

    def lines(self, name: str) -> tuple[str, ...]:
        """A text of several lines as a tuple without the empty ones."""
        return tuple(line.strip() for line in self.cleaned_data[name].splitlines() if line.strip())


class ReasonsForm(forms.Form):
    """One reason for each soft limit, and the key of the signature."""

    key = forms.CharField(max_length=200, widget=forms.HiddenInput)

    def __init__(self, *args: Any, limit_ids: list[str], **options: Any) -> None:
        super().__init__(*args, **options)
        for limit_id in limit_ids:
            self.fields[f"reason-{limit_id}"] = forms.CharField(
                label="Reason", max_length=500, required=False
            )

    def reasons(self) -> dict[str, str]:
        """Limit to reason, for those that were answered."""
        return {
            name.removeprefix("reason-"): value.strip()
            for name, value in self.cleaned_data.items()
            if name.startswith("reason-") and value.strip()
        }


class WithdrawForm(forms.Form):
    key = forms.CharField(max_length=200, widget=forms.HiddenInput)
    reason = forms.CharField(
        label="Why is it taken back?", max_length=500, widget=forms.Textarea(attrs={"rows": 2})
    )


class BlindCheckForm(forms.Form):
    """What the second person worked out alone, from the weight, the protocol and the vial."""

    key = forms.CharField(max_length=200, widget=forms.HiddenInput)
    weight_kg = PlainNumber(unit="kg", decimals=2, label="Weight")
    dose_mg = PlainNumber(unit="mg", decimals=3, label="Dose of one infusion")
    rate_ml_per_h = PlainNumber(unit="mL/h", decimals=2, label="Rate of the pump")


def offered_models() -> list[tuple[str, str]]:
    """Every model that adults are shown, each with what it describes and where the blood was drawn."""
    return [
        (
            model.id,
            f"{NAMES[model.id]}: {WORDS[model.site]}, {' or '.join(DRUG_NAMES[drug] for drug in model.drugs)}",
        )
        for model in the_library().offered
    ]


class AskModelsForm(forms.Form):
    """A question to published models: one infusion in one person, and no patient."""

    drug = forms.ChoiceField(
        label="What is given",
        choices=[(drug.value, DRUG_NAMES[drug].capitalize()) for drug in (Drug.RACEMIC, Drug.S, Drug.R)],
        initial=Drug.RACEMIC.value,
    )
    weight_kg = PlainNumber(unit="kg", decimals=2, label="Weight")
    age_y = PlainNumber(unit="years", decimals=0, label="Age")
    dose = PlainNumber(unit="mg/kg", label="Dose or rate")
    dose_unit = forms.ChoiceField(
        label="in", choices=[(unit, unit) for unit in UNITS.values()], initial="mg/kg"
    )
    duration_min = PlainNumber(unit="min", decimals=0, label="Duration")
    models = forms.MultipleChoiceField(
        label="Models",
        choices=offered_models,
        initial=DEFAULT_MODELS,
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": "No model is chosen: choose one at least.",
            "invalid_choice": "There is no model of this name: choose from the list.",
        },
    )
    crps_course = forms.BooleanField(
        label="A course of days for CRPS, which may last to 120 h", required=False
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        unit = str(self.data.get("dose_unit"))
        if unit in UNITS.values():
            dose = self.fields["dose"]
            assert isinstance(dose, PlainNumber)  # noqa: S101 - for the type checker
            dose.unit = unit
        for field in self.fields.values():
            if isinstance(field, PlainNumber):
                field.error_messages["required"] = f"{field.label} is missing: enter it ({field.unit})."


def as_decimal(text: str) -> Decimal:
    """A choice of a list as a Decimal."""
    return Decimal(text)
