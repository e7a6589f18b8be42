"""What runs by the clock: letters with links, reminders, and the scores of check-ins that closed. No alert waits for any of it."""

from collections.abc import Callable

import structlog
from procrastinate.contrib.django import app

from ebbtide.ground import clock
from ebbtide.ground.ledger.action import Refused, act_now
from ebbtide.ground.people.models import Clinic
from ebbtide.ground.policy.actors import system
from ebbtide.journey.outcomes.actions import Invite, Remind, SubmitCheckIn, invite, remind, submit_check_in
from ebbtide.journey.outcomes.due import Asked, closed_half_answered, due_now, to_remind
from ebbtide.journey.outcomes.models import Invitation
from ebbtide.journey.outcomes.rules import letters_may_go

EVERY_QUARTER = "*/15 * * * *"

log = structlog.get_logger("outcomes")


@app.periodic(cron=EVERY_QUARTER)  # type: ignore[untyped-decorator]
@app.task(  # type: ignore[untyped-decorator]
    name="outcomes.ask_what_is_due", queue="housekeeping", queueing_lock="outcomes_ask_what_is_due"
)
def ask_what_is_due(timestamp: int) -> None:
    """Ask, remind and close in every clinic."""
    for clinic in Clinic.objects.order_by("id"):
        ask_in(clinic)


def ask_in(clinic: Clinic) -> None:
    """Ask, remind and close in one clinic; run twice it does nothing twice."""
    now = clock.now()
    for row in closed_half_answered(clinic, at=now):
        _close(clinic, row)
    if not letters_may_go(now, zone=clinic.time_zone):
        return
    for asked in due_now(clinic, at=now):
        _ask(clinic, asked)
    for row in to_remind(clinic, at=now):
        _remind(clinic, row)


def _ask(clinic: Clinic, asked: Asked) -> None:
    key = f"ask/{asked.episode.pk}/{asked.due.point}/{asked.due.due_on}"
    command = Invite(
        episode=asked.episode,
        point=asked.due.point,
        due_on=asked.due.due_on,
        instruments=asked.due.ask,
        opens_at=asked.opens_at,
        closes_at=asked.closes_at,
    )
    _try(lambda: invite(act_now(system(clinic), key), command), what="invite")


def _remind(clinic: Clinic, row: Invitation) -> None:
    key = f"remind/{row.pk}/{row.reminders.count() + 1}"
    _try(lambda: remind(act_now(system(clinic), key), Remind(invitation=row)), what="remind")


def _close(clinic: Clinic, row: Invitation) -> None:
    act = act_now(system(clinic), f"close/{row.pk}")
    _try(lambda: submit_check_in(act, SubmitCheckIn(invitation=row)), what="close")


def _try(act: Callable[[], object], *, what: str) -> None:
    try:
        act()
    except Refused as refused:
        # finished a moment ago, or the episode was closed: nothing is owed any more
        log.info("check_in_not_needed", what=what, rule=refused.rule)
