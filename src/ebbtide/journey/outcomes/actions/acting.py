"""What every act of this stage stands on: rules as refusals, one act at a time, who is told, and letters."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from uuid import UUID

from django.conf import settings
from django.db.models import Model
from django.urls import reverse

from ebbtide.evidence.errors import EvidenceError
from ebbtide.ground.jobs.mail import post
from ebbtide.ground.jobs.models import OutgoingMail
from ebbtide.ground.ledger.action import Act, Refused
from ebbtide.ground.ledger.turns import one_at_a_time
from ebbtide.ground.people.models import Clinic
from ebbtide.journey.access.models import Episode
from ebbtide.journey.outcomes import letters, rules
from ebbtide.journey.outcomes.models import SafetyAlert

__all__ = [
    "address",
    "alerts_topic",
    "check_ins_topic",
    "one_at_a_time",
    "posted",
    "ruled",
    "topics",
]


@contextmanager
def ruled() -> Iterator[None]:
    """A rule that is not kept, or a value that an instrument does not know, refuses the act."""
    try:
        yield
    except rules.Broken as broken:
        raise Refused(broken.rule, broken.sentence) from broken
    except EvidenceError as unknown:
        raise Refused("OUT-VALUE", str(unknown)) from unknown


def alerts_topic(clinic_id: UUID) -> str:
    return f"alerts:{clinic_id}"


def check_ins_topic(clinic_id: UUID) -> str:
    return f"check_ins:{clinic_id}"


def topics(episode: Episode, rows: Sequence[Model]) -> list[str]:
    """Who hears of this: the list of check-ins, and that of alerts when one was opened."""
    clinic_id = episode.patient.clinic_id
    alerted = any(isinstance(row, SafetyAlert) for row in rows)
    return [check_ins_topic(clinic_id), *([alerts_topic(clinic_id)] if alerted else [])]


def address(route: str, *args: str) -> str:
    """The whole address of a page, as a letter names it."""
    return f"{settings.EBBTIDE_ADDRESS}{reverse(route, args=args)}"


def posted(clinic: Clinic, to: str, letter: letters.Letter, act: Act) -> OutgoingMail:
    """A letter of this act."""
    return post(
        clinic=clinic,
        to=to,
        subject=letter.subject,
        body=letter.body,
        purpose=letter.purpose,
        at=act.recorded_at,
    )
