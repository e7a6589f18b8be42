"""The open chart: what was typed in one person's chart is never written into another's, and nothing typed is lost (H1)."""

import json
import re
from html import unescape
from pathlib import Path

import pytest
from django.urls import reverse

import ebbtide
from ebbtide.ground.people.ids import new_id
from ebbtide.journey.infusion.models import Binding, Entry, Session
from ebbtide.journey.infusion.open_chart import FIELD, HEADER, TABLET, WHY, token
from tests.builders import NOW, a_chair, a_patient, an_assignment, an_episode
from tests.clocks import stand_at
from tests.house.posts import PRESSES, browser
from tests.house.routes import ours
from tests.journey.infusion.arrange import Chairside, a_checked_order, a_visit, after
from tests.tablets import NUMBER, session_at

# writes about a session that name no open chart, each with why
OPEN_TO_ALL = {
    "infusion:open_here": "says which chart is open on this tablet; nothing of the record changes",
}
BOUND = sorted(route.name for route in ours() if getattr(route.view, "in_open_chart", False))
ELSEWHERE = re.compile(r"<form[^>]*action=\"/(account|language|demo)/")  # not of the chair
FORM = re.compile(r"<form[^>]*method=\"post\"[^>]*>.*?</form>", re.DOTALL)


@pytest.fixture
def two(monkeypatch):
    """One nurse, one tablet, two people at two chairs; the second one's session is open as well."""
    stand_at(monkeypatch, after(3))
    scene = Chairside().running()
    scene.other = second_person(scene)
    return scene


def second_person(scene):
    other = Chairside.__new__(Chairside)
    other.__dict__ |= scene.__dict__
    other.patient = a_patient(clinic=scene.clinic, given_name="Bo", family_name="Marsh")
    other.episode = an_episode(other.patient)
    an_assignment(scene.staff, other.patient)
    other.order = a_checked_order(other.episode)
    other.chair = a_chair(scene.clinic, "Chair 2")
    other.visit = a_visit(other.order, other.chair, scene.place, number=1)
    return other.opened()


def chart_of(scene, tablet=NUMBER):
    return token(scene.session.pk, scene.patient.pk, tablet)


def url(name, row, *more):
    return reverse(f"infusion:{name}", args=[row.pk, *more])


def an_entry(**told):
    return {
        "id": str(new_id()),
        "kind": "note",
        "body": {"text": "restless"},
        "observed_at": NOW.isoformat(),
    } | told


def check_refused(name):
    press = PRESSES[name]()
    session = session_at(press.url)
    before = Entry.objects.count(), Binding.objects.filter(until_at=None).count()
    press.told[FIELD] = token(session.pk, new_id(), NUMBER)
    answer = press()
    assert answer.status_code == 409
    assert WHY["chart"] in unescape(answer.content.decode())
    assert (Entry.objects.count(), Binding.objects.filter(until_at=None).count()) == before


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["infusion:dose", "infusion:log", "infusion:script_pump", "infusion:unbind"])
def test_h01_write_refused_on_chart_mismatch(name, monkeypatch):
    stand_at(monkeypatch, NOW)
    check_refused(name)


@pytest.mark.nightly
@pytest.mark.django_db
@pytest.mark.parametrize("name", sorted(set(BOUND) & set(PRESSES)))
def test_h01_no_route_of_the_chair_writes_into_another_chart(name, monkeypatch):
    """Every one, not only those that we think of."""
    stand_at(monkeypatch, NOW)
    check_refused(name)


def test_every_write_about_a_session_is_bound_to_its_open_chart():
    about = {Session, Entry, Binding}
    writes = {
        route.name
        for route in ours()
        if route.declared and route.declared.about in about and route.declared.verb != "read"
        if route.name.startswith(("infusion:", "leaving:"))
    }
    # what only shows something, although whoever may write alone may see it
    shows = {
        "infusion:shell",
        "infusion:tick",
        "infusion:blank",
        "infusion:blank_script",
        "leaving:paper",
    }
    assert writes - set(BOUND) - shows == set(OPEN_TO_ALL)
    assert set(BOUND) >= {"infusion:entries", "infusion:dose", "infusion:script_step", "leaving:discharge"}


