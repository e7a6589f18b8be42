"""The way in as one walk, and clinics that open at another time: what the stories of a whole journey stand on."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import psycopg
from playwright.sync_api import Browser
from tools.bench.running import Clinic, running_clinic

from ebbtide.ground.database import attach
from tests.conftest import REAL
from tests.stories import the_order, the_way, the_work_up
from tests.stories.conftest import Desk, Letters, Open
from tests.stories.looking import Looking

CHICAGO = ZoneInfo("America/Chicago")
UUID_WORDS = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"


@dataclass(frozen=True)
class Walked:
    """Who went the way in, and under which order."""

    patient: str
    episode: str
    order: str


def walk_the_way_in(desk: Desk, folder: Path) -> Walked:
    """From a request on the public form to a booked series, every role signed in."""
    front_desk = the_way.see_it_arrive(desk)
    prescriber = the_way.accept_and_book(desk)
    the_work_up.bring_the_record(prescriber, desk, the_way.the_bundle(REAL, folder))
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
    return Walked(patient=patient, episode=episode, order=order)


def named(address: str) -> str:
    """The row that an address names."""
    found = re.search(UUID_WORDS, address)
    assert found is not None, address
    return found.group()


def next_sunday_evening(now: datetime) -> datetime:
    """Before a working week, when nobody sits in a chair: the journey's visits are then all its own."""
    here = now.astimezone(CHICAGO)
    days = (6 - here.weekday()) % 7
    return (here + timedelta(days=days)).replace(hour=18, minute=0, second=0, microsecond=0)


@contextmanager
def opened(
    folder: Path, letters: Letters, browser: Browser, looking: Looking, *, at: datetime, mail_port: int
) -> Iterator[Desk]:
    """The same clinic, opened again with its clock at another time."""
    extra = {
        "EBBTIDE_SMTP_URL": f"smtp://127.0.0.1:{mail_port}",
        "EBBTIDE_CLOCK": f"{at.isoformat()}@1",
    }
    with running_clinic(folder / "c", extra=extra) as clinic:
        accounts = json.loads((clinic.data / "demo-accounts.json").read_text(encoding="utf-8"))
        desk = Desk(
            browser=browser, open=Open(clinic=clinic, letters=letters, accounts=accounts), looking=looking
        )
        yield desk
        for context in list(browser.contexts):
            context.close()


def asked(clinic: Clinic, statement: str, *values: object) -> list[tuple]:
    """Rows of the running clinic's own database."""
    with psycopg.connect(attach(clinic.data).superuser_url) as mighty:
        return mighty.execute(statement, values).fetchall()
