"""A monitor that was silent for long may stand at another chair: what it sends is nobody's until somebody confirms it."""

from datetime import timedelta

import pytest
from django.urls import reverse

from ebbtide.doors.hl7v2.reading import read
from ebbtide.doors.hl7v2.writer import Writer
from ebbtide.ground.policy.actors import integration
from ebbtide.journey.infusion.actions.samples import StoreSamples, store_samples
from ebbtide.journey.infusion.freshness import asks_again_after_s
from ebbtide.journey.infusion.models import Binding, Device, Sample
from tests.builders import NOW, an_act
from tests.doors.hl7v2.messages import message, obx
from tests.journey.custody.presses import browser
from tests.journey.infusion.monitors import Chair, a_sample

KEY = "SIM-CHAIR-1"


@pytest.mark.parametrize(("interval_s", "asks_s"), [(1, 120), (20, 120), (60, 360), (300, 1800)])
def test_it_asks_after_a_silence_that_is_long_for_this_monitor(interval_s, asks_s) -> None:
    assert asks_again_after_s(interval_s) == asks_s


def hear(chair: Chair, *seconds: int, signal="spo2", came_back=(KEY,)) -> None:
    for second in seconds:
        at = NOW + timedelta(seconds=second)
        command = StoreSamples(
            clinic=chair.clinic,
            messages=1,
            samples=(a_sample(signal, 97.0, at=at),),
            came_back=frozenset(came_back),
        )
        store_samples(an_act(integration(chair.clinic), at=at), command)


def whose() -> list[bool]:
    """Of each reading, in its order, whether it is this person's."""
    rows = Sample.objects.order_by("observed_at").values_list("session_id", flat=True)
    return [one is not None for one in rows]


@pytest.mark.django_db
def test_what_comes_after_a_gap_is_nobodys_until_it_is_confirmed() -> None:
    chair = Chair()
    hear(chair, 0, 119, 238, 360, 361)
    assert whose() == [True, True, True, False, False]
    binding = Binding.objects.get()
    assert (binding.until_at, binding.ended_why) == (NOW + timedelta(seconds=239), "gap")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("seconds", "signal", "came_back"),
    [
        ((400,), "spo2", (KEY,)),  # it had said nothing before: put on, and switched on later
        ((0, 400), "spo2", ()),  # the gateway has heard it all along
        ((0, 400, 800), "sbp", (KEY,)),  # a cuff measures every 15 min
        ((0, 400, 200), "spo2", ()),
    ],
)
def test_it_does_not_ask_without_a_gap(seconds, signal, came_back) -> None:
    chair = Chair()
    hear(chair, *seconds, signal=signal, came_back=came_back)
    assert all(whose())


@pytest.mark.django_db
def test_a_simulated_monitor_is_carried_nowhere() -> None:
    chair = Chair()
    Device.objects.update(simulated=True)
    hear(chair, 0, 900)
    assert whose() == [True, True]


def page(chair: Chair) -> str:
    return browser(chair.nurse).get(reverse("infusion:now", args=[chair.session.pk])).content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("answer", ["yes", "no"])
def test_the_chair_asks_once_and_takes_either_answer(answer) -> None:
    chair = Chair()
    hear(chair, 0, 300)
    binding = Binding.objects.get()
    assert "Is it still on this person" in page(chair)
    if answer == "yes":
        way = reverse("infusion:monitor", args=[chair.session.pk])
        told = {"key": "00000000-0000-4000-8000-000000000001", "device": binding.device_id}
    else:
        way = reverse("infusion:unbind", args=[binding.pk])
        told = {"key": "00000000-0000-4000-8000-000000000001"}
    assert browser(chair.nurse).post(way, told).status_code == 302
    assert "Is it still on this person" not in page(chair)
    assert Binding.objects.filter(until_at__isnull=True).count() == (answer == "yes")
    assert whose() == [True, False]  # what came in between stays nobody's


def test_the_gateway_looks_only_at_monitors_that_it_has_not_heard_for_a_while() -> None:
    writer = Writer()

    def came(seconds: int) -> bool:
        at = NOW + timedelta(seconds=seconds)
        samples = read(message(obx(at=f"{at:%Y%m%d%H%M%S+0000}")), at).samples
        found = bool(writer._came_back(samples))
        writer._hear(samples)
        return found

    assert [came(second) for second in (0, 1, 119, 90, 238, 360, 361)] == [
        True,
        False,
        False,
        False,
        False,
        True,
        False,
    ]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"label": "SIM-CHAIR-2"}, ""),
        ({"label": " SIM-CHAIR-2 "}, ""),
        ({"label": "SIM-CHAIR-9"}, "No monitor of this clinic has this label"),
        ({}, "scan its label, or choose it"),
    ],
)
def test_a_monitor_is_put_on_by_a_scan_of_its_label(told, words) -> None:
    chair = Chair(monitors=2)
    Binding.objects.filter(device__key="SIM-CHAIR-2").delete()
    way = reverse("infusion:monitor", args=[chair.session.pk])
    answer = browser(chair.nurse).post(way, {"key": "00000000-0000-4000-8000-000000000002", **told})
    assert answer.status_code == (422 if words else 302)
    assert words in answer.content.decode()
    assert Binding.objects.count() == (1 if words else 2)
