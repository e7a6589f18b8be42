"""The pages of the custody: what each role sees, and every press as a person makes it."""

from decimal import Decimal

import pytest
from django.urls import reverse

from ebbtide.journey.custody.models import Movement, Vial
from tests.builders import NOW, a_staff, an_actor
from tests.clocks import stand_at
from tests.journey.custody.presses import PRESSES, at, browser, signs_in
from tests.journey.custody.safe import Safe

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _at_now(monkeypatch):
    stand_at(monkeypatch, NOW)


@pytest.fixture
def safe():
    return Safe()


def page(staff, name, row=None, **asked):
    answer = browser(staff).get(reverse(f"custody:{name}", args=[row.pk] if row else []), asked)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


# papers and signatures: drug stays where it is
MOVE_NOTHING = {
    f"custody:{name}" for name in ("close", "count", "sign_count", "note", "loss", "report")
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(PRESSES))
def test_each_act_is_done_from_its_page(name):
    press = PRESSES[name]()
    shown = press.client.get(press.url)
    assert shown.status_code == 200
    before = Movement.objects.count()
    answer = press.client.post(press.url, press.told)
    assert answer.status_code == 302, answer.content.decode()
    assert press.client.get(answer.headers["Location"]).status_code == 200
    assert (Movement.objects.count() == before) == (name in MOVE_NOTHING)


@pytest.mark.parametrize("name", sorted(PRESSES))
def test_an_empty_form_is_refused_on_the_same_page(name):
    press = PRESSES[name]()
    before = Movement.objects.count()
    answer = press.client.post(press.url, {"key": "k", "label": press.told.get("label", "")})
    assert answer.status_code == 422
    assert "to correct" in answer.content.decode()
    assert Movement.objects.count() == before


def test_a_delivery_by_scanner_is_one_vial_for_each_line(safe):
    press = PRESSES["custody:receive"]()
    press.client.post(press.url, press.told)
    assert list(Vial.objects.order_by("label").values_list("label", flat=True)) == ["A-1", "A-2"]


def test_millilitres_are_worked_out_at_the_strength_of_the_vial(safe):
    press = PRESSES["custody:draw"]()
    press.client.post(press.url, press.told)
    assert Movement.objects.get(kind="draw").amount_ug == 35_000


@pytest.mark.parametrize("typed", [".5", "5.0", "1,5", "0", "-1", "1e2", "0.0001"])
def test_an_amount_that_two_people_could_read_differently_is_refused(safe, typed):
    visit = safe.visit()
    press = at(safe, "draw", visit, label=safe.receive().label, amount=typed, unit="mg")
    assert press.client.post(press.url, press.told).status_code == 422
    assert not visit.movements.exists()


def test_the_draw_page_offers_what_expires_first_and_takes_what_is_scanned(safe):
    late = safe.receive(("LATE",))
    safe.receive(("SOON",), expires_on=NOW.date())
    safe.receive(("OTHER-DRUG",), drug="s_ketamine")
    safe.receive(("WEAK",), mg_per_ml=Decimal(10))
    visit = safe.visit()
    shown = page(safe.nurse, "draw", visit)
    assert 'name="label" value="SOON"' in shown
    assert "OTHER-DRUG" not in shown
    assert "WEAK" not in shown
    assert 'name="label" value="LATE"' in page(safe.nurse, "draw", visit, label=late.label)
    assert "this vial has 10 mg/mL: take another vial" in page(safe.nurse, "draw", visit, label="WEAK")
    assert "holds another drug than the order" in page(safe.nurse, "draw", visit, label="OTHER-DRUG")
    assert "No vial of this safe has this label" in page(safe.nurse, "draw", visit, label="NOT-HERE")


def test_who_counts_the_safe_is_not_told_what_to_find(safe):
    vial, visit = safe.receive(("V-1",)), safe.visit()
    safe.draw(visit, vial, 50)
    for name, row in (("safe", None), ("vial", vial), ("register", None)):
        seen = page(safe.nurse, name, row)
        assert "450 mg" not in seen
        assert "450,000" not in seen
        assert "450 mg" in page(safe.director, name, row)
    assert "Received" not in page(safe.nurse, "register")
    assert "Opened" in page(safe.nurse, "safe")


def test_a_nurse_sees_the_vial_she_draws_from_and_what_is_in_hand_for_her_visit(safe):
    vial, visit = safe.receive(), safe.visit()
    safe.draw(visit, vial, "35.5")
    assert "464.5 mg" in page(safe.nurse, "draw", visit)
    shown = page(safe.nurse, "visit", visit)
    assert (
        'In hand now</b></dt><dd><span class="dose">35.5 mg</span> <span class="small muted">0.71 mL · 35,500 µg'
        in shown
    )


