"""The director's forms: a setting in its own shape, a staff member, a chair or room, and the first run."""

from collections.abc import Mapping
from datetime import date, time
from decimal import Decimal
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.contrib.auth.password_validation import validate_password

from ebbtide.desks.director.values import WEEKDAYS, Typed, Value
from ebbtide.evidence.errors import EvidenceError
from ebbtide.evidence.packs import load_suitability_pack
from ebbtide.evidence.suitability import site_parameters
from ebbtide.ground.people.models import Account, ResourceKind
from ebbtide.ground.policy.table import table
from ebbtide.journey.assessment.queries import PARAMETER
from ebbtide.journey.infusion.emergency import own_steps
from ebbtide.journey.outcomes.rules import EVERY_DAY, WORKING_DAYS

NOT_A_PERSONS = frozenset({"visitor", "patient", "integration", "system"})
CLOCK = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class KeyForm(forms.Form):
    """A form whose only content is that it was sent, once."""

    key = forms.CharField(max_length=200, widget=forms.HiddenInput)


class SettingForm(KeyForm):
    """One setting: the value in its own shape, and the reason for the change."""

    reason = forms.CharField(
        max_length=500, min_length=4, label="Why it changes", widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, value: Value, now: Any, data: Mapping[str, Any] | None = None) -> None:
        super().__init__(data)
        self.value = value
        shapes = {Typed.HOURS: _hours_fields, Typed.ON_CALL: _on_call_fields}
        shape = shapes.get(value.typed)
        self.shape = list(shape(now)) if shape else [("value", _field(value, now))]
        self.fields = {**dict(self.shape), **self.fields}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors:
            try:
                cleaned["stored"] = self._stored(cleaned)
            except (ValueError, EvidenceError) as wrong:
                self.add_error(None, str(wrong))
        return cleaned

    def _stored(self, cleaned: Mapping[str, Any]) -> Any:
        if self.value.typed is Typed.HOURS:
            return _hours(cleaned)
        if self.value.typed is Typed.ON_CALL:
            return _on_call(cleaned)
        stored = _as_json(self.value.typed, cleaned["value"])
        if self.value.name.startswith(PARAMETER):
            typed = cleaned["value"] if self.value.typed is Typed.DATE else stored
            site_parameters(load_suitability_pack(), {self.value.name.removeprefix(PARAMETER): typed})
        return stored

    @property
    def typed_fields(self) -> list[forms.BoundField]:
        """The fields of the value, without the reason and the key."""
        return [self[name] for name, _ in self.shape]


def _field(value: Value, now: Any) -> forms.Field:
    label = f"{value.label} ({value.unit})" if value.unit else value.label
    if value.typed is Typed.WHOLE:
        return forms.IntegerField(label=label, initial=now, min_value=1, max_value=3650)
    if value.typed is Typed.DATE:
        return forms.DateField(label=label, initial=now, widget=DAY)
    if value.typed is Typed.YES_NO:
        return forms.TypedChoiceField(
            label=label,
            initial=str(now),
            choices=[("True", "Yes"), ("False", "No")],
            coerce=lambda v: v == "True",
        )
    if value.typed is Typed.LINES:
        return forms.CharField(
            label=label,
            initial="\n".join(now),
            required=False,
            max_length=4000,
            widget=forms.Textarea(attrs={"rows": 8}),
            help_text="One step on each line, at most 200 characters. Empty: the steps that came with this version.",
        )
    if value.typed is Typed.DAYS:
        lines = forms.Textarea(attrs={"rows": 5})
        return forms.CharField(
            label=label,
            initial="\n".join(now),
            required=False,
            widget=lines,
            help_text="One day on each line, as 2026-12-25.",
        )
    above = Decimal("0.001") if value.typed is Typed.DOSE else None
    return forms.DecimalField(label=label, initial=now, min_value=above, max_digits=9, decimal_places=3)


def _as_json(typed: Typed, value: Any) -> Any:
    if typed is Typed.DOSE:  # exact, as it was typed
        return format(value.normalize(), "f")
    if typed is Typed.NUMBER:
        return int(value) if value == value.to_integral_value() else float(value)
    if typed is Typed.DATE:
        return value.isoformat()
    if typed is Typed.LINES:
        return own_steps([line.strip() for line in value.splitlines() if line.strip()])
    if typed is Typed.DAYS:
        return [date.fromisoformat(line.strip()).isoformat() for line in value.splitlines() if line.strip()]
    return value


def _hours_fields(now: Mapping[str, Any]) -> Any:
    for number, name in enumerate(WEEKDAYS):
        opens, closes = now.get(str(number), (None, None))
        yield (
            f"from_{number}",
            forms.TimeField(label=f"{name} from", initial=opens, required=False, widget=CLOCK),
        )
        yield (
            f"to_{number}",
            forms.TimeField(label=f"{name} to", initial=closes, required=False, widget=CLOCK),
        )


