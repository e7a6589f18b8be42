"""What people type about the leaving. An item that is left open is not recorded, and never counts as nothing."""

from base64 import b64decode
from binascii import Error
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms

from ebbtide.journey.leaving.actions import Escort, Seen
from ebbtide.journey.leaving.calls import RED_FLAGS, CallOutcome
from ebbtide.journey.leaving.later import LATER_WORDS, SEVERITY_WORDS
from ebbtide.journey.leaving.models import RecoveryPhase
from ebbtide.journey.leaving.rules import SUICIDE_QUESTION
from ebbtide.journey.leaving.scores import ITEMS, Pressure, ScoreName

YES_NO = [("yes", "Yes"), ("no", "No")]
RASS = [(str(n), f"{n:+d}" if n else "0") for n in range(-5, 5)]
ELEVEN = [(str(n), str(n)) for n in range(11)]
WALL = forms.TimeInput(attrs={"type": "time", "class": "input"})


def _choice(label: str, choices: Sequence[tuple[str, str]], **more: Any) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=choices, required=False, widget=forms.RadioSelect, **more)


class KeyedForm(forms.Form):
    key = forms.CharField(max_length=200, widget=forms.HiddenInput)


class RecoveryForm(KeyedForm):
    """One observation: the items of both scores, and what the gate asks beside them."""

    happened_at = forms.TimeField(
        label="When, if not now",
        required=False,
        widget=WALL,
        help_text="The time on the clinic's wall, when you enter a paper. Leave it empty for now.",
    )
    upper_mmhg = forms.IntegerField(label="Systolic", min_value=30, max_value=300, required=False)
    lower_mmhg = forms.IntegerField(label="Diastolic", min_value=10, max_value=200, required=False)
    awake = _choice("RASS", RASS, help_text="0 is alert and calm.")
    apart = _choice("Dissociation", ELEVEN, help_text="0 is fully here, 10 is wholly apart.")
    pain = _choice("Pain now", ELEVEN, help_text="0 is no pain, 10 the worst imaginable.")
    steady = _choice("Is the gait as steady as before the infusion?", YES_NO)
    thought = _choice(
        SUICIDE_QUESTION, YES_NO, help_text="Ask it in these words, and let the person answer alone."
    )
    remark = forms.CharField(
        label="Note", max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, *args: Any, phase: RecoveryPhase, **more: Any) -> None:
        super().__init__(*args, **more)
        self.phase = phase
        for name in ScoreName:
            for item in ITEMS[name]:
                if not item.from_pressure:
                    choices = [(str(points), item.means[points]) for points in (2, 1, 0)]
                    self.fields[f"{name}-{item.id}"] = _choice(item.label, choices)
        if phase == RecoveryPhase.BASELINE:
            del self.fields["steady"]

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        upper, lower = found.get("upper_mmhg"), found.get("lower_mmhg")
        if (upper is None) != (lower is None) and not self.errors:
            self.add_error("upper_mmhg", "A pressure is two numbers: fill in systolic and diastolic (mmHg).")
        elif upper is not None and lower is not None and lower >= upper:
            self.add_error(
                "lower_mmhg", f"The diastolic {lower} is not below the systolic {upper} mmHg: correct it."
            )
        return found

    def seen(self) -> Seen:
        """The observation as the action takes it."""
        data = self.cleaned_data
        upper, lower = data["upper_mmhg"], data["lower_mmhg"]
        return Seen(
            aldrete=self._points(ScoreName.ALDRETE),
            padss=self._points(ScoreName.PADSS),
            pressure=None if upper is None else Pressure(sbp_mmhg=upper, dbp_mmhg=lower),
            rass=_whole(data["awake"]),
            dissociation=_whole(data["apart"]),
            pain_nrs=_whole(data["pain"]),
            gait_as_before=_yes(data.get("steady", "")),
            new_suicidal_thought=_yes(data["thought"]),
            note=data["remark"],
        )

    def _points(self, name: ScoreName) -> dict[str, int | None]:
        return {
            item.id: _whole(self.cleaned_data[f"{name}-{item.id}"])
            for item in ITEMS[name]
            if not item.from_pressure and self.cleaned_data[f"{name}-{item.id}"]
        }


def _whole(text: str) -> int | None:
    return int(text) if text else None


def _yes(text: str) -> bool | None:
    return {"yes": True, "no": False}.get(text)


