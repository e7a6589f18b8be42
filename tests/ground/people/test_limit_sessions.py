"""When a session is over: unused for ten minutes (patients fifteen), or twelve hours old."""

import pytest

from ebbtide.ground.people.sessions import LASTS_S, PATIENT_IDLE_S, STAFF_IDLE_S, why_over

MIN = 60


@pytest.mark.parametrize(
    ("began_min", "used_min", "idle_s", "why"),
    [
        (0, 0, STAFF_IDLE_S, ""),
        (9, 9, STAFF_IDLE_S, ""),
        (10, 10, STAFF_IDLE_S, "unused"),
        (10, 10, PATIENT_IDLE_S, ""),
        (15, 15, PATIENT_IDLE_S, "unused"),
        (300, 1, STAFF_IDLE_S, ""),
        (720, 0, STAFF_IDLE_S, "long"),
        (720, 0, float("inf"), "long"),
        (719, 719, float("inf"), ""),
    ],
)
def test_it_is_over(began_min, used_min, idle_s, why):
    now_s = 1_000_000.0
    assert (
        why_over(began_s=now_s - began_min * MIN, used_s=now_s - used_min * MIN, now_s=now_s, idle_s=idle_s)
        == why
    )


def test_the_limits_are_those_of_the_design():
    assert (STAFF_IDLE_S, PATIENT_IDLE_S, LASTS_S) == (600, 900, 43_200)
