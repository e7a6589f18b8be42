"""The card, the gate and the way out in every light a chair has: axe finds each word readable, and pictures of them are kept."""

import pytest
from django.urls import reverse

from ebbtide.ground import clock
from ebbtide.journey.infusion.card import key_for
from tests.builders import a_staff
from tests.clocks import start_from
from tests.house.posts import browser
from tests.journey.infusion.arrange import Chairside, after
from tests.journey.infusion.test_safety_in_a_browser import PHONE, TABLET, pages
from tests.journey.leaving.arrange import STOP, Door
from tests.stories.looking import SCREENS, WIDE

# every page in three lights at three widths: once a week; the night looks at each page in the light it is made in
pytestmark = [pytest.mark.django_db, pytest.mark.weekly]
LIGHTS = ("light", "dark", "low")
SET = "light => { document.documentElement.dataset.theme = light; }"


@pytest.fixture(autouse=True)
def at_the_door(monkeypatch):
    start_from(monkeypatch, after(STOP + 33))
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")


def in_every_light(page, looking, name, address):
    """Pictures at three widths in each light; axe looks at the tablet's."""
    page.goto(address)
    SCREENS.mkdir(parents=True, exist_ok=True)
    for light in LIGHTS:
        page.evaluate(SET, light)
        for size in (PHONE, WIDE, TABLET):
            page.set_viewport_size(size)
            page.screenshot(path=SCREENS / f"{name}-{light}-{size['width']}.png", full_page=size is not WIDE)
        looking.inspect(page, f"{name} in {light}")


def test_card_gate_and_leaving_are_readable_in_every_light():
    door = Door().stopped()
    door.observe(rass=-1)
    coming = Chairside(clinic=door.clinic, chair="Chair 2").opened(STOP + 30)
    gone = Door(clinic=door.clinic, chair="Chair 3").stopped()
    gone.observe()
    left = gone.leave()
    doctor = a_staff("prescriber", clinic=door.clinic)
    nurse, beside, other = (browser(one) for one in (door.staff, coming.staff, gone.staff))
    prescriber, card = browser(doctor), reverse("infusion:card", args=[key_for(coming.session, clock.now())])
    with pages() as (new_page, looking):
        at_chair = new_page(beside)
        for name, door_name in (("comfort", "comfort"), ("gate", "gate"), ("monitor", "monitor")):
            in_every_light(
                at_chair, looking, name, reverse(f"infusion:{door_name}", args=[coming.session.pk])
            )
        in_every_light(new_page(), looking, "card", card)
        out = new_page(nurse)
        for name in ("recovery", "discharge"):
            in_every_light(out, looking, name, reverse(f"leaving:{name}", args=[door.session.pk]))
        in_every_light(
            new_page(prescriber), looking, "release", reverse("leaving:release", args=[door.session.pk])
        )
        in_every_light(new_page(other), looking, "departure", reverse("leaving:departure", args=[left.pk]))
