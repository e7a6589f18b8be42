"""A limit against a person's own values that cannot be decided: the chair says so."""

import pytest
from django.urls import reverse

from ebbtide.journey.infusion.check_rows import CheckPlan
from ebbtide.journey.infusion.checking import not_compared
from tests.desks.chart.arrange import signed_in
from tests.journey.infusion.arrange import Chairside, after
from tests.journey.infusion.test_watching import signed_on

pytestmark = pytest.mark.django_db


def test_a_limit_that_lacks_the_persons_baseline_says_so_at_the_chair_and_is_not_skipped_in_silence():
    """Drug flows, the switch is on, and nobody took a baseline of the heart rate: the chair names it."""
    scene = signed_on(Chairside().running())
    pin = {"session": scene.session, "version": "t", "live_on": True, "from_at": after(0)}
    CheckPlan.objects.create(**pin, baseline={"sbp": 120.0, "spo2": 97.0})
    state = scene.state()
    assert not_compared(scene.session, state, on=True) == ("Heart rate",)  # no EtCO₂: nothing sends it
    address = reverse("infusion:checks_now", args=[scene.session.pk])
    shown = signed_in(scene.staff).get(address).content.decode()
    assert "No baseline of Heart rate" in shown
    CheckPlan.objects.create(
        **{**pin, "from_at": after(1)}, baseline={"sbp": 120.0, "spo2": 97.0, "hr": 70.0}
    )
    assert not_compared(scene.session, state, on=True) == ()
