"""Forms of the course: what the patient wishes, which offer was chosen, and why something is cancelled."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.core import signing

from ebbtide.journey.course.placement import PlannedVisit, TimeOfDay, Wishes
from ebbtide.journey.course.rules import OpeningHours

SALT = "course.offer"
WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
FURTHEST = timedelta(days=365)
TIMES_OF_DAY = [
    (TimeOfDay.ANY, "Any time"),
    (TimeOfDay.MORNING, "Morning, before 11:00"),
    (TimeOfDay.MIDDAY, "Midday, 11:00 to 14:00"),
    (TimeOfDay.AFTERNOON, "Afternoon, from 14:00"),
]

# chair number, number of the place beside a nurse, start, end, why
SealedVisit = tuple[int, int, str, str, str]


class WishesForm(forms.Form):
    """What the calendar is asked: from which day, at what time of day, and which weekdays do not work."""

    earliest_on = forms.DateField(label="Earliest day", widget=forms.DateInput(attrs={"type": "date"}))
    time_of_day = forms.ChoiceField(
        label="Time of day", choices=TIMES_OF_DAY, widget=forms.RadioSelect, initial=TimeOfDay.ANY
    )
    days_off = forms.MultipleChoiceField(
        label="Days that do not work",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="For the patient, or for the person who takes them home.",
    )

    def __init__(self, *args: Any, hours: OpeningHours, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.hours, self.now = hours, now
        self.today = hours.day_of(now)
        chosen: Any = self.fields["days_off"]
        chosen.choices = [(str(day), WEEKDAYS[day]) for day in sorted(hours.by_weekday)]
        self.fields["earliest_on"].widget.attrs["min"] = self.today.isoformat()

    @classmethod
    def defaults(cls, hours: OpeningHours, now: datetime) -> dict[str, Any]:
        """From tomorrow, at any time: what the page asks before anybody has said anything."""
        tomorrow = hours.day_of(now) + timedelta(days=1)
        return {"earliest_on": tomorrow.isoformat(), "time_of_day": TimeOfDay.ANY.value}

    def clean_earliest_on(self) -> Any:
        day = self.cleaned_data["earliest_on"]
        if not self.today <= day <= self.today + FURTHEST:
            raise forms.ValidationError("Choose a day from today to one year ahead.")
        return day

    def wishes(self) -> Wishes:
        """The wishes as the planner reads them; call it after `is_valid`."""
        return Wishes(
            earliest_on=self.cleaned_data["earliest_on"],
            time_of_day=TimeOfDay(self.cleaned_data["time_of_day"]),
            days_off=frozenset(int(day) for day in self.cleaned_data["days_off"]),
            not_before=self.now,
        )


class ChosenForm(forms.Form):
    """An offer as the page sealed it, and the act's key."""

    offer = forms.CharField(max_length=8000, widget=forms.HiddenInput)
    key = forms.CharField(max_length=200, required=False, widget=forms.HiddenInput)


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label="Why is it cancelled", max_length=200, widget=forms.Textarea(attrs={"rows": 2})
    )
    key = forms.CharField(max_length=200, widget=forms.HiddenInput)


def sealed(about: UUID, visits: tuple[PlannedVisit, ...]) -> str:
    """An offer as text that only this clinic's server can have written, so that its reasons stay what they were."""
    rows = [
        (v.chair, v.nurse_place, v.starts_at.isoformat(), v.ends_at.isoformat(), v.why_here) for v in visits
    ]
    return signing.dumps({"about": str(about), "visits": rows}, salt=SALT, compress=True)


def unsealed(about: UUID, text: str) -> list[SealedVisit]:
    """The visits of a sealed offer; empty when it was changed on the way or belongs to something else."""
    try:
        found = signing.loads(text, salt=SALT)
    except signing.BadSignature:
        return []
    if found["about"] != str(about):
        return []
    return [tuple(row) for row in found["visits"]]
