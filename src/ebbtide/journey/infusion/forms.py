"""Forms of the infusion: the check-in, the gate, and one for each kind of entry. Values are judged by the event's own fields."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms

from ebbtide.evidence.inputs import InputType
from ebbtide.evidence.packs import load_suitability_pack
from ebbtide.journey.assessment.actions import NewFact
from ebbtide.journey.assessment.forms import Across, AnswersForm, KeyedForm, MeasurementsForm
from ebbtide.journey.assessment.questions import ASKED_BY, in_words
from ebbtide.journey.infusion.emergency import OUTCOMES
from ebbtide.journey.infusion.events import (
    FIELDS,
    SCALES,
    SEVERITIES,
    SIGNS,
    BodyRefused,
    Field,
    Kind,
    Of,
    ScaleName,
    read_body,
)
from ebbtide.journey.infusion.gate import ASKED_TODAY, DAY_WORDS, EQUIPMENT, Confirmed
from ebbtide.journey.infusion.rules import newest_instant

# classes that the rules of the day ask about, taken in the last 24 h (SUI-DRG-04, SUI-DRG-12)
TAKEN_24H = ("stimulant", "decongestant", "sympathomimetic", "cocaine")
SHORT_WORDS = {"iv": "IV", "im": "IM", "sc": "SC"}  # routes, as charts write them
NUMBER = {"inputmode": "decimal", "autocomplete": "off"}
NUMBER_ON_IT = {"autocomplete": "off"}


class CheckInForm(KeyedForm):
    """The person is here: nothing to type."""


class SwitchForm(KeyedForm):
    """The medical director signs a switch of the chair: which way, why, and that the text above it was read."""

    to = forms.ChoiceField(choices=[("on", "on"), ("off", "off")], widget=forms.HiddenInput)
    reason = forms.CharField(
        label="Why it changes", min_length=4, max_length=500, widget=forms.Textarea(attrs={"rows": 2})
    )
    read = forms.BooleanField(
        label="I read what it means and what it does not mean, and I answer for it in this clinic",
        required=False,
    )


class AcknowledgeForm(KeyedForm):
    """Somebody takes a check."""

    check = forms.CharField(max_length=120, widget=forms.HiddenInput)


class SilenceForm(KeyedForm):
    """For how long the sound is off."""

    silence_s = forms.IntegerField(min_value=1, max_value=120, widget=forms.HiddenInput)


class LimitForm(KeyedForm):
    """One number of one limit, with the reason."""

    value = forms.FloatField(label="New number", widget=forms.TextInput(attrs=NUMBER))
    reason = forms.CharField(
        label="Why it changes", min_length=4, max_length=500, widget=forms.Textarea(attrs={"rows": 2})
    )


class ConfirmedForm(KeyedForm):
    """What the nurse confirms at the chair."""

    identifiers = forms.BooleanField(
        label="I read name and date of birth aloud and the person confirmed both", required=False
    )
    limb = forms.BooleanField(label="Nothing is on that limb: no cuff, line or tape", required=False)
    escort_name = forms.CharField(label="Escort, name", max_length=120, required=False)
    escort_phone = forms.CharField(
        label="Escort, telephone number",
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "tel"}),
    )
    no_monitor_reason = forms.CharField(
        label="If no monitor is on this person: why, and how values are charted",
        max_length=200,
        required=False,
    )
    alarms_audible = forms.BooleanField(
        label="The bedside monitor is on, its limits are set for this person, and its alarms can be heard at the chair "
        "and where I will be",
        required=False,
    )

    equipment = forms.MultipleChoiceField(
        label="Looked at and ready",
        choices=list(EQUIPMENT.items()),
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    pump_identity = forms.CharField(
        label="Number or name on the pump",
        max_length=60,
        required=False,
        widget=forms.TextInput(attrs=NUMBER_ON_IT),
    )
    call_tested = forms.BooleanField(
        label="The person pressed the call button, and I saw or heard the call", required=False
    )
    comfort_declined = forms.BooleanField(
        label="I asked about light, music, touch and a stop word; the person wants nothing written",
        required=False,
    )

    def confirmed(self) -> Confirmed:
        """What was ticked and typed."""
        told = {name: self.cleaned_data[name] for name in Confirmed.__slots__}
        return Confirmed(**{**told, "equipment": tuple(told["equipment"])})


class GateForm(ConfirmedForm):
    """The gate: what was confirmed, what was measured, what was asked, and overrides where a role may."""

    asked_24h = forms.BooleanField(label="I asked what was taken in the last 24 hours", required=False)
    taken_24h = forms.MultipleChoiceField(
        label="Taken in the last 24 hours (tick none when none of these)",
        choices=[(name, in_words(name)) for name in TAKEN_24H],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )

    def __init__(self, *, questions: Iterable[str], rules: Iterable[str], zone: str, **fields: Any) -> None:
        super().__init__(**fields)
        sent = self.data if self.is_bound else None
        self.answers = AnswersForm(questions, zone=zone, prefix="ask", data=sent)
        self.measured = MeasurementsForm(prefix="now", data=sent)
        for name in self.answers.names:
            self.answers.fields[name].label = DAY_WORDS.get(name) or self.answers.fields[name].label
        self.answers.fields["key"].required = self.measured.fields["key"].required = False
        self.rules = list(rules)
        for rule in self.rules:
            self.fields[f"why-{rule}"] = forms.CharField(
                label=f"Reason for setting {rule} aside",
                max_length=500,
                required=False,
                widget=forms.Textarea(attrs={"rows": 2, "class": "textarea"}),
            )

    def is_valid(self) -> bool:
        """All three parts can be read."""
        return all([super().is_valid(), self.answers.is_valid(), self.measured.is_valid()])

    def taken(self) -> tuple[str, ...] | None:
        """The classes taken in the last 24 h; None when it was not asked."""
        return tuple(self.cleaned_data["taken_24h"]) if self.cleaned_data["asked_24h"] else None

    def overrides(self) -> dict[str, str]:
        """The reasons that were written."""
        written = {rule: str(self.cleaned_data.get(f"why-{rule}") or "").strip() for rule in self.rules}
        return {rule: why for rule, why in written.items() if why}

    def answered(self) -> tuple[NewFact, ...]:
        """Today's answers."""
        return self.answers.new_facts()

    def measurements(self) -> tuple[NewFact, ...]:
        """Today's measurements."""
        return self.measured.new_facts()


