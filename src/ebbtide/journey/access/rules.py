"""Rules of the way in: what may follow what, who owes the next step, and when an answer may be given. No clock, no database."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    """Where a request stands; the same words as the stored ones."""

    RECEIVED = "received"
    ACCEPTED = "accepted"
    NOT_HERE = "not_here"


NEXT: Mapping[Status, frozenset[Status]] = {
    Status.RECEIVED: frozenset({Status.ACCEPTED, Status.NOT_HERE}),  # a prescriber or the director answers
    Status.ACCEPTED: frozenset(),  # final: what follows happens on the episode
    Status.NOT_HERE: frozenset(),  # final: who asks again makes a new request
}

OWNER: Mapping[Status, str] = {
    Status.RECEIVED: "whoever took it; nobody until then, and then the front desk",
    Status.ACCEPTED: "the clinician of the evaluation visit",
    Status.NOT_HERE: "nobody: the person has an answer and a next step",
}


class VisitState(StrEnum):
    """Where an evaluation visit stands; the same words as the stored ones."""

    BOOKED = "booked"
    CANCELLED = "cancelled"
    DONE = "done"


VISIT_NEXT: Mapping[VisitState, frozenset[VisitState]] = {
    VisitState.BOOKED: frozenset({VisitState.CANCELLED, VisitState.DONE}),
    VisitState.CANCELLED: frozenset(),  # final: another time is another visit
    VisitState.DONE: frozenset(),  # final: an evaluation that happened stays
}

VISIT_OWNER: Mapping[VisitState, str] = {
    VisitState.BOOKED: "the clinician it is booked with",
    VisitState.CANCELLED: "the front desk, until another visit is booked",
    VisitState.DONE: "nobody: it happened",
}

REASON_MIN_CHARACTERS = 3  # shorter than this explains nothing to a later reader [design]
STORY_MAX_CHARACTERS = 2000

# What the task of the front desk needs (find the person, call them, book): neither complaint nor story. [design]
MINIMUM_FIELDS: Mapping[str, frozenset[str]] = {
    "access.consult_request": frozenset(
        {
            "name",
            "birth_date",
            "phone",
            "email",
            "language",
            "best_time",
            "channel",
            "status",
            "call_today",
            "received_at",
            "owner",
            "referred_by",
        }
    ),
    "access.triage_decision": frozenset({"outcome", "decided_by", "decided_at"}),
    "access.episode": frozenset({"opened_at", "closed_at"}),
}


class NotYet(Exception):
    """A rule of the way in refuses; `rule` names it, the sentence says what to do next."""

    def __init__(self, rule: str, sentence: str) -> None:
        super().__init__(sentence)
        self.rule = rule
        self.sentence = sentence


def check_may_follow(now: Status, then: Status) -> None:
    """The answer is allowed from where the request stands (ACC-ANSWERED)."""
    if then not in NEXT[now]:
        raise NotYet(
            "ACC-ANSWERED", "Somebody has answered this request already: open it again to read the answer."
        )


def check_visit_may_follow(now: VisitState, then: VisitState) -> None:
    """The change is allowed from where the visit stands (ACC-VISIT)."""
    if then not in VISIT_NEXT[now]:
        raise NotYet(
            "ACC-VISIT", f"This visit is {now.value} already: open it again to see what happened to it."
        )


def check_reason(reason: str) -> None:
    """A later reader learns why (ACC-REASON)."""
    if len(reason.strip()) < REASON_MIN_CHARACTERS:
        raise NotYet(
            "ACC-REASON", "No reason is given: write one in a few words, so that a later reader understands."
        )


def check_next_step(next_step: str) -> None:
    """Nobody is sent away with nothing to do next (ACC-NEXT)."""
    if len(next_step.strip()) < REASON_MIN_CHARACTERS:
        raise NotYet("ACC-NEXT", "No next step is given: say what the person can do now.")


def check_contact(*, phone: str, email: str) -> None:
    """There is a way to answer (ACC-CONTACT)."""
    if not phone.strip() and not email.strip():
        raise NotYet(
            "ACC-CONTACT", "There is no way to answer: give a telephone number or an e-mail address."
        )


def check_story_length(story: str) -> None:
    """What the person wrote fits (ACC-STORY)."""
    if len(story) > STORY_MAX_CHARACTERS:
        raise NotYet(
            "ACC-STORY",
            f"The text has {len(story)} characters, {STORY_MAX_CHARACTERS} are allowed: shorten it, the rest can be told.",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """What a request says of who asks, as far as identity goes."""

    given_name: str
    family_name: str
    born: bool  # whether a birth date is known


def check_two_identifiers(person: Person) -> None:
    """Nobody gets a record without a name and a birth date (ACC-IDENTITY)."""
    if not person.given_name.strip() or not person.family_name.strip() or not person.born:
        raise NotYet(
            "ACC-IDENTITY",
            "A record needs two identifiers, the full name and the birth date: call the person and enter what is missing.",
        )


def check_same_person_was_asked(*, alike: int, chosen: bool, new_confirmed: bool) -> None:
    """People who look like the same are never joined or parted silently (ACC-SAME-PERSON)."""
    if alike and not chosen and not new_confirmed:
        raise NotYet(
            "ACC-SAME-PERSON",
            f"{alike} on record with this name and birth date: say whether this is the same person or somebody else.",
        )
