"""assessment: the forms. They turn what was typed into values of the vocabulary and say what is wrong beside the field."""

from collections.abc import Iterable
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext_lazy as _

from ebbtide.evidence.errors import EvidenceError
from ebbtide.evidence.inputs import InputSpec, InputType
from ebbtide.evidence.vocabulary import check_value, vocabulary
from ebbtide.journey.assessment.actions import NewFact
from ebbtide.journey.assessment.consent_text import ConsentText
from ebbtide.journey.assessment.models import Decision
from ebbtide.journey.assessment.questions import LINE_WORDS, LIST_WORDS, in_words, question_for
from ebbtide.journey.assessment.rules import weight_in_kg

YES_NO = [("yes", "Yes"), ("no", "No")]
FEW_CHOICES = 5  # as many fit beside each other; more become a list to choose from


class Across(forms.RadioSelect):
    """Choices beside each other where there is room."""

    option_inherits_attrs = False

    def __init__(self, **more: Any) -> None:
        super().__init__(attrs={"class": "choices choices--across"}, **more)


class KeyedForm(forms.Form):
    """A form that acts once, however often it is sent."""

    key = forms.CharField(max_length=200, widget=forms.HiddenInput)


def _decimal(label: str, *, unit: str = "", required: bool = False) -> forms.DecimalField:
    widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off", "class": "input"})
    field = forms.DecimalField(label=label, required=required, max_digits=8, decimal_places=3, widget=widget)
    field.unit = unit  # type: ignore[attr-defined]
    return field


def field_for(spec: InputSpec) -> forms.Field:
    """The field that asks for one input; never required, because what is not known stays not known."""
    label = question_for(spec.name)
    match spec.type:
        case InputType.BOOLEAN:
            return forms.ChoiceField(label=label, choices=YES_NO, widget=Across, required=False)
        case InputType.CHOICE:
            return _choice(label, spec)
        case InputType.DATE:
            return forms.DateField(
                label=label, required=False, widget=forms.DateInput(attrs={"type": "date", "class": "input"})
            )
        case InputType.INSTANT:
            widget = forms.DateTimeInput(attrs={"type": "datetime-local", "class": "input"})
            return forms.DateTimeField(label=label, required=False, widget=widget)
        case InputType.NUMBER | InputType.INTEGER:
            return _decimal(label, unit=spec.unit or "")
    return forms.CharField(
        label=label, required=False, max_length=300, widget=forms.TextInput(attrs={"class": "input"})
    )


def _choice(label: str, spec: InputSpec) -> forms.ChoiceField:
    choices = [(choice, in_words(choice)) for choice in spec.choices]
    if len(choices) <= FEW_CHOICES:
        return forms.ChoiceField(label=label, choices=choices, widget=Across, required=False)
    widget = forms.Select(attrs={"class": "select"})
    return forms.ChoiceField(label=label, choices=[("", "–"), *choices], widget=widget, required=False)


class AnswersForm(KeyedForm):
    """Several inputs at once, each may stay open; only what was answered is recorded."""

    def __init__(self, names: Iterable[str], *, zone: str, **fields: Any) -> None:
        super().__init__(**fields)
        self.zone = zone
        self.names: list[str] = []
        self.ask_also(names)

    def ask_also(self, names: Iterable[str]) -> None:
        """Show these questions as well."""
        for name in names:
            if name in vocabulary() and name not in self.fields:
                self.names.append(name)
                self.fields[name] = field_for(vocabulary()[name])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for name in self.names:
            value = self._value(name, cleaned.get(name))
            if value is None:
                continue
            try:
                check_value(name, value)
            except EvidenceError as refused:
                self.add_error(name, str(refused))
        return cleaned

    def _value(self, name: str, typed: Any) -> Any:
        spec = vocabulary()[name]
        if typed in (None, ""):
            return None
        match spec.type:
            case InputType.BOOLEAN:
                return typed == "yes"
            case InputType.INTEGER:
                return int(typed) if typed == typed.to_integral_value() else typed
            case InputType.INSTANT:
                return typed.replace(tzinfo=ZoneInfo(self.zone))
        return typed

    def new_facts(self) -> tuple[NewFact, ...]:
        """What was answered."""
        answered = {name: self._value(name, self.cleaned_data.get(name)) for name in self.names}
        return tuple(NewFact(name=name, value=value) for name, value in answered.items() if value is not None)


