"""The twin room: one person's way as a story: it names the time of its next act, waits for its turn, and does it.

Every act goes through the same door as everybody's. `Story` yields instants; whoever plays it resumes it in the order of
all instants, so that the record is written in the order of time.
"""

from datetime import datetime, timedelta

from ebbtide.ground.people.actions import Assign, GiveAccount, PatientDetails, assign, give_account
from ebbtide.ground.people.models import Patient, Resource, Staff
from ebbtide.ground.policy.actors import visitor
from ebbtide.journey.access.actions import (
    AcceptRequest,
    AnswerNotHere,
    NewEpisode,
    ReceiveRequest,
    TakeRequest,
    accept_request,
    answer_not_here,
    hand_over_request,
    receive_request,
)
from ebbtide.journey.access.answers import NOT_HERE
from ebbtide.journey.access.models import Channel, Episode, EvaluationVisit, Request
from ebbtide.journey.access.queries import FreeTime, free_times, house_of
from ebbtide.journey.access.visits import HoldEvaluation, record_visit_held
from ebbtide.twin.cast import Invented, Reached
from ebbtide.twin.house import House, by_actor
from ebbtide.twin.treatment import treat
from ebbtide.twin.way import Story, Way
from ebbtide.twin.workup import work_up


def story_of(house: House, person: Invented) -> Story:
    """Everything this person has lived through here, up to the point the cast says."""
    way = Way(house=house, person=person)
    asked_at = _asked_at(way)
    yield asked_at
    request = _ask(way, asked_at)
    if person.taken:
        yield (taken_at := asked_at + timedelta(minutes=40))
        hand_over_request(
            way.act("desk", taken_at, "take"), TakeRequest(request=request, staff=house.staff["desk"])
        )
    if person.reached is Reached.WAITING:
        return
    yield (answered_at := _answered_at(way, asked_at))
    if person.reached is Reached.NOT_HERE:
        _answer(way, request, answered_at)
        return
    episode = _accept(way, request, answered_at)
    yield from _welcome(way, episode, answered_at)
    if person.reached >= Reached.WORKUP:
        yield from _evaluate(way, episode)


def _asked_at(way: Way) -> datetime:
    wall, person = way.house.wall, way.person
    if person.asked_ago < timedelta(days=1):
        return wall.now - person.asked_ago
    day = (wall.now - person.asked_ago).astimezone(wall.zone).date()
    if person.channel != Channel.WEB:
        day = wall.open_day_ago(person.asked_ago.days)
    return wall.at(day, f"{9 + person.number % 7:02d}:{person.number * 7 % 60:02d}")


def _ask(way: Way, at: datetime) -> Request:
    person, clinic = way.person, way.house.clinic
    command = ReceiveRequest(
        clinic=clinic, channel=person.channel, details=details_of(person), complaint=person.complaint,
        story=person.story, best_time=person.best_time, referred_by=person.referred_by,
    )  # fmt: skip
    if person.channel == Channel.WEB:
        return receive_request(by_actor(visitor(clinic), at, f"{person.number}/ask"), command)
    return receive_request(way.act("desk", at, "ask"), command)


def details_of(person: Invented) -> PatientDetails:
    """What the person says of themselves."""
    return PatientDetails(
        given_name=person.given_name, family_name=person.family_name, birth_date=person.born, sex=person.sex,
        language=person.language, phone=person.phone, email=person.email,
    )  # fmt: skip


def _answered_at(way: Way, asked_at: datetime) -> datetime:
    wall = way.house.wall
    next_day = wall.day_after(asked_at.astimezone(wall.zone).date())
    return wall.at(next_day, f"16:{way.person.number:02d}")


def _answer(way: Way, request: Request, at: datetime) -> None:
    chosen = next(suggestion for suggestion in NOT_HERE if suggestion.key == way.person.answer)
    answer_not_here(
        way.act(way.doctor, at, "answer"),
        AnswerNotHere(request=request, reason=chosen.reason, next_step=chosen.next_step),
    )


def _accept(way: Way, request: Request, at: datetime) -> Episode:
    person, doctor = way.person, way.doctor
    clinician = next(
        row for row in house_of(way.house.clinic).clinicians if row.staff == way.house.staff[doctor]
    )
    time = _free_time(way, clinician, at)
    return accept_request(
        way.act(doctor, at, "accept"),
        AcceptRequest(
            request=request, reason="Pain for more than six months; first-line treatment tried.",
            person=NewEpisode(details=details_of(person)), clinician=clinician, room=time.room,
            starts_at=time.starts_at, minutes=time.minutes,
        ),
    )  # fmt: skip


def _free_time(way: Way, clinician: Resource, at: datetime) -> FreeTime:
    wall, person = way.house.wall, way.person
    if person.seen_days_ago is not None:
        on = wall.open_day_ago(person.seen_days_ago)
    else:
        assert person.visit_open_day is not None  # noqa: S101 - the cast says one of the two
        on = wall.open_day_ahead(person.visit_open_day)
    free = free_times(house_of(way.house.clinic), on=on, clinician=clinician, patient=None, after=at)
    return free[person.visit_slot % len(free)]


def _welcome(way: Way, episode: Episode, at: datetime) -> Story:
    """The front desk puts a nurse on the care team, and gives an account to who wants one."""
    patient: Patient = episode.patient
    nurse: Staff = way.house.staff[way.nurse]
    yield (at := at + timedelta(minutes=5))
    assign(
        way.act("desk", at, "assign"),
        Assign(staff=nurse, patient=patient, from_at=at, until_at=None, why="care team"),
    )
    if way.person.portal:
        yield (at := at + timedelta(minutes=3))
        command = GiveAccount(patient=patient, email=way.person.email, password=way.house.password)
        give_account(way.act("desk", at, "account"), command)


def _evaluate(way: Way, episode: Episode) -> Story:
    visit = EvaluationVisit.objects.get(episode=episode)
    yield from work_up(way, episode, starts_at=visit.starts_at)
    if way.person.reached >= Reached.ASSESSED:
        yield (held_at := visit.ends_at)
        record_visit_held(way.act(way.doctor, held_at, "held"), HoldEvaluation(visit=visit))
    yield from treat(way, episode, after=visit.ends_at)
