"""Rules of an investigation: its day, who writes into it, what is known of a loss, when it ends. No clock, no database."""

from datetime import date, timedelta
from uuid import UUID

from ebbtide.journey.custody.rules import Broken

VARIANCE_DAYS_MAX = (
    30  # days; an investigation has a due date within a month [design] until the director sets it
)


def broken_by_due(*, due_on: date, today: date) -> Broken | None:
    """An investigation has a day by which it ends, not before today and within a month."""
    if today <= due_on <= today + timedelta(days=VARIANCE_DAYS_MAX):
        return None
    return Broken(
        rule="CUS-DUE",
        sentence=f"The investigation ends between today and {VARIANCE_DAYS_MAX} days from now: choose a day.",
    )


def broken_by_notes(*, closed: bool, by: UUID, owner: UUID, is_director: bool) -> Broken | None:
    """The owner of an investigation and the director write into it, until it is closed."""
    if closed:
        return Broken(rule="CUS-CLOSED", sentence="This variance is closed already: nothing was changed.")
    if by != owner and not is_director:
        return Broken(
            rule="CUS-NOT-OWNER",
            sentence="The owner of this investigation and the director write into it: tell them what you know.",
        )
    return None


def broken_by_discovery(*, discovered_on: date, told_on: date | None, today: date) -> Broken | None:
    """A loss was found on a day that is over or is today, and nobody was told of it before."""
    if discovered_on <= today and (told_on is None or discovered_on <= told_on <= today):
        return None
    return Broken(
        rule="CUS-DISCOVERED",
        sentence="A loss is discovered today or earlier, and told to the authority on that day or later, not in the "
        "future: correct the days.",
    )


def broken_by_closing(*, closed: bool, to_report: bool | None, reported: bool) -> Broken | None:
    """A variance is closed once; a theft or significant loss is not closed before it was reported."""
    if closed:
        return Broken(rule="CUS-CLOSED", sentence="This variance is closed already: nothing was changed.")
    if to_report and not reported:
        return Broken(
            rule="CUS-REPORT",
            sentence="It was posted as a theft or significant loss: report it first, then close it as reported.",
        )
    return None