class MeasurementsForm(KeyedForm):
    """What the scale, the cuff and the probe say. A weight is typed twice, with its unit (H3)."""

    weight = _decimal("Body weight")
    weight_unit = forms.ChoiceField(
        label="Unit of the weight",
        choices=[("kg", "kg"), ("lb", "lb")],
        widget=forms.RadioSelect,
        required=False,
    )
    weight_again = _decimal("Body weight, typed again")
    measured_again = forms.BooleanField(label="I have measured again, and it is true", required=False)
    height_cm = _decimal("Height", unit="cm")
    systolic_mmHg = _decimal("Blood pressure, upper value", unit="mmHg")  # noqa: N815
    diastolic_mmHg = _decimal("Blood pressure, lower value", unit="mmHg")  # noqa: N815
    spo2_room_air_percent = _decimal("Oxygen saturation on room air", unit="%")
    pulse_per_min = _decimal("Pulse", unit="per min")
    pain_nrs = _decimal("Pain now, 0 to 10", unit="of 10")

    SINGLE = (
        "height_cm",
        "systolic_mmHg",
        "diastolic_mmHg",
        "spo2_room_air_percent",
        "pulse_per_min",
        "pain_nrs",
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        self._check_weight(cleaned)
        if (cleaned.get("systolic_mmHg") is None) != (cleaned.get("diastolic_mmHg") is None):
            self.add_error("diastolic_mmHg", "Enter both values of the blood pressure, or none.")
        for name in self.SINGLE:
            value = cleaned.get(name)
            try:
                check_value(name, value) if value is not None else None
            except EvidenceError as refused:
                self.add_error(name, str(refused))
        return cleaned

    def _check_weight(self, cleaned: dict[str, Any]) -> None:
        weight, again = cleaned.get("weight"), cleaned.get("weight_again")
        if weight is None and again is None:
            return
        if not cleaned.get("weight_unit"):
            self.add_error("weight_unit", "Choose kg or lb.")
        elif weight != again:
            self.add_error("weight_again", "The two weights differ. Read the scale again and type both.")
        elif weight is not None and weight <= 0:
            self.add_error("weight", "A body weight is above zero.")

    def new_facts(self) -> tuple[NewFact, ...]:
        """What was measured, the weight in kilograms."""
        data = self.cleaned_data
        facts = [
            NewFact(name=name, value=_whole(data[name])) for name in self.SINGLE if data.get(name) is not None
        ]
        if data.get("weight") is not None:
            kg = weight_in_kg(value=data["weight"], unit=data["weight_unit"])
            words = f"typed as {data['weight']} {data['weight_unit']}"
            facts.append(
                NewFact(name="weight_kg", value=kg, words=words, measured_again=data["measured_again"])
            )
        return tuple(facts)


def _whole(value: Decimal) -> Decimal | int:
    return int(value) if value == value.to_integral_value() else value


class ItemForm(KeyedForm):
    """One item for one of the lists: a word of the vocabulary, or a line in words."""

    list_name = forms.ChoiceField(
        choices=[(name, name) for name in (*LIST_WORDS, *LINE_WORDS)], widget=forms.HiddenInput
    )
    item = forms.CharField(
        label="Add", max_length=300, widget=forms.TextInput(attrs={"class": "input", "autocomplete": "off"})
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        name, item = cleaned.get("list_name", ""), cleaned.get("item", "").strip()
        if name in LIST_WORDS and item:
            cleaned["item"] = item.lower().replace(" ", "_")
            try:
                check_value(name, cleaned["item"])
            except EvidenceError:
                self.add_error(
                    "item", "Choose an entry from the list. Other words belong into the list in words."
                )
        return cleaned


class FactsForm(KeyedForm):
    """Which standing facts an act is about."""

    facts = forms.TypedMultipleChoiceField(required=False)

    def __init__(self, known: Iterable[Any], **fields: Any) -> None:
        super().__init__(**fields)
        self.known = {str(fact.id): fact for fact in known}
        field = self.fields["facts"]
        assert isinstance(field, forms.TypedMultipleChoiceField)  # noqa: S101  (declared above)
        field.choices = [(fact_id, fact_id) for fact_id in self.known]
        field.error_messages["invalid_choice"] = (
            "One of these entries has changed meanwhile. Look at the list again."
        )

    def chosen(self) -> tuple[Any, ...]:
        """The facts themselves."""
        return tuple(self.known[fact_id] for fact_id in self.cleaned_data["facts"])


class ConfirmListForm(KeyedForm):
    """The list that was gone through, and what the page showed of it."""

    list_name = forms.ChoiceField(choices=[(name, name) for name in LIST_WORDS], widget=forms.HiddenInput)
    seen = forms.CharField(required=False, widget=forms.HiddenInput, max_length=20_000)
    unchanged = forms.BooleanField(required=False, widget=forms.HiddenInput)


class SigningForm(KeyedForm):
    """A decision, its reason or plan, and a reason for each rule that is set aside."""

    seen = forms.CharField(max_length=64, widget=forms.HiddenInput)
    decision = forms.ChoiceField(label="Your decision", choices=Decision.choices, widget=forms.RadioSelect)
    reason = forms.CharField(
        label="Reason, or the plan for each caution", max_length=2000, required=False,
        widget=forms.Textarea(attrs={"rows": 4, "class": "textarea"}),
    )  # fmt: skip

    def __init__(self, rules: Iterable[str], **fields: Any) -> None:
        super().__init__(**fields)
        self.rules = list(rules)
        for rule in self.rules:
            self.fields[rule] = forms.CharField(
                label=f"Reason for overriding {rule}", max_length=1000, required=False,
                widget=forms.Textarea(attrs={"rows": 2, "class": "textarea"}),
            )  # fmt: skip

    def overrides(self) -> dict[str, str]:
        """The reasons that were written."""
        written = {rule: str(self.cleaned_data.get(rule, "")).strip() for rule in self.rules}
        return {rule: why for rule, why in written.items() if why}


class ConsentForm(KeyedForm):
    """Each part ticked for itself, and a name that signs; drawing is possible, typing is enough."""

    text_sha256 = forms.CharField(max_length=64, widget=forms.HiddenInput)
    signed_name = forms.CharField(
        label=_("Type your full name"), max_length=160, required=False,
        widget=forms.TextInput(attrs={"class": "input", "autocomplete": "off", "data-signature-typed": ""}),
    )  # fmt: skip
    picture = forms.CharField(required=False, widget=forms.HiddenInput(attrs={"data-signature-picture": ""}))

    def __init__(self, text: ConsentText, **fields: Any) -> None:
        super().__init__(**fields)
        self.text = text
        for section in text.sections:
            self.fields[section.id] = forms.BooleanField(
                label=_("I have read and understood this part"), required=False
            )

    def understood(self) -> tuple[str, ...]:
        """The parts that were ticked."""
        return tuple(section for section in self.text.section_ids if self.cleaned_data.get(section))

    def picture_bytes(self) -> bytes:
        """The drawn signature, from the data address that the page made of it."""
        from base64 import b64decode
        from binascii import Error

        try:
            return b64decode(self.cleaned_data["picture"].partition("base64,")[2], validate=True)
        except Error:
            return b"unreadable"


class ScanForm(ConsentForm):
    """A consent that was signed on paper: the scan, the day, and what stands ticked on it."""

    scan = forms.FileField(label="Scan or photograph of the signed paper (PDF, JPEG or PNG, at most 10 MB)")
    signed_on = forms.DateField(
        label="Signed on", widget=forms.DateInput(attrs={"type": "date", "class": "input"})
    )

    def signed_at(self, *, zone: str, now: datetime) -> datetime:
        """The moment of signing: now when it was today, else noon of that day on the clinic's wall."""
        day: date = self.cleaned_data["signed_on"]
        wall = now.astimezone(ZoneInfo(zone))
        return now if day == wall.date() else datetime.combine(day, time(12), tzinfo=ZoneInfo(zone))


class WithdrawForm(KeyedForm):
    """A consent is taken back; a reason may be given."""

    reason = forms.CharField(
        label=_("Reason, if you want to give one"), max_length=500, required=False,
        widget=forms.Textarea(attrs={"rows": 2, "class": "textarea"}),
    )  # fmt: skip