def todays_questions(missing: Iterable[str]) -> list[str]:
    """What the gate asks: the questions of every day, then what a rule of the day misses and a form can ask."""
    inputs = load_suitability_pack().inputs
    elsewhere = {
        "escort_named_with_phone", "infusion_number", "consent_current", "weight_kg", "monitor_ready", "airway_kit_ready",
    }  # fmt: skip
    measured = set(MeasurementsForm.SINGLE)
    asked = [ASKED_BY.get(name, name) for name in missing]
    more = [
        name
        for name in asked
        if name in inputs and inputs[name].type is not InputType.SET and name not in elsewhere | measured
    ]
    return list(dict.fromkeys([*ASKED_TODAY, *more]))


# — entries —


class EntryForm(KeyedForm):
    """One entry: the fields of its kind, when it happened (empty: now), and the number the page made for it."""

    entry = forms.UUIDField(widget=forms.HiddenInput)
    happened_at = forms.TimeField(
        label="When, if not now",
        required=False,
        widget=forms.TimeInput(attrs={"type": "time", "class": "input"}),
        help_text="The time on the clinic's wall. Leave it empty for now.",
    )

    def __init__(self, kind: Kind, *, now: datetime, zone: str, limb_words: str = "", **fields: Any) -> None:
        super().__init__(**fields)
        self.kind, self.now, self.zone = kind, now, zone
        for name, spec in FIELDS[kind].items():
            self.fields[name] = field_for(name, spec)
        if kind is Kind.OBSERVATION:
            self.fields["as_monitor"].widget = forms.HiddenInput()
            # a page without scripts says what it took over; what was typed over since is no longer the monitor's
            self.fields["taken_over"] = forms.CharField(
                max_length=400, required=False, widget=forms.HiddenInput
            )
        self._ask_of_the_limb(limb_words)

    def _ask_of_the_limb(self, limb_words: str) -> None:
        """Where a cuff sits and why is asked only of somebody with a limb to spare, or of an entry that said it before."""
        for name in {"cuff_site", "limb_reason"} & set(self.fields):
            if name == "limb_reason":
                self.fields[name].label = f"Why on {limb_words}" if limb_words else self.fields[name].label
            if not limb_words and name not in self.initial:
                del self.fields[name]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        try:
            read_body(self.kind, self.body())
        except BodyRefused as refused:
            self.add_error(None, str(refused))
        return cleaned

    def body(self) -> dict[str, object]:
        """What was typed, by field; empty ones are left out."""
        cleaned: dict[str, Any] = dict(self.cleaned_data)
        if cleaned.get("taken_over"):
            pairs = (one.partition("=") for one in cleaned["taken_over"].split())
            cleaned["as_monitor"] = " ".join(
                name for name, _, value in pairs if name in SIGNS and cleaned.get(name) == value
            )
        return {name: cleaned[name] for name in FIELDS[self.kind] if cleaned.get(name) not in (None, "")}

    @property
    def observed_at(self) -> datetime | None:
        """The newest instant of that hour and minute that is not ahead; None for now."""
        wall = self.cleaned_data.get("happened_at")
        if wall is None:
            return None
        return newest_instant(wall, now=self.now, zone=self.zone)

    @property
    def number(self) -> UUID:
        """The entry's own id, made by the page."""
        found: UUID = self.cleaned_data["entry"]
        return found


