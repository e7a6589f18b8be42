"""The way in: a person asks, and some pages later a series is booked, everybody signed in, every rule asked, every page looked at."""

import re
from pathlib import Path

import pytest

from tests.conftest import REAL
from tests.stories import the_order, the_way, the_work_up
from tests.stories.conftest import Desk

pytestmark = [pytest.mark.browser, pytest.mark.enable_socket]


@pytest.mark.timeout(900)
def test_it_takes_a_person_from_a_request_to_a_booked_series(desk: Desk, tmp_path: Path) -> None:
    front_desk = the_way.see_it_arrive(desk)
    prescriber = the_way.accept_and_book(desk)
    the_work_up.bring_the_record(prescriber, desk, the_way.the_bundle(REAL, tmp_path))
    episode = named(prescriber.url)
    the_work_up.go_through_the_lists(prescriber, desk)
    the_work_up.measure(prescriber, desk)
    the_work_up.answer_what_the_rules_need(prescriber, desk)
    the_work_up.decide_and_sign(prescriber, desk)
    the_work_up.consent(prescriber, desk)

    the_order.write_the_order(prescriber, desk, episode)
    order = the_order.sign_the_order(prescriber, desk)
    prescriber.goto(f"/chart/episode/{episode}")
    patient = named(prescriber.url)
    the_order.put_a_nurse_on_the_team(front_desk, desk, patient)
    the_order.check_blind(desk, order)
    the_order.place_the_series(front_desk, desk, order)
    the_order.read_the_letters(desk)

    the_order.look_at_the_chart(prescriber, desk, patient)
    link = the_order.open_the_portal(front_desk, desk, patient)
    the_order.visit_the_portal(desk, link)
    the_order.audit(desk, patient)
    the_order.direct(desk)
    the_order.prove_the_record(desk)
    assert not desk.looking.faults, desk.looking.told()


def named(address: str) -> str:
    """The row that an address names."""
    found = re.search(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", address)
    assert found is not None, address
    return found.group()
