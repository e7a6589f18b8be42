"""What the start gate looks at, read from the record at one moment."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from ebbtide.evidence.model import Stage
from ebbtide.evidence.packs import load_suitability_pack
from ebbtide.evidence.reconfirmation import Statement, reconfirm
from ebbtide.ground.people.models import Staff
from ebbtide.journey.assessment.history import as_read
from ebbtide.journey.assessment.models import Decision
from ebbtide.journey.assessment.queries import Standing, evaluate, inputs_of, newest_evaluation, standing_of
from ebbtide.journey.assessment.questions import LIST_WORDS, question_for
from ebbtide.journey.assessment.rules import ConsentState
from ebbtide.journey.careplan.models import OrderVersion
from ebbtide.journey.careplan.queries import status_of
from ebbtide.journey.careplan.rules import Status
from ebbtide.journey.custody.queries import balance_of
from ebbtide.journey.infusion.events import Kind
from ebbtide.journey.infusion.gate import (
    ASKED_TODAY,
    DAY_WORDS,
    Asked,
    Confirmed,
    Fasting,
    Held,
    ListSeen,
    Seen,
    SoundTest,
)
from ebbtide.journey.infusion.models import EntryKind, Session
from ebbtide.journey.infusion.queries import (
    current_order,
    open_binding,
    ordered_of,
    patient_id_of,
    state_of,
)
from ebbtide.journey.infusion.session import SessionState
from ebbtide.journey.infusion.switches import LIMITS, is_on

SOUND_OF_TABLET = "sound of this tablet"
LIST_FRESH_FOR = timedelta(hours=12)  # confirmed later than this: today already [design]
CONSENT_WORDS: Mapping[ConsentState, str] = {
    ConsentState.NONE: "none on file",
    ConsentState.CURRENT: "signed, current",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenNow:
    """What the gate judges, with the rows behind it that are kept or shown."""

    gate: Seen
    order: OrderVersion
    standing: Standing


def see(
    session: Session,
    *,
    at: datetime,
    staff: Staff,
    roles: frozenset[str],
    confirmed: Confirmed,
    overrides: Mapping[str, str],
) -> SeenNow:
    """Everything the gate looks at. The newest version of the order counts, not the one of the check-in."""
    episode = session.visit.series.episode
    standing = standing_of(episode, as_of=at)
    order, signed = current_order(session.order), newest_evaluation(episode)
    consent = standing.consent.state if standing.consent else ConsentState.NONE
    balance, binding, state = balance_of(session.visit), open_binding(session), state_of(session)
    gate = Seen(
        at=at,
        today=at.astimezone(ZoneInfo(standing.patient.clinic.time_zone)).date(),
        opened_at=session.opened_at,
        confirmed=confirmed,
        limb_words=standing.patient.limb_not_to_use,
        order_words=f"Order, version {order.version}",
        order_counts=status_of(order, newest_version=order.version) in {Status.SIGNED, Status.CHECKED},
        second_check=_second_check(order, standing.patient.clinic.time_zone),
        consent_is_current=consent is ConsentState.CURRENT,
        consent_words=CONSENT_WORDS.get(consent, str(consent).replace("_", " ")),
        assessed_until=signed.valid_until if signed else None,
        assessed_suitable=signed is not None and signed.decision == Decision.SUITABLE,
        lists=_lists(standing),
        asked=_asked(standing),
        evaluation=evaluate(standing, stage=Stage.DAY_OF_INFUSION),
        fasting=_fasting(standing),
        ordered_ug=ordered_of(order).total_ug - balance.given_ug,
        in_hand_ug=balance.in_hand_ug,
        credentials=[Held(kind=one.kind, expires_on=one.expires_on) for one in staff.credentials.all()],
        monitor=binding.device.name if binding else "",
        call_tested_at=tested_at(state),
        comfort_card_at=max(
            (one.observed_at for one in state.events if one.kind is Kind.COMFORT_CARD), default=None
        ),
        checks_off=not is_on(standing.patient.clinic, LIMITS),
        roles=roles,
        overrides=overrides,
        sound=sound_of(state),
    )
    return SeenNow(gate=gate, order=order, standing=standing)


def _second_check(order: OrderVersion, zone: str) -> str:
    """Who entered weight, dose and rate blind and agreed, and when; empty when nobody did."""
    agreed = [check for check in order.double_checks.all() if check.agrees]
    if not agreed:
        return ""
    first = min(agreed, key=lambda check: check.checked_at)
    return f"{first.checked_by.name}, {first.checked_at.astimezone(ZoneInfo(zone)):%d %b %H:%M}"


def _fasting(standing: Standing) -> Fasting:
    """When this person last ate and drank, and what the clinic's rule asks for."""
    pack = load_suitability_pack()
    hours = {**pack.defaults, **standing.site_parameters}

    def last(name: str) -> datetime | None:
        fact = standing.newest(name)
        return None if fact is None else _instant(as_read(pack.inputs[name], fact.value))

    return Fasting(
        solids_at=last("last_solids_at"),
        clear_fluid_at=last("last_clear_fluid_at"),
        solids_h=float(hours["fasting_solids_h"]),
        clear_fluid_h=float(hours["fasting_clear_fluid_h"]),
    )


