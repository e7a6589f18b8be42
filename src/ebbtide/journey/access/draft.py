"""A visitor's answers while they are given: in the session, so that the way back always works and a closed page can be resumed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.contrib.sessions.backends.base import SessionBase
from django.utils.translation import gettext_lazy as _

from ebbtide.ground.people.ids import new_id
from ebbtide.journey.access import forms as questions
from ebbtide.journey.access.crisis import speaks_of_self_harm

SESSION_KEY = "asking"
SENT_KEY = "asked"
FILL_MIN_S = 4  # s; nobody answers seven questions faster [design]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    slug: str
    form: type[forms.Form]
    title: Any


STEPS = (
    Step(slug="complaint", form=questions.ComplaintForm, title=_("What troubles you most?")),
    Step(slug="story", form=questions.StoryForm, title=_("Tell us a little")),
    Step(slug="name", form=questions.NameForm, title=_("What is your name?")),
    Step(slug="born", form=questions.BornForm, title=_("When were you born?")),
    Step(slug="contact", form=questions.ContactForm, title=_("How can we reach you?")),
    Step(slug="call", form=questions.CallForm, title=_("How shall we call?")),
    Step(slug="referrer", form=questions.ReferrerForm, title=_("Who sent you to us?")),
)
BY_SLUG: Mapping[str, Step] = {step.slug: step for step in STEPS}


class Draft:
    """The answers so far. What is kept is what a form let through, so its size is bounded."""

    def __init__(self, session: SessionBase) -> None:
        self._session = session
        self._kept: dict[str, Any] = session.get(SESSION_KEY) or {}

    def begin(self, at: datetime) -> None:
        """Start once; a draft that exists goes on."""
        if not self._kept:
            self._kept = {"key": str(new_id()), "started_at": at.isoformat(), "answers": {}}
            self._save()

    @property
    def begun(self) -> bool:
        return bool(self._kept)

    @property
    def key(self) -> str:
        """The idempotency key of this draft: pressed twice, it is sent once."""
        return str(self._kept["key"])

    def answers(self, slug: str) -> dict[str, str] | None:
        found: dict[str, str] | None = self._kept.get("answers", {}).get(slug)
        return found

    def keep(self, slug: str, cleaned: Mapping[str, Any]) -> None:
        self._kept["answers"][slug] = {name: str(value or "") for name, value in cleaned.items()}
        self._save()

    def missing(self) -> Step | None:
        """The first question without an answer that its form accepts."""
        return next((step for step in STEPS if not self._holds(step)), None)

    def _holds(self, step: Step) -> bool:
        kept = self.answers(step.slug)
        return kept is not None and step.form(kept).is_valid()

    def cleaned(self) -> dict[str, Any]:
        """All answers as their forms read them; call it when nothing is missing."""
        told: dict[str, Any] = {}
        for step in STEPS:
            form = step.form(self.answers(step.slug))
            form.full_clean()
            told.update(form.cleaned_data)
        return told

    def in_crisis(self) -> bool:
        """Whether anything written so far holds words of self-harm."""
        return speaks_of_self_harm(
            *(text for kept in self._kept.get("answers", {}).values() for text in kept.values())
        )

    def filled_for_s(self, at: datetime) -> float:
        """How long the person has been answering (s)."""
        return (at - datetime.fromisoformat(self._kept["started_at"])).total_seconds()

    def sent(self) -> None:
        """The answers leave the session; only that something was sent stays, and whether the crisis line must show."""
        self._session[SENT_KEY] = {"crisis": self.in_crisis()}
        self._session.pop(SESSION_KEY, None)
        self._kept = {}

    def _save(self) -> None:
        self._session[SESSION_KEY] = self._kept
        self._session.modified = True
