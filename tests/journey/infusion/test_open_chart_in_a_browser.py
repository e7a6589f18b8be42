"""One tablet and two people, in a real browser: nothing that was typed in one chart ends in the other one, and nothing is lost (H1)."""

import pytest

from ebbtide.journey.infusion.models import Entry
from tests.journey.infusion.test_offline_in_a_browser import PIN, Tablet, at_the_chair, running, shot
from tests.journey.infusion.test_open_chart import second_person

__all__ = ["running"]  # the fixture
# a browser, a clinic and many waits: on a machine busy with other tests they come too late
pytestmark = [pytest.mark.django_db, pytest.mark.nightly]
SIZES = ((1024, 768), (390, 844), (1280, 900))
# what a fault in a page would do: a form of the first chart stands in the second one's page
STALE_FORM = "chart => { document.querySelector('#entry form [name=chart]').value = chart; }"


@pytest.fixture
def two(running):
    running.other = second_person(running)
    return running


def test_h01_no_write_is_accepted_with_another_charts_token(two):
    with at_the_chair() as (chromium, address):
        tablet = Tablet(chromium, address, two).with_pin()
        page = tablet.page
        first = page.locator("[name=chart]").first.input_value()
        page.goto(tablet.address.replace(str(two.session.pk), str(two.other.session.pk)))
        page.get_by_text(f"the chart of {two.patient.name}, Chair 1, is open").wait_for()
        for width, height in SIZES:
            page.set_viewport_size({"width": width, "height": height})
            page.screenshot(path=shot(f"which-chart-{width}"))
            tablet.looking.inspect(page, f"which chart at {width}")
        page.set_viewport_size({"width": 1024, "height": 768})
        page.get_by_role("button", name=f"Open {two.other.patient.name}").click()
        page.locator("#tablet[data-ready=yes]").wait_for(state="attached")
        page.get_by_role("link", name="Note", exact=True).locator("visible=true").click()
        page.locator("#entry").get_by_role("textbox", name="Note").fill("restless at three")
        page.evaluate(STALE_FORM, first)
        page.get_by_role("button", name="Record note").click()
        page.get_by_text("typed in another person's chart").first.wait_for()
        assert not Entry.objects.filter(kind="note").exists()
        page.screenshot(path=shot("other-chart-refused-1024"))
        tablet.looking.inspect(page, "refused for another chart")
        # nothing is lost: the entry waits for a person, who looks at the name and sends it
        page.locator(".tablet-unsent").get_by_text("restless at three").wait_for()
        page.get_by_text("Correct it, or set it aside").click()
        page.get_by_role("button", name="Send corrected").click()
        tablet.waits(0)
    assert not tablet.faults()
    assert [row.session_id for row in Entry.objects.filter(kind="note")] == [two.other.session.pk]


def test_h01_what_waits_for_one_person_is_never_corrected_under_another_name(two):
    with at_the_chair() as (chromium, address):
        tablet = Tablet(chromium, address, two).with_pin()
        tablet.chart("Vitals", "Oxygen saturation", "9", "Record vital signs")
        tablet.page.get_by_text("1 entry was not accepted").wait_for()
        page = tablet.page
        page.goto(tablet.address.replace(str(two.session.pk), str(two.other.session.pk)))
        page.get_by_role("button", name=f"Open {two.other.patient.name}").click()
        page.get_by_label("Your PIN on this tablet").fill(PIN)
        page.get_by_role("button", name="Open", exact=True).click()
        line = page.locator(".tablet-unsent")
        line.get_by_text("charted for another person than the one above").wait_for()
        assert page.get_by_text("Correct it, or set it aside").count() == 0
        assert (
            line.get_by_role("link", name="Open that chart")
            .get_attribute("href")
            .endswith(str(two.session.pk))
        )
        page.screenshot(path=shot("waits-for-another-1024"))
    assert not tablet.faults()
