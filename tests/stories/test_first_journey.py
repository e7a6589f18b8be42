"""The first whole journey: one person from a request to a row in the registry, against the clinic that runs, over real wires."""

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from playwright.sync_api import expect, sync_playwright

from ebbtide.ground import clock
from tests.browser import chromium_path
from tests.stories import the_chair, the_order, the_way_out
from tests.stories.conftest import QUIET, Desk, Letters, a_free_port
from tests.stories.looking import Looking
from tests.stories.walking import CHICAGO, Walked, asked, next_sunday_evening, opened, walk_the_way_in
from tests.stories.wire import Wire

pytestmark = [pytest.mark.browser, pytest.mark.enable_socket]

FIRST_VISIT = """
SELECT v.id::text, v.series_id::text, v.starts_at FROM course_visit v JOIN course_series s ON s.id = v.series_id
WHERE s.episode_id = %s AND v.status = 'booked' ORDER BY v.starts_at LIMIT 1
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="ebj-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.mark.nightly
@pytest.mark.timeout(1500)
def test_it_takes_a_person_from_a_request_to_the_registry(folder: Path, tmp_path: Path) -> None:
    letters, looking = Letters(), Looking()
    mail = Controller(letters, hostname="127.0.0.1", port=a_free_port())
    mail.start()
    with sync_playwright() as playwright:
        expect.set_options(timeout=15_000)
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=QUIET)

        def at(when: datetime):
            return opened(folder, letters, browser, looking, at=when, mail_port=mail.port)

        with at(next_sunday_evening(clock.now())) as desk:
            walked = walk_the_way_in(desk, tmp_path)
            visit, series, starts_at = asked(desk.open.clinic, FIRST_VISIT, walked.episode)[0]
        with at(starts_at - timedelta(minutes=3)) as desk:
            session = sit_in_the_chair(desk, visit)
        with at(starts_at + timedelta(minutes=75)) as desk:
            go_home(desk, session, series)
        with at(starts_at + timedelta(days=1, hours=1)) as desk:
            the_way_out.call_the_next_day(desk.signed_in("nurse"), desk)
        a_week_later = (starts_at + timedelta(days=7)).astimezone(CHICAGO).replace(hour=11)
        with at(a_week_later) as desk:
            look_back(desk, walked)
            the_order.prove_the_record(desk)
        browser.close()
    mail.stop()
    assert not looking.faults, looking.told()


def sit_in_the_chair(desk: Desk, visit: str) -> str:
    """Check-in to waste: the nurse's part, the network cut once and the gateway killed once."""
    with Wire(desk.open.clinic.port) as wire:
        clinic = replace(desk.open.clinic, port=wire.port)
        return _sit_in_the_chair(replace(desk, open=replace(desk.open, clinic=clinic)), visit, wire)


def _sit_in_the_chair(desk: Desk, visit: str, wire: Wire) -> str:
    nurse = desk.signed_in("nurse")
    nurse.goto("/today/")
    desk.looking.screen(nurse, "today-with-infusions")
    session = the_chair.check_in(nurse, desk, visit)
    the_chair.take_the_baseline(nurse, desk, session)
    the_chair.draw(nurse, desk, visit)
    the_chair.put_the_monitor_on(nurse, desk, session)
    the_chair.be_refused_at_the_gate(nurse, desk, session)
    the_chair.go_through_the_lists_again(nurse, session)
    the_chair.pass_the_gate(nurse, desk, session)
    the_chair.start(nurse, desk, session)
    the_chair.see_live_values(nurse, desk)
    the_chair.observe_by_hand(nurse, desk, session)
    the_chair.lose_the_network(nurse, desk, wire)
    the_chair.kill_the_gateway(nurse, desk)
    nurse.goto("/station/")
    desk.looking.screen(nurse, "nurse-station")
    the_chair.pause_and_stop(nurse, desk, session)
    the_way_out.be_refused_at_the_door(nurse, desk, session)
    the_chair.waste(nurse, desk, visit)
    return session


def go_home(desk: Desk, session: str, series: str) -> None:
    """Half an hour later: observed, discharged, and the rest of the series given up."""
    nurse = desk.signed_in("nurse")
    the_way_out.leave(nurse, desk, session)
    the_way_out.give_up_the_rest(desk.signed_in("front_desk"), desk, series)


def look_back(desk: Desk, walked: Walked) -> None:
    """A week later: the check-in by link, the alert, the curve, the director and the registry."""
    the_way_out.do_what_is_due(desk)
    the_way_out.answer_on_a_phone(the_way_out.open_the_link(desk), desk)
    prescriber = desk.signed_in("prescriber")
    the_way_out.take_the_alert(prescriber, desk)
    the_way_out.read_the_curve(prescriber, desk, walked.patient, walked.episode)
    the_way_out.read_the_registry(desk.signed_in("director"), desk)
