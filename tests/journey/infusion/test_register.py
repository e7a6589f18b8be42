"""The register is written in the transaction of the dose; a shortage never keeps a pause or a stop."""

from dataclasses import replace
from decimal import Decimal

import pytest

from ebbtide.ground.ledger.action import Refused
from ebbtide.journey.custody.models import Movement
from ebbtide.journey.custody.queries import balance_of
from ebbtide.journey.infusion.models import Entry
from tests.builders import an_actor
from tests.journey.infusion.arrange import LOADING, Chairside, after

pytestmark = pytest.mark.django_db


def given(scene):
    return balance_of(scene.visit).given_ug


def test_it_posts_what_went_in_at_the_stop():
    scene = Chairside().running()
    stop = scene.chart("stop", 40, by=an_actor(scene.staff, fresh=False))
    assert given(scene) == 35_000
    assert Movement.objects.get(kind="give").given_by_entry == stop.id


def test_it_posts_the_rest_after_a_pause():
    scene = Chairside().running(rate="30")
    scene.chart("pause", 2)
    assert given(scene) == 1_000
    scene.dose("resume", 2.5, rate_mg_per_h="30")
    assert given(scene) == 1_000
    scene.chart("stop", 12.5)
    assert given(scene) == 6_000


def test_it_posts_a_bolus_and_what_went_in_before():
    scene = Chairside(steps=LOADING, dose_field="dose_mg", dose_mg=Decimal(40)).ready()
    scene.dose("bolus", 0, amount_mg="10", over_min=0)
    assert given(scene) == 10_000


def test_it_posts_nothing_at_a_change_of_rate_or_a_note():
    scene = Chairside().running()
    scene.chart("rate_decrease", 2, rate_mg_per_h="30")
    scene.chart("note", 2, text="x")
    assert given(scene) == 0


def test_it_never_keeps_a_stop_for_want_of_drawn_drug():
    scene = Chairside().opened().drawn(mg=10).gated()
    scene.dose("start", 0, rate_mg_per_h="52.5")
    scene.chart("stop", 40)
    assert (given(scene), balance_of(scene.visit).in_hand_ug) == (10_000, 0)
    assert scene.state().phase == "stopped"


def test_it_stops_where_nobody_drew_anything():
    scene = Chairside().opened().gated()
    scene.dose("start", 0, rate_mg_per_h="52.5")
    scene.chart("stop", 40)
    assert scene.state().phase == "stopped"
    assert given(scene) == 0


def test_it_refuses_a_bolus_that_nobody_drew():
    scene = Chairside(steps=LOADING, dose_field="dose_mg", dose_mg=Decimal(40)).opened().drawn(mg=5).gated()
    with pytest.raises(Refused) as found:
        scene.dose("bolus", 0, amount_mg="10", over_min=0)
    assert found.value.rule == "INF-SHORT"
    assert not Entry.objects.filter(kind="bolus").exists()


def test_it_posts_what_a_correction_adds_after_the_stop():
    scene = Chairside().running(rate="30")
    scene.chart("stop", 2)
    start = Entry.objects.get(kind="start")
    scene.dose("start", 0, now=2.5, replaces=start, rate_mg_per_h="45")
    assert given(scene) == 1_500


def test_it_posts_once_for_an_entry_that_is_sent_twice():
    scene = Chairside().running(rate="30")
    stop = scene.chart("stop", 10)
    scene.chart("stop", 10, now=11, number=stop.id)
    assert given(scene) == 5_000
    assert Movement.objects.filter(kind="give").count() == 1


def test_it_takes_back_what_a_correction_lowers():
    scene = Chairside().running(rate="30")
    scene.chart("pause", 1)
    scene.dose("resume", 2, rate_mg_per_h="30")
    scene.chart("stop", 12)
    assert given(scene) == 5_500
    start = Entry.objects.get(kind="start")
    fresh = replace(scene.nurse, authenticated_at=after(12))
    scene.dose("start", 0, now=12.5, by=fresh, replaces=start, rate_mg_per_h="15")
    assert given(scene) == 5_250
    resume = Entry.objects.get(kind="resume")
    scene.dose("resume", 2, now=12.6, by=fresh, replaces=resume, rate_mg_per_h="6")
    assert (given(scene), balance_of(scene.visit).in_hand_ug) == (1_250, 48_750)
    assert scene.state().given_ug(after(60)) == 1_250
