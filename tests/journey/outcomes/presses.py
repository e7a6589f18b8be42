"""One valid press of each button of the outcomes: by the holder of a link, by who cares for the person, by who closes an alert."""

from types import SimpleNamespace

from django.test import Client
from django.urls import reverse

from ebbtide.journey.outcomes.models import SafetyAlert
from tests.builders import a_staff
from tests.desks.chart.arrange import signed_in
from tests.journey.outcomes.arrange import a_check_in, a_person, link_in, somebody_on_call
from tests.journey.outcomes.test_answer import say


def a_question():
    return SimpleNamespace(client=Client(), url=f"{link_in(a_check_in().mail)}1/", told={"value": "5"})


def that_is_all():
    check_in = a_check_in()
    say(check_in, "PEG", 1, 5)
    return SimpleNamespace(client=Client(), url=f"{link_in(check_in.mail)}finish/", told={})


def a_score():
    episode = a_person()
    staff = a_staff("prescriber", clinic=episode.patient.clinic)
    told = {"key": "k", "item_1": "6", "item_2": "5", "item_3": "4"}
    return SimpleNamespace(
        client=signed_in(staff), url=reverse("outcomes:enter", args=[episode.pk, "PEG"]), told=told
    )


def _an_alert():
    episode = a_person()
    staff = somebody_on_call(episode.patient.clinic)
    say(a_check_in(episode, ask=("PHQ9",)), "PHQ9", 9, 1)
    return signed_in(staff), SafetyAlert.objects.get()


def take_it():
    client, alert = _an_alert()
    return SimpleNamespace(
        client=client, url=reverse("outcomes:take_alert", args=[alert.pk]), told={"key": "k"}
    )


def close_it():
    client, alert = _an_alert()
    told = {"key": "k", "note": "Spoke with her at ten; safe at home."}
    return SimpleNamespace(client=client, url=reverse("outcomes:close_alert", args=[alert.pk]), told=told)


PRESSES = {
    "outcomes:question": a_question, "outcomes:finish": that_is_all, "outcomes:enter": a_score,
    "outcomes:take_alert": take_it, "outcomes:close_alert": close_it,
}  # fmt: skip
