"""This person's own upper and lower limits on the trend: wish W18."""

import pytest
from django.urls import reverse

from ebbtide.journey.infusion.check_rows import CheckPlan
from tests.desks.chart.arrange import signed_in
from tests.journey.infusion.arrange import Chairside, after
from tests.journey.infusion.test_watching import signed_on

pytestmark = pytest.mark.django_db


def test_w18_a_trend_that_does_not_show_this_persons_own_upper_and_lower_limits():
    """The picture gets the numbers that this session is watched under, and which of them a prescriber set for this person."""
    scene = signed_on(Chairside().running())
    mine = {"limit": "CHK-HR", "field": "high", "old": 130, "value": 140, "of": "patient"}
    CheckPlan.objects.create(
        session=scene.session, version="t", live_on=True, from_at=after(0), changes=[mine], baseline={}
    )
    address = reverse("infusion:picture", args=[scene.session.pk])
    told = signed_in(scene.staff).get(address).json()["goals"]
    assert [(one["value"], one["above"], one["own"]) for one in told if one["signal"] == "hr"] == [
        (45, False, False),
        (140, True, True),
    ]
    assert [one["value"] for one in told if one["signal"] == "spo2"] == [90]


def test_w18_no_limit_is_drawn_while_limits_are_off():
    scene = Chairside().running()
    address = reverse("infusion:picture", args=[scene.session.pk])
    assert signed_in(scene.staff).get(address).json()["goals"] == []