def _hours(cleaned: Mapping[str, Any]) -> dict[str, list[str]]:
    found = {}
    for number, name in enumerate(WEEKDAYS):
        opens: time | None = cleaned.get(f"from_{number}")
        closes: time | None = cleaned.get(f"to_{number}")
        if opens is None and closes is None:
            continue
        if opens is None or closes is None or closes <= opens:
            raise ValueError(
                f"{name} needs a time to open and a later one to close. Leave both empty when it is closed."
            )
        found[str(number)] = [f"{opens:%H:%M}", f"{closes:%H:%M}"]
    return found


ON_CALL_DAYS = [(EVERY_DAY, "Every day"), (WORKING_DAYS, "Monday to Friday")]


def _on_call_fields(now: Mapping[str, Any] | None) -> Any:
    told = now or {}
    yield (
        "name",
        forms.CharField(
            label="Name, as it stands in the list of people",
            max_length=120,
            initial=told.get("name"),
            help_text="They get each alert with its clock, and must be able to sign in.",
        ),
    )
    yield "phone", forms.CharField(label="Telephone", max_length=32, initial=told.get("phone"))
    for name, label in (("from", "Answers are read from"), ("to", "until")):
        yield (
            f"reads_{name}",
            forms.TimeField(label=label, initial=told.get(name), widget=CLOCK),
        )
    yield (
        "days",
        forms.ChoiceField(label="On which days", choices=ON_CALL_DAYS, initial=told.get("days", EVERY_DAY)),
    )


def _on_call(cleaned: Mapping[str, Any]) -> dict[str, str]:
    begins, ends = cleaned["reads_from"], cleaned["reads_to"]
    if ends <= begins:
        raise ValueError(f"Answers are read from {begins:%H:%M} until {ends:%H:%M}: the end must be later.")
    return {
        "name": cleaned["name"].strip(),
        "phone": cleaned["phone"].strip(),
        "from": f"{begins:%H:%M}",
        "to": f"{ends:%H:%M}",
        "days": cleaned["days"],
    }


def staff_roles() -> list[tuple[str, str]]:
    """The roles a person can be given, in words."""
    return [(role, label) for role, label in table().roles.items() if role not in NOT_A_PERSONS]


class StaffForm(KeyForm):
    name = forms.CharField(max_length=120, label="Name, as patients and colleagues read it")
    email = forms.EmailField(label="E-mail, with which they sign in")
    roles = forms.MultipleChoiceField(label="Roles", choices=staff_roles, widget=forms.CheckboxSelectMultiple)
    credential_kind = forms.CharField(
        max_length=40,
        required=False,
        label="Licence or certificate",
        help_text="For example: RN licence, ACLS.",
    )
    credential_number = forms.CharField(max_length=60, required=False, label="Its number")
    credential_expires_on = forms.DateField(required=False, label="It expires on", widget=DAY)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if bool(cleaned.get("credential_kind")) != bool(cleaned.get("credential_expires_on")):
            self.add_error(
                "credential_expires_on",
                "A licence needs its name and the day it expires. Enter both, or neither.",
            )
        return cleaned

    @property
    def credentials(self) -> tuple[tuple[str, str, date], ...]:
        """The credential that was typed, as the action takes it."""
        told = self.cleaned_data
        if not told["credential_kind"]:
            return ()
        return ((told["credential_kind"], told["credential_number"], told["credential_expires_on"]),)


class PlaceForm(KeyForm):
    kind = forms.ChoiceField(
        label="What it is",
        choices=[(k.value, k.label) for k in (ResourceKind.CHAIR, ResourceKind.ROOM)],
        widget=forms.RadioSelect,
    )
    name = forms.CharField(
        max_length=80, label="Name", help_text="As it stands on the door: Chair 3, Room 1."
    )


class FirstRunForm(forms.Form):
    code = forms.CharField(
        max_length=200, label="Code", help_text="It stands in the file first-run-code in the data folder."
    )
    clinic_name = forms.CharField(max_length=120, label="Name of the clinic")
    time_zone = forms.ChoiceField(
        label="Time zone",
        choices=lambda: [(zone, zone) for zone in sorted(available_timezones()) if "/" in zone],
    )
    phone = forms.CharField(max_length=32, label="Telephone")
    clinic_email = forms.EmailField(label="E-mail of the clinic")
    address = forms.CharField(max_length=200, required=False, label="Address")
    name = forms.CharField(max_length=120, label="Medical director's name")
    email = forms.EmailField(label="Medical director's e-mail")
    prescribes = forms.BooleanField(
        required=False, label="The medical director also sees patients and signs orders"
    )
    password = forms.CharField(
        label="Password", widget=forms.PasswordInput, help_text="At least 12 characters."
    )

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        validate_password(password, Account(email=self.cleaned_data.get("email", "")))
        return password
