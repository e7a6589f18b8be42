"""Asking: the link is only in the letter, PHQ-9 goes out only while somebody is on call, nobody without an address is written to."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from ebbtide.ground.jobs.models import OutgoingMail
from ebbtide.ground.ledger.action import Refused
from ebbtide.ground.policy import Denied
from ebbtide.journey.outcomes.actions import Invite, invite
from ebbtide.journey.outcomes.models import Invitation
from ebbtide.journey.outcomes.queries import digest, invitation_by
from tests.builders import NOW, a_patient, a_staff, an_act, an_actor, an_assignment
from tests.journey.outcomes.arrange import TODAY, a_check_in, a_person, link_in, somebody_on_call

pytestmark = pytest.mark.django_db


def test_the_key_is_only_in_the_letter() -> None:
    made = a_check_in()
    token = link_in(made.mail).split("/")[2]
    assert len(token) >= 43
    assert made.token_sha256 == digest(token)
    assert invitation_by(token) == made
    assert invitation_by(made.token_sha256) is None


def test_a_letter_holds_no_health_word_and_no_name() -> None:
    episode = a_person(given_name="Wilhelmina", family_name="Zyskowski")
    somebody_on_call(episode.patient.clinic)
    mail = a_check_in(episode, ask=("NRS11", "PEG", "PHQ9")).mail
    text = f"{mail.subject} {mail.body}".lower()
    words = ("pain", "ketamine", "infusion", "depress", "mood", "phq", "wilhelmina", "zyskowski", "harbour")
    assert not [word for word in words if word in text]
    assert "+1 312 555 0100" in mail.body
    assert mail.to == episode.patient.email


def test_it_writes_in_the_persons_language() -> None:
    mail = a_check_in(a_person(language="es")).mail
    assert mail.subject == "Unas preguntas para usted"


def test_phq9_is_asked_at_the_visit_while_nobody_is_on_call() -> None:
    made = a_check_in(ask=("NRS11", "PEG", "PHQ9"))
    assert (made.instruments, made.at_visit) == (["NRS11", "PEG"], ["PHQ9"])


def test_phq9_goes_out_when_somebody_is() -> None:
    episode = a_person()
    somebody_on_call(episode.patient.clinic)
    made = a_check_in(episode, ask=("NRS11", "PHQ9"))
    assert (made.instruments, made.at_visit) == (["NRS11", "PHQ9"], [])


@pytest.mark.parametrize("why", ["left", "renamed", "half a setting"])
def test_phq9_stays_here_when_the_person_on_call_is_nobody(why) -> None:
    episode = a_person()
    staff = somebody_on_call(episode.patient.clinic, **({"to": ""} if why == "half a setting" else {}))
    if why == "left":
        staff.left_at = NOW
    if why == "renamed":
        staff.name = "Somebody Else"
    staff.save()
    assert a_check_in(episode, ask=("NRS11", "PHQ9")).at_visit == ["PHQ9"]


def test_nobody_without_an_address_is_written_to() -> None:
    made = a_check_in(a_person(email=""))
    assert (made.instruments, made.at_visit, made.mail) == ([], ["NRS11", "PEG"], None)
    assert not OutgoingMail.objects.exists()


def test_it_asks_once_for_a_point_and_a_day() -> None:
    episode = a_person()
    a_check_in(episode)
    with pytest.raises(IntegrityError), transaction.atomic():
        a_check_in(episode)
    assert Invitation.objects.count() == OutgoingMail.objects.count() == 1


def asked(episode, **fields):
    made = {
        "episode": episode, "point": "FU-W1", "due_on": TODAY, "instruments": ("PEG",),
        "opens_at": NOW, "closes_at": NOW + timedelta(days=1),
    }  # fmt: skip
    return Invite(**{**made, **fields})


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"instruments": ("RASS",)}, "OUT-INSTRUMENT"),
        ({"instruments": ("PROMIS",)}, "OUT-INSTRUMENT"),
        ({"instruments": ()}, "OUT-INSTRUMENT"),
    ],
)
def test_it_refuses_what_has_no_words(change, rule) -> None:
    episode = a_person()
    with pytest.raises(Refused) as refused:
        invite(an_act(an_actor("system", clinic=episode.patient.clinic)), asked(episode, **change))
    assert refused.value.rule == rule


@pytest.mark.parametrize("ended", ["closed", "deceased"])
def test_it_asks_nobody_whose_episode_is_over(ended) -> None:
    episode = a_person()
    if ended == "closed":
        episode.closed_at = NOW
    else:
        episode.patient.deceased_on = TODAY
    with pytest.raises(Refused, match="closed"):
        invite(an_act(an_actor("system", clinic=episode.patient.clinic)), asked(episode))


def test_who_may_ask() -> None:
    episode = a_person()
    clinic = episode.patient.clinic
    nurse = a_staff("nurse", clinic=clinic)
    for who in (an_actor(nurse), an_actor(a_patient(clinic=clinic)), an_actor("director", clinic=clinic)):
        with pytest.raises(Denied):
            invite(an_act(who), asked(episode))
    an_assignment(nurse, episode.patient)
    assert invite(an_act(an_actor(nurse)), asked(episode)).point == "FU-W1"