class ReleaseForm(KeyedForm):
    """Which gates a prescriber signs for, and why."""

    opens = forms.MultipleChoiceField(label="I sign for", widget=forms.CheckboxSelectMultiple)
    why = forms.CharField(
        label="Why the person may leave", max_length=500, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, *args: Any, gates: Sequence[tuple[str, str]], **more: Any) -> None:
        super().__init__(*args, **more)
        chosen: Any = self.fields["opens"]
        chosen.choices = gates


class DischargeForm(KeyedForm):
    """The escort, the handing over and the signature; typing is enough, drawing is possible."""

    escort = forms.CharField(label="Name of the escort", max_length=120)
    escort_tel = forms.CharField(
        label="Telephone of the escort", max_length=32, widget=forms.TextInput(attrs={"type": "tel"})
    )
    relation = forms.CharField(label="Who they are to the person", max_length=60)
    handed_over = forms.BooleanField(
        label="I have gone through the instructions with both, and the escort has them in hand.",
        required=False,
    )
    signature = forms.CharField(
        label="The escort types their full name",
        max_length=120,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "data-signature-typed": ""}),
    )
    picture = forms.CharField(required=False, widget=forms.HiddenInput(attrs={"data-signature-picture": ""}))
    went_at = forms.TimeField(
        label="Left at, if not now",
        required=False,
        widget=WALL,
        help_text="Only for a departure that was signed on paper while the screens were down.",
    )

    def by(self) -> Escort:
        """The escort as the action takes them."""
        data = self.cleaned_data
        return Escort(
            name=data["escort"],
            phone=data["escort_tel"],
            relation=data["relation"],
            signed_name=data["signature"],
            picture=self._drawn(),
        )

    def _drawn(self) -> bytes:
        if not self.cleaned_data["picture"]:
            return b""
        try:
            return b64decode(self.cleaned_data["picture"].partition("base64,")[2], validate=True)
        except Error:
            return b"unreadable"


class CallForm(KeyedForm):
    """How the call ended, each red flag asked for itself, and what was done."""

    ended = forms.ChoiceField(
        label="How did the call end?",
        widget=forms.RadioSelect,
        choices=[
            (CallOutcome.REACHED, "Reached: I spoke with the person"),
            (CallOutcome.NOT_REACHED, "Not reached: it stays on the list"),
            (CallOutcome.DECLINED, "The person wants no call"),
            (CallOutcome.STOPPED, "Nobody tries again (write why)"),
        ],
    )
    done_about_it = forms.CharField(
        label="What was done about a yes",
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    remark = forms.CharField(
        label="Note", max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        for name, words in RED_FLAGS.items():
            self.fields[f"flag-{name}"] = _choice(words, YES_NO)

    def flags(self) -> dict[str, bool | None]:
        """Each flag: yes, no, or not asked."""
        return {name: _yes(self.cleaned_data[f"flag-{name}"]) for name in RED_FLAGS}


class LaterForm(KeyedForm):
    """Something that happened after the person had left: what, how bad, when, and what was done."""

    what_kind = forms.ChoiceField(
        label="What happened?", widget=forms.RadioSelect, choices=list(LATER_WORDS.items())
    )
    bad = forms.ChoiceField(label="How bad?", widget=forms.RadioSelect, choices=list(SEVERITY_WORDS.items()))
    on = forms.DateField(label="Day", widget=forms.DateInput(attrs={"type": "date", "class": "input"}))
    at = forms.TimeField(
        label="Time", widget=WALL, help_text="On the clinic's wall. About the time is better than none."
    )
    what = forms.CharField(label="In a few words", max_length=200, required=False)
    done_about_it = forms.CharField(
        label="What was done about it",
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    corrects = forms.UUIDField(required=False, widget=forms.HiddenInput)
    withdraw = forms.BooleanField(label="It did not happen: withdraw the entry", required=False)

    def __init__(self, *args: Any, zone: str, correcting: bool = False, **more: Any) -> None:
        super().__init__(*args, **more)
        self.zone = ZoneInfo(zone)
        if not correcting:
            del self.fields["withdraw"]

    @property
    def happened_at(self) -> datetime:
        """The day and the time on the clinic's wall, as an instant."""
        data = self.cleaned_data
        return datetime.combine(data["on"], data["at"], tzinfo=self.zone)