def field_for(name: str, spec: Field) -> forms.Field:
    """The field that asks for one value of an entry; the event judges it, so that page and tablet hear the same words."""
    if spec.of is Of.CHOICE:
        return _choice(name, spec)
    if spec.of is Of.TEXT:
        widget = forms.Textarea(attrs={"rows": 2}) if spec.longest > 200 else forms.TextInput()
        return forms.CharField(label=spec.label, max_length=spec.longest, required=False, widget=widget)
    field = forms.CharField(
        label=spec.label, max_length=12, required=False, widget=forms.TextInput(attrs=NUMBER)
    )
    field.unit = spec.unit  # type: ignore[attr-defined]
    return field


def _choice(name: str, spec: Field) -> forms.Field:
    if spec.choices == tuple(ScaleName):
        words = {
            one.value: f"{SCALES[one].words} ({SCALES[one].low} to {SCALES[one].high})" for one in ScaleName
        }
        choices = list(words.items())
    else:
        choices = [
            (one, one if name == "unit" else SHORT_WORDS.get(one) or in_words(one)) for one in spec.choices
        ]
    return forms.ChoiceField(label=spec.label, choices=choices, widget=Across, required=False)


class TapForm(KeyedForm):
    """One tap: nothing to type, only the number that the page made for the entry."""

    entry = forms.UUIDField(widget=forms.HiddenInput)

    @property
    def number(self) -> UUID:
        """The entry's own id, made by the page, so that a second tap is the same entry."""
        found: UUID = self.cleaned_data["entry"]
        return found


class CloseEmergencyForm(TapForm):
    """How an emergency ended, and the adverse event that is offered along with it."""

    outcome = forms.ChoiceField(label="How it ended", choices=list(OUTCOMES.items()), widget=Across)
    words = forms.CharField(label="What else happened", max_length=300, required=False)
    severity = forms.ChoiceField(
        label="Chart it as an adverse event too",
        choices=[("", "No"), *((one, in_words(one)) for one in SEVERITIES)],
        widget=Across,
        required=False,
    )


class CorrectForm(EntryForm):
    """A correction: the same fields again, or a withdrawal."""

    withdrawn = forms.BooleanField(label="It never happened: withdraw it", required=False)

    def clean(self) -> dict[str, Any]:
        if self.cleaned_data.get("withdrawn"):
            return self.cleaned_data
        return super().clean()


class RateForm(EntryForm):
    """A new rate, in whichever direction."""

    def __init__(self, *, now: datetime, zone: str, **fields: Any) -> None:
        super().__init__(Kind.RATE_INCREASE, now=now, zone=zone, **fields)


class DeviceForm(KeyedForm):
    """A monitor of the clinic."""

    name = forms.CharField(
        label="Name on the screen", max_length=80, help_text="For example: Monitor, chair 3."
    )
    device_key = forms.CharField(
        label="Name on the wire",
        max_length=120,
        help_text="As it stands in its messages; the quarantine shows it.",
    )
    simulated = forms.BooleanField(label="It is a simulated monitor", required=False)


class BindForm(KeyedForm):
    """Which monitor: by its label, as a scanner types it, or from the list."""

    label = forms.CharField(
        label="Scan the label on the monitor",
        help_text="Or choose it below. The label carries the name that the monitor gives itself.",
        required=False,
        max_length=120,
    )
    device = forms.ChoiceField(label="Monitor", widget=Across, required=False)

    def __init__(self, *, devices: Iterable[Any], **fields: Any) -> None:
        super().__init__(**fields)
        self.known = {str(device.pk): device for device in devices}
        field = self.fields["device"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        field.choices = [(key, device.name) for key, device in self.known.items()]

    def clean(self) -> dict[str, Any]:
        """One monitor, and where both were given the same one."""
        told = super().clean() or self.cleaned_data
        named, label = told.get("device", ""), told.get("label", "").strip()
        scanned = (
            next((key for key, device in self.known.items() if device.key == label), "") if label else ""
        )
        if label and not scanned:
            self.add_error(
                "label", "No monitor of this clinic has this label: scan again, or choose it below."
            )
        elif scanned and named and scanned != named:
            self.add_error(
                "label", "The label is of another monitor than the one chosen: leave one of them out."
            )
        elif not scanned and not named and "device" not in self.errors:
            self.add_error("device", "Which monitor is on this person: scan its label, or choose it.")
        told["device"] = scanned or named
        return told

    def chosen(self) -> Any:
        """The device itself."""
        return self.known[self.cleaned_data["device"]]