def test_every_template_that_posts_into_a_chart_says_whose_it_is():
    """Also the form that shows only at a moment that no test of a page has thought of."""
    lacking = []
    for file in sorted((Path(ebbtide.__file__).parent).rglob("templates/**/*.html")):
        for form in re.findall(r"<form\b.*?</form>", file.read_text(encoding="utf-8"), re.DOTALL):
            named = re.search(r"action=\"{% url \"([\w:]+)\"", form)
            if named and named[1] in BOUND and "{% chart_of " not in form:
                lacking.append((file.name, named[1]))
    assert lacking == []


@pytest.mark.django_db
@pytest.mark.parametrize("why", ["none", "chart", "tablet"])
def test_h01_a_tablets_entry_is_refused_in_words_that_it_keeps(two, why):
    sent = {"none": "", "chart": chart_of(two.other), "tablet": chart_of(two, "another tablet")}[why]
    answer = browser(two.staff).post(
        url("entries", two.session),
        json.dumps(an_entry()),
        content_type="application/json",
        headers={HEADER: sent},
    )
    assert (answer.status_code, answer.json()) == (409, {"rule": "INF-CHART", "words": WHY[why]})
    assert not Entry.objects.filter(kind="note").exists()


@pytest.mark.django_db
def test_h01_what_was_typed_stays_for_a_person_to_record_under_the_right_name(two):
    nurse, told = (
        browser(two.staff),
        {"key": str(new_id()), "entry": str(new_id()), "text": "restless at three"},
    )
    refused = nurse.post(url("log", two.session, "note"), {**told, FIELD: chart_of(two.other)})
    page = refused.content.decode()
    assert refused.status_code == 409
    assert "restless at three" in page
    assert f"Yes, record it for {two.patient.name}" in page
    form = next(one for one in FORM.findall(page) if "Yes, record it for" in one)
    again = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form))
    assert {name: again[name] for name in told} == told
    assert nurse.post(url("log", two.session, "note"), again).status_code == 302
    assert Entry.objects.get(kind="note").session_id == two.session.pk


@pytest.mark.django_db
def test_h01_every_form_of_the_chair_carries_its_own_chart(two):
    nurse = browser(two.staff)
    for scene in (two, two.other):
        nurse.post(url("open_here", scene.session))
        for name, more in (
            ("chair", ()),
            ("gate", ()),
            ("monitor", ()),
            ("emergency", ()),
            ("log", ("scale",)),
        ):
            page = nurse.get(url(name, scene.session, *more)).content.decode()
            forms = [one for one in FORM.findall(page) if not ELSEWHERE.match(one)]
            assert forms, name
            tokens = {tuple(re.findall(rf'name="{FIELD}" value="([^"]*)"', one)) for one in forms}
            assert {tuple(map(unescape, one)) for one in tokens} == {(chart_of(scene),)}, name


@pytest.mark.django_db
def test_h01_one_chart_at_a_time_is_open_on_a_tablet_and_the_question_names_both(two):
    nurse = browser(two.staff)
    assert "chair-buttons" in nurse.get(url("chair", two.session)).content.decode()
    asked = nurse.get(url("chair", two.other.session)).content.decode()
    assert "chair-buttons" not in asked
    assert f"the chart of {two.patient.name}, Chair 1, is open" in asked
    assert f"Open {two.other.patient.name}" in asked
    assert url("emergency", two.other.session) in asked  # an emergency waits for no question
    answer = nurse.post(url("open_here", two.other.session))
    assert answer.url == url("chair", two.other.session)
    assert "chair-buttons" in nurse.get(answer.url).content.decode()
    # the first one's page, still open behind it, says so
    assert "Another person" in nurse.get(url("now", two.session)).content.decode()
    assert "Another person" not in nurse.get(url("now", two.other.session)).content.decode()


@pytest.mark.django_db
def test_it_asks_nothing_once_the_other_person_has_left(two):
    nurse = browser(two.staff)
    nurse.get(url("chair", two.session))
    type(two.visit).objects.filter(pk=two.visit.pk).update(status="done")
    assert "chair-buttons" in nurse.get(url("chair", two.other.session)).content.decode()


@pytest.mark.django_db
def test_a_browser_keeps_its_number_over_a_new_sign_in(two):
    nurse = browser(two.staff)
    del nurse.cookies[TABLET]
    nurse.get(url("chair", two.session))
    given = nurse.cookies[TABLET]
    assert (given["httponly"], given["samesite"]) == (True, "Lax")
    nurse.logout()  # empties the cookies of the client, as no browser does
    nurse = browser(two.staff)
    nurse.cookies[TABLET] = given.value
    nurse.get(url("chair", two.session))
    assert nurse.cookies[TABLET].value == given.value