def test_a_prescriber_who_is_also_a_nurse_is_not_blind(safe):
    both = a_staff("nurse", clinic=safe.clinic, roles=["nurse", "prescriber"])
    safe.receive()
    assert "500 mg" in page(both, "safe")


def test_the_register_is_filtered_by_day_and_drug_and_shows_the_safe_after_each_line(safe):
    vial, other = safe.receive(), safe.receive(drug="s_ketamine", mg_per_ml=Decimal(25))
    visit = safe.visit()
    drawn = safe.draw(visit, vial, 50)
    safe.void(drawn)
    shown = page(safe.director, "register")
    assert shown.index("undoes: Drawn") < shown.index('"small">undone')
    assert [word in shown for word in ("500 mg", "450 mg", "250 mg")] == [True, True, True]
    only = page(safe.director, "register", drug="s_ketamine")
    assert vial.label not in only
    assert other.label in only
    assert "No line on this day" in page(safe.director, "register", on="2026-11-22")
    assert visit.series.episode.patient.family_name not in shown
    assert "Undo" not in shown


def test_the_register_ignores_a_day_that_is_none(safe):
    safe.receive(("V-1",))
    assert "V-1" in page(safe.director, "register", on="yesterday")


def test_a_dose_has_no_button_to_undo_it(safe):
    visit = safe.visit()
    drawn = safe.draw(visit, safe.receive(), 50)
    given = safe.give(visit, 35)
    shown = page(safe.nurse, "visit", visit)
    assert reverse("custody:void", args=[drawn.pk]) in shown
    assert reverse("custody:void", args=[given.pk]) not in shown


def test_after_the_visit_drug_in_hand_is_still_shown_and_can_be_wasted(safe):
    visit = safe.visit()
    safe.draw(visit, safe.receive(), 50)
    type(visit).objects.filter(pk=visit.pk).update(status="done")
    shown = page(safe.nurse, "visit", visit)
    assert "Not closed yet" in shown
    assert reverse("custody:waste", args=[visit.pk]) in shown
    assert reverse("custody:draw", args=[visit.pk]) not in shown


def test_open_differences_have_owner_and_day_and_the_director_closes_them(safe):
    visit = safe.visit()
    safe.draw(visit, safe.receive(), 50)
    row = safe.variance(2, visit=visit)
    shown = page(safe.director, "variances")
    assert [
        word in shown for word in (safe.doctor.name, "Mon 30 Nov 2026", "missing", "2 mg", "Not decided")
    ] == [True] * 5
    assert "Overdue" not in shown
    assert reverse("custody:investigation", args=[row.pk]) in shown
    assert reverse("custody:close", args=[row.pk]) in page(safe.director, "investigation", row)
    assert reverse("custody:close", args=[row.pk]) not in page(safe.doctor, "investigation", row)
    told = {"finding": "A spill at the pump", **signs_in(safe.second)}
    press = at(safe, "close", row, by=safe.director, **told)
    press.client.post(press.url, press.told)
    assert "A spill at the pump" in page(safe.director, "variances")


def test_a_refusal_of_the_action_is_said_on_the_page(safe):
    visit = safe.visit()
    press = at(safe, "draw", visit, label=safe.receive().label, amount="501", unit="mg")
    answer = press.client.post(press.url, press.told)
    assert answer.status_code == 422
    assert "501 mg is more than the 500 mg left in this vial" in answer.content.decode()
    answer = press.client.post(press.url, {**press.told, "label": "UNKNOWN"})
    assert "No vial of this safe has this label" in answer.content.decode()
    answer = press.client.post(press.url, {**press.told, "label": safe.receive(drug="s_ketamine").label})
    assert "another drug than the order" in answer.content.decode()


@pytest.mark.parametrize("name", ["safe", "register"])
def test_the_menu_leads_here_for_who_may_read_it_and_nobody_else_comes_in(safe, name):
    assert 'href="/custody/"' in page(safe.nurse, name)
    desk = browser(a_staff("front_desk", clinic=safe.clinic))
    assert desk.get(reverse(f"custody:{name}")).status_code == 403


def test_a_page_asks_the_database_at_most_eight_times(safe, django_assert_max_num_queries):
    for _ in range(3):
        visit = safe.visit()
        safe.draw(visit, safe.receive(), 50)
        safe.waste(visit, 5, witness=an_actor(safe.doctor))
    safe.variance(1, visit=visit)
    client = browser(safe.director)
    pages = [reverse(f"custody:{name}") for name in ("safe", "register", "variances")]
    pages += [
        reverse("custody:visit", args=[visit.pk]),
        reverse("custody:vial", args=[Vial.objects.first().pk]),
    ]
    for url in pages:
        client.get(url)
        with django_assert_max_num_queries(8):
            assert client.get(url).status_code == 200
