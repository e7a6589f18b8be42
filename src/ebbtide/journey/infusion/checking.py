"""Reading the protocol checks for a screen: whether they are on, whether they run, and what they show of a session."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef
from django.db.models.functions import JSONObject

from ebbtide.ground.people.models import Clinic
from ebbtide.journey.infusion.check_rows import CheckEvent, CheckKept, CheckPlan
from ebbtide.journey.infusion.checks.inputs import Plan
from ebbtide.journey.infusion.checks.limits import Priority, default_limits
from ebbtide.journey.infusion.checks.signalling import Said
from ebbtide.journey.infusion.freshness import limits as told_limits
from ebbtide.journey.infusion.freshness import signals as known_signals
from ebbtide.journey.infusion.models import Binding, Sample, SampleState, Session
from ebbtide.journey.infusion.pump_asked import High, PumpAsked, pump_asked
from ebbtide.journey.infusion.session import Phase, SessionState
from ebbtide.journey.infusion.switches import LIMITS, is_on

QUIET_AFTER_S = 10.0  # the process says every 2 s which sessions it watches [design]
SILENCES_S = (60, 120)
BECAME = (Said.RAISED, Said.ROSE)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownCheck:
    """One check on a screen. `sounds`: nobody took it and no silence reaches it at this moment."""

    key: str
    limit: str
    priority: str
    title: str
    do: str
    of: str
    word: str
    value: float | None
    unit: str
    since: datetime
    taken: bool
    silenced_until: datetime | None
    always_heard: bool
    second_person: bool
    over: bool
    under: tuple[str, ...]
    sounds: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Checking:
    """The checks of one session at one moment. `on`: limits on live values are signed on."""

    on: bool
    running: bool
    shown: tuple[ShownCheck, ...]
    # which limits became high, and when; only where they were asked for
    highs: tuple[tuple[str, datetime], ...] = ()

    @property
    def off_words(self) -> str:
        """What every screen says while limits on live values are off; empty while they are on."""
        return "" if self.on else default_limits().off_words

    @property
    def may_be_silenced(self) -> bool:
        """Whether something sounds that a silence reaches."""
        return any(one.sounds and not one.always_heard for one in self.shown)

    @property
    def silenced_until(self) -> datetime | None:
        """When the last silence that runs now ends."""
        return max((one.silenced_until for one in self.shown if one.silenced_until), default=None)


def off_words_for(clinic: Clinic) -> str:
    """What every screen of this clinic says while its limits on live values are off; empty while they are on."""
    return "" if is_on(clinic, LIMITS) else default_limits().off_words


def checking_of(session: Session, at: datetime, *, with_highs: bool = False) -> Checking:
    """What the chair shows now. A process that died shows nothing new, and the screen says that it does not run."""
    rows = CheckKept.objects.filter(session=session).only("shown", "kept_at")
    kept: Any = (rows.annotate(highs=_highs()) if with_highs else rows).first()
    running = kept is not None and (at - kept.kept_at).total_seconds() <= QUIET_AFTER_S
    return Checking(
        on=is_on(session.visit.series.episode.patient.clinic, LIMITS),
        running=running,
        shown=tuple(_one(told, at) for told in kept.shown) if kept else (),
        highs=_told_highs(kept.highs) if kept and with_highs else (),
    )


def _highs() -> ArraySubquery:
    """When checks of a session became high, in the question that is asked anyway."""
    rows = CheckEvent.objects.filter(session=OuterRef("pk"), said__in=BECAME, priority=Priority.HIGH)
    return ArraySubquery(rows.order_by("at").values(told=JSONObject(limit="limit", at="at")))


def _told_highs(told: Iterable[Mapping[str, str]]) -> tuple[tuple[str, datetime], ...]:
    return tuple((one["limit"], datetime.fromisoformat(one["at"])) for one in told)


def shown_in(sessions: Iterable[UUID], at: datetime) -> dict[UUID, Checking]:
    """The same for several sessions in one question, for a screen that asks about the switch by itself."""
    rows = CheckKept.objects.filter(session__in=list(sessions)).only("shown", "kept_at")
    return {
        row.pk: Checking(
            on=True,
            running=(at - row.kept_at).total_seconds() <= QUIET_AFTER_S,
            shown=tuple(_one(told, at) for told in row.shown),
        )
        for row in rows
    }


def _one(told: Mapping[str, Any], at: datetime) -> ShownCheck:
    until_s = told["silenced_until_s"]
    silenced = until_s is not None and until_s > at.timestamp()
    same = ("key", "limit", "priority", "title", "do", "of", "word", "value", "unit")
    return ShownCheck(
        **{name: told[name] for name in same},
        since=_instant(told["since_s"]),
        taken=told["taken_s"] is not None,
        silenced_until=_instant(until_s) if silenced else None,
        always_heard=told["always_heard"],
        second_person=told["second_person"],
        over=told["over"],
        under=tuple(told["under"]),
        sounds=told["taken_s"] is None and not silenced,
    )


def _instant(at_s: float) -> datetime:
    return datetime.fromtimestamp(at_s, tz=UTC)


def asked_of_the_pump(checking: Checking, state: SessionState) -> PumpAsked | None:
    """What nobody has said yet about the pump, since a check became high while drug flowed."""
    titles = {one.id: one.title for one in default_limits().limits}
    highs = [High(title=titles.get(limit, limit), at=at) for limit, at in checking.highs]
    return pump_asked(highs, state)


def not_compared(session: Session, state: SessionState, *, on: bool) -> tuple[str, ...]:
    """The signals of this person whose limits against their own values are not checked, because no baseline was taken.

    One that a monitor need not have, end-tidal CO2 for example, is named once something sends it.
    """
    if not on or state.started_at is None or state.phase is Phase.STOPPED:
        return ()
    pinned = CheckPlan.objects.filter(session=session).order_by("-from_at").first()
    if pinned is None:
        return ()  # nobody watches yet, and the screen says that
    missing = Plan(limits=default_limits(), baseline=pinned.baseline).without_baseline
    optional = {row["id"] for row in told_limits()["signals"] if row.get("present") == "optional"}
    named = [one for one in missing if one not in optional or _is_sent(session, one, state.started_at)]
    return tuple(known_signals()[one].label for one in named)


def _is_sent(session: Session, signal: str, since: datetime) -> bool:
    devices = Binding.objects.filter(session=session).values("device_id")
    rows = Sample.objects.filter(device__in=devices, signal=signal, observed_at__gte=since, session=session)
    return rows.filter(state=SampleState.VALUE).exists()


def told_to_page(found: Checking, at: datetime) -> dict[str, Any]:
    """What the page's script needs to sound and to fall silent by its own timer, without another word from here."""
    return {
        "at_s": at.timestamp(),
        "running": found.running,
        "checks": [
            {
                "key": one.key,
                "priority": one.priority,
                "taken": one.taken,
                "until_s": one.silenced_until.timestamp() if one.silenced_until else None,
                "always_heard": one.always_heard,
            }
            for one in found.shown
        ],
    }