def _instant(value: object) -> datetime | None:
    return value if isinstance(value, datetime) else None


def tested_at(state: SessionState) -> datetime | None:
    """When the call button was tested last in this session; None: not yet."""
    calls = [one for one in state.events if one.kind is Kind.COMFORT_CALL and one.text("state") == "tested"]
    return max((one.observed_at for one in calls), default=None)


def sound_of(state: SessionState) -> SoundTest | None:
    """What was heard when somebody played the test sound last in this session (static/js/sound-test.js writes it)."""
    tests = [
        one for one in state.events if one.kind is Kind.EQUIPMENT and one.text("identity") == SOUND_OF_TABLET
    ]
    if not tests:
        return None
    newest = max(tests, key=lambda one: (one.observed_at, one.recorded_at))
    return SoundTest(heard=newest.text("state") == "ready", at=newest.observed_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class TodaysValue:
    """One value that the rules of the day used: what it is, what it says, and when it was seen."""

    words: str
    value: str
    observed_at: datetime | None


TODAYS: Mapping[str, tuple[str, str]] = {
    "systolic_mmHg": ("Systolic pressure", "mmHg"),
    "diastolic_mmHg": ("Diastolic pressure", "mmHg"),
    "pulse_per_min": ("Pulse", "/min"),
    "spo2_room_air_percent": ("Oxygen saturation, room air", "%"),
    "weight_kg": ("Weight", "kg"),
}


def todays_values(standing: Standing) -> list[TodaysValue]:
    """What was measured, with its time: the values that the rules of the day stand on."""
    found = []
    for name, (words, unit) in TODAYS.items():
        fact = standing.newest(name)
        said = "not recorded" if fact is None else f"{fact.value} {unit}"
        found.append(TodaysValue(words=words, value=said, observed_at=fact.observed_at if fact else None))
    return found


def _lists(standing: Standing) -> list[ListSeen]:
    """The lists that one signature renews; every other input is asked or measured anew."""
    states = standing.lists
    return [
        ListSeen(
            name=name,
            words=LIST_WORDS[name],
            confirmed_at=states[name].confirmed_at if name in states else None,
        )
        for name in load_suitability_pack().reconfirmation.renews
    ]


def _asked(standing: Standing) -> list[Asked]:
    """When each question of the day was answered last."""
    return [
        Asked(
            name=name, words=DAY_WORDS.get(name) or question_for(name), answered_at=max(times, default=None)
        )
        for name in ASKED_TODAY
        for times in [
            [fact.recorded_at for fact in standing.named(name) if fact.recorded_at <= standing.as_of]
        ]
    ]


def renewable_lists(standing: Standing, roles: frozenset[str]) -> tuple[tuple[str, ...], dict[str, str]]:
    """The lists that “unchanged since yesterday” renews now, and why each other one is not; today's are left out."""
    policy = load_suitability_pack().reconfirmation
    states = standing.lists
    due = [
        name
        for name in policy.renews
        if name not in states or standing.as_of - states[name].confirmed_at > LIST_FRESH_FOR
    ]
    statement = Statement(
        role="nurse" if "nurse" in roles else "prescriber",
        at=standing.as_of,
        names=tuple(due),
        full_review_at={name: one.reviewed_at for name, one in states.items() if one.reviewed_at},
    )
    answer = reconfirm(statement, policy=policy, inputs=inputs_of(standing))
    words = {one.name: f"{LIST_WORDS[one.name]}: {one.why}" for one in answer.refused}
    return answer.renewed, words


def infusion_number(session: Session) -> int:
    """Which infusion of this person in this clinic this one is: one more than the sessions that were started before."""
    earlier = Session.objects.filter(
        visit__series__episode__patient_id=patient_id_of(session),
        opened_at__lt=session.opened_at,
        entries__kind=EntryKind.START,
        entries__withdrawn=False,
        entries__replaced_by__isnull=True,
    )
    return earlier.distinct().count() + 1
