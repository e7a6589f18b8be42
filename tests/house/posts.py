"""One valid press of each button that changes the record: who presses it, where, and with what."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO
from typing import Any
from zoneinfo import ZoneInfo

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from pypdf import PdfWriter

from ebbtide.ground import clock
from ebbtide.journey.access.visits import BookEvaluation, book_evaluation_visit
from ebbtide.journey.assessment.consent_text import text_in
from ebbtide.journey.careplan.models import OrderVersion
from tests.builders import a_clinic, a_patient, a_staff, an_act, an_actor, an_assignment, an_episode
from tests.doors.files.test_bring import an_export
from tests.house.forms import filled
from tests.journey.access.arrange import HOUR, NINE, a_clinician, a_request, a_room
from tests.journey.access.test_accept import posted
from tests.journey.assessment.made import a_file, hypertension, make_healthy
from tests.journey.careplan.steps import REASONS, a_library, a_written_order, an_assessed_episode
from tests.journey.course.arrange import House
from tests.journey.custody.presses import PRESSES as AT_THE_SAFE
from tests.journey.infusion.presses import PRESSES as AT_THE_CHAIR
from tests.journey.leaving.arrange import Door
from tests.journey.outcomes.presses import PRESSES as AFTER_THE_COURSE
from tests.journey.registry.arrange import TreatedClinic
from tests.objects import a_consent, a_departure, a_fact
from tests.tablets import TabletClient


@dataclass
class Press:
    client: Client
    url: str
    told: dict[str, Any]
    files: Callable[[], dict[str, Any]] = dict

    def __call__(self):
        return self.client.post(self.url, {**self.told, **self.files()})


def browser(staff) -> Client:
    client = TabletClient(raise_request_exception=True)
    client.force_login(staff.account, backend="ebbtide.ground.people.sign_in.AccountBackend")
    session = client.session
    session["second_factor_enrolled"] = True
    session["account_authentication_methods"] = [{"method": "password", "at": 4e9}]
    session.save()
    return client


def page_form(client: Client, url: str, action: str = "", **having: str) -> dict[str, str]:
    answer = client.get(url)
    assert answer.status_code == 200, f"{url}: {answer.status_code}"
    return filled(answer, action, **having)


# access


def type_request():
    client = browser(a_staff("front_desk", clinic=a_clinic()))
    told = {
        "given_name": "Alma",
        "family_name": "Reyes",
        "phone": "312 555 0142",
        "language": "en",
        "complaint": "crps",
        "key": "k",
    }
    return Press(client, reverse("access:type_request"), told)


def _request(step: str, role: str = "front_desk", **told):
    staff = a_staff(role, clinic=a_clinic())
    return Press(
        browser(staff), reverse(f"access:{step}", args=[a_request(staff.clinic).id]), {"key": "k", **told}
    )


def take():
    return _request("take")


def hand_over():
    press = _request("hand_over")
    press.told["staff"] = str(a_staff("front_desk").id)
    return press


def not_here():
    return _request("not_here", "prescriber", reason="New pain", next_step="See a doctor")


def accept():
    doctor = a_staff("prescriber", clinic=a_clinic())
    clinician, room, row = a_clinician(doctor), a_room(doctor.clinic), a_request(doctor.clinic)
    return Press(
        browser(doctor),
        reverse("access:accept", args=[row.id]),
        posted(row, room, clinician=clinician.number),
    )


def _visit_scene():
    clinic = a_clinic()
    doctor, room = a_clinician(a_staff("prescriber", clinic=clinic)), a_room(clinic)
    return browser(a_staff("front_desk", clinic=clinic)), doctor, room, an_episode(a_patient(clinic=clinic))


def book_visit():
    client, doctor, room, episode = _visit_scene()
    told = {
        "key": "k",
        "on": "2026-11-24",
        "clinician": doctor.number,
        "slot": f"{NINE.isoformat()}|{room.number}",
    }
    return Press(client, reverse("access:book_visit", args=[episode.id]), told)


def _booked():
    client, doctor, room, episode = _visit_scene()
    command = BookEvaluation(episode=episode, clinician=doctor, room=room, starts_at=NINE, minutes=60)
    return client, doctor, room, book_evaluation_visit(an_act(an_actor("front_desk")), command)


def move_visit():
    client, doctor, room, visit = _booked()
    slot = f"{(NINE + HOUR).isoformat()}|{room.number}"
    told = {"key": "k", "on": "2026-11-24", "clinician": doctor.number, "slot": slot, "reason": "work"}
    return Press(client, reverse("access:move_visit", args=[visit.id]), told)


def cancel_evaluation():
    client, _, _, visit = _booked()
    return Press(client, reverse("access:cancel_visit", args=[visit.id]), {"key": "k", "reason": "ill"})


def hold_visit():
    _, _, _, visit = _booked()
    type(visit).objects.filter(pk=visit.pk).update(
        starts_at=clock.now() - HOUR, ends_at=clock.now() - HOUR / 2
    )
    return Press(browser(visit.clinician), reverse("access:hold_visit", args=[visit.id]), {"key": "k"})


# assessment


def _assess(step: str, page: str = "", **more):
    episode, doctor = an_episode(), a_staff("prescriber")
    make_healthy(episode.patient, an_actor(doctor), at=clock.now() - timedelta(hours=1))
    a_file(episode.patient, hypertension(), by=an_actor(doctor))
    client, url = browser(doctor), reverse(f"assessment:{step}", args=[episode.id])
    having, told = more.get("having", {}), more.get("told", {})
    seen = reverse(f"assessment:{page}", args=[episode.id]) if page else url
    return Press(client, url, {**page_form(client, seen, url if page else "", **having), **told})


def answers():
    episode, client = an_episode(), browser(a_staff("prescriber"))
    url, seen = (reverse(f"assessment:{step}", args=[episode.id]) for step in ("answers", "workbench"))
    return Press(client, url, {**page_form(client, seen, url), "osa_severity": "mild"})


def add_item():
    return _assess(
        "add_item", "history", having={"list_name": "medicine"}, told={"item": "Tramadol 50 mg at night"}
    )


def end_item():
    return _assess("end_item", "history")


def confirm_items():
    return _assess("confirm_items", "history")


def confirm_list():
    return _assess("confirm_list", "history", having={"list_name": "problems"})


def measurements():
    return _assess("measurements", told={"weight": "71.0", "weight_unit": "kg", "weight_again": "71.0"})


def sign_evaluation():
    episode, doctor = an_episode(), a_staff("prescriber")
    make_healthy(episode.patient, an_actor(doctor), at=clock.now())
    client, url = browser(doctor), reverse("assessment:sign", args=[episode.id])
    told = {**page_form(client, url), "decision": "suitable", "reason": "One course, review on day 21."}
    return Press(client, url, told)


def consent_sign():
    episode, client = an_episode(), browser(a_staff("front_desk"))
    url = reverse("assessment:consent_sign", args=[episode.id])
    ticks = dict.fromkeys(text_in("en").section_ids, "on")
    return Press(client, url, {**page_form(client, url), **ticks, "signed_name": "Alma Reyes"})


def consent_scan():
    episode, client = an_episode(), browser(a_staff("front_desk"))
    url = reverse("assessment:consent_scan", args=[episode.id])
    ticks = dict.fromkeys(text_in("en").section_ids, "on")
    told = {**page_form(client, url), **ticks, "signed_name": "Alma Reyes", "signed_on": "2026-11-22"}
    paper = BytesIO()
    writer = PdfWriter()
    writer.add_blank_page(width=595, height=842)
    writer.write(paper)
    return Press(
        client,
        url,
        told,
        lambda: {"scan": SimpleUploadedFile("consent.pdf", paper.getvalue(), "application/pdf")},
    )


def consent_withdraw():
    client = browser(a_staff("front_desk", clinic=a_clinic()))
    url = reverse("assessment:consent_withdraw", args=[a_consent(a_patient()).id])
    return Press(client, url, page_form(client, url))


def bring_in():
    patient, doctor = a_patient(), a_staff("prescriber")
    an_episode(patient)
    an_assignment(doctor, patient)
    client, url = browser(doctor), reverse("files:import", args=[patient.id])
    return Press(
        client,
        url,
        page_form(client, url),
        lambda: {"bundle": SimpleUploadedFile("export.json", an_export())},
    )


# careplan


def write_order():
    episode = an_assessed_episode()
    a_library(episode)
    a_fact(episode.patient, value=72, confirmed_by=a_staff("nurse"))
    client = browser(a_staff("prescriber"))
    url = reverse("careplan:write", args=[episode.id, "TPL-CHR-5X40"])
    told = {"goal": "walk to the shop", "bag_volume_ml": "100", "vial_mg_per_ml": "50"}
    return Press(client, url, {**page_form(client, url), **told})


def _order(step: str, role: str = "prescriber", **told):
    order = a_written_order(an_assessed_episode())
    staff = a_staff(role)
    an_assignment(staff, order.episode.patient)
    url = reverse(f"careplan:{step}", args=[order.id])
    return Press(browser(staff), url, {"key": "k", **told})


def sign_order():
    return _order("sign", **{f"reason-{limit}": why for limit, why in REASONS.items()})


def withdraw_order():
    return _order("withdraw", reason="another plan")


def check_order():
    press = sign_order()
    assert press().status_code == 302
    order = OrderVersion.objects.get()
    nurse = a_staff("nurse")
    an_assignment(nurse, order.episode.patient)
    told = {"key": "k2", "weight_kg": "72", "dose_mg": "36", "rate_ml_per_h": "150"}
    return Press(browser(nurse), reverse("careplan:check", args=[order.id]), told)


# course


def book_series():
    house = House()
    client, order = browser(a_staff("front_desk", clinic=house.clinic)), house.order()
    place = reverse("course:place", args=[order.pk]) + "?earliest_on=2026-11-30&time_of_day=midday"
    confirm, book = (reverse(f"course:{step}", args=[order.pk]) for step in ("confirm", "book"))
    chosen = client.post(confirm, page_form(client, place, confirm))
    return Press(client, book, filled(chosen, book))


def _series(step: str, *, whole: bool = False, **told):
    house = House()
    series = house.book()
    row = series if whole else series.visits.get(number=2)
    return Press(
        browser(a_staff("front_desk", clinic=house.clinic)),
        reverse(f"course:{step}", args=[row.pk]),
        {"key": "k", **told},
    )


def cancel_series():
    return _series("cancel_series", whole=True, reason="Moved away")


def cancel_visit():
    return _series("cancel_visit", reason="Unwell")


def move():
    press = _series("move")
    offers = press.client.get(press.url).content.decode().split('name="offer" value="')
    press.told["offer"] = offers[2].split('"')[0]
    return press


# leaving


def _at_the_door(**seen) -> Door:
    """A person whose infusion ended 35 min ago, by the clock that stands still at NOW."""
    door = Door()
    door.opened(-80).drawn().gated(-77)
    door.before(-76)
    door.dose("start", -75, rate_mg_per_h="52.5")
    door.chart("stop", -35, reason="done")
    door.observe(-1, **seen)
    return door


def recovery():
    door = _at_the_door()
    url = reverse("leaving:recovery", args=[door.session.pk])
    told = {"key": "k", "upper_mmhg": "124", "lower_mmhg": "78", "awake": "0", "padss-gait": "2"}
    return Press(browser(door.staff), url, told)


def release():
    door = _at_the_door(new_suicidal_thought=True)
    told = {"key": "k", "opens": ["GATE-SI"], "why": "Seen, safe with family"}
    doctor = a_staff("prescriber", clinic=door.clinic)
    return Press(browser(doctor), reverse("leaving:release", args=[door.session.pk]), told)


def discharge():
    door = _at_the_door()
    told = {
        "key": "k", "escort": "Sam Reyes", "escort_tel": "312 555 0177", "relation": "Brother", "handed_over": "on",
        "signature": "Sam Reyes",
    }  # fmt: skip
    return Press(browser(door.staff), reverse("leaving:discharge", args=[door.session.pk]), told)


def send_home():
    door = Door().opened(-10)
    door.chart("stop", -5, reason="pressure too high")
    return Press(browser(door.staff), reverse("leaving:send_home", args=[door.session.pk]), {"key": "k"})


def call():
    departure = a_departure(a_patient())
    nurse = a_staff("nurse")
    an_assignment(nurse, departure.session.visit.series.episode.patient)
    told = {"key": "k", "ended": "not_reached"}
    return Press(browser(nurse), reverse("leaving:call", args=[departure.pk]), told)


def later():
    departure = a_departure(a_patient())
    nurse = a_staff("nurse")
    an_assignment(nurse, departure.session.visit.series.episode.patient)
    wall = departure.discharged_at.astimezone(ZoneInfo(departure.no_driving_zone))
    told = {
        "key": "k",
        "what_kind": "fall",
        "bad": "severe",
        "on": f"{wall:%Y-%m-%d}",
        "at": f"{wall:%H:%M}",
        "done_about_it": "Seen",
    }
    return Press(browser(nurse), reverse("leaving:later", args=[departure.pk]), told)


# custody


def at_the_safe(make: Callable[[], Any]) -> Callable[[], Press]:
    def press() -> Press:
        made = make()
        return Press(made.client, made.url, made.told)

    return press


# the clinic


def add_person():
    told = {
        "key": "k", "name": "Robin Vale", "email": "robin.vale@harbour.example", "roles": ["nurse"],
        "credential_kind": "RN licence", "credential_number": "41-7", "credential_expires_on": "2027-06-30",
    }  # fmt: skip
    return Press(browser(a_staff("director")), reverse("director:add_person"), told)


def add_place():
    return Press(
        browser(a_staff("director")),
        reverse("director:add_place"),
        {"key": "k", "kind": "chair", "name": "Chair 9"},
    )


def reset():
    person = a_staff("nurse")
    return Press(
        browser(a_staff("director", clinic=person.clinic)),
        reverse("director:reset", args=[person.id]),
        {"key": "k"},
    )


def end():
    person = a_staff("nurse")
    return Press(
        browser(a_staff("director", clinic=person.clinic)),
        reverse("director:end", args=[person.id]),
        {"key": "k"},
    )


def approve():
    return Press(browser(a_staff("director")), reverse("director:approve"), {"key": "k"})


def setting():
    client, url = browser(a_staff("director")), reverse("director:setting", args=["consent_valid_days"])
    return Press(client, url, {**page_form(client, url), "value": "60", "reason": "The lawyer asks for it"})


def join_team() -> Press:
    patient = a_patient()
    nurse = a_staff("nurse", clinic=patient.clinic)
    client = browser(a_staff("front_desk", clinic=patient.clinic))
    return Press(client, reverse("chart:team", args=[patient.id]), {"staff": str(nurse.id), "key": "k"})


def open_portal() -> Press:
    patient = a_patient()
    client = browser(a_staff("front_desk", clinic=patient.clinic))
    told = {"email": "portal@example.org", "key": "k"}
    return Press(client, reverse("chart:portal", args=[patient.id]), told)


def record_exposures() -> Press:
    house = TreatedClinic()
    house.person(infusions=1, recorded=False)
    return Press(browser(house.director), reverse("registry:record"), {"key": "k"})


def take_file_out() -> Press:
    house = TreatedClinic()
    for _ in range(11):
        house.person(infusions=1)
    return Press(browser(house.director), reverse("registry:export"), {"key": "k", "format": "csv"})


PRESSES: dict[str, Callable[[], Press]] = {
    "access:type_request": type_request, "access:take": take, "access:hand_over": hand_over, "access:not_here": not_here,
    "access:accept": accept, "access:book_visit": book_visit, "access:move_visit": move_visit,
    "access:cancel_visit": cancel_evaluation, "access:hold_visit": hold_visit,
    "assessment:answers": answers, "assessment:add_item": add_item, "assessment:end_item": end_item,
    "assessment:confirm_items": confirm_items, "assessment:confirm_list": confirm_list,
    "assessment:measurements": measurements, "assessment:sign": sign_evaluation, "assessment:consent_sign": consent_sign,
    "assessment:consent_scan": consent_scan, "assessment:consent_withdraw": consent_withdraw, "files:import": bring_in,
    "careplan:write": write_order, "careplan:sign": sign_order, "careplan:withdraw": withdraw_order,
    "careplan:check": check_order, "course:book": book_series, "course:cancel_series": cancel_series,
    "course:cancel_visit": cancel_visit, "course:move": move, "director:add_person": add_person,
    "director:add_place": add_place, "director:approve": approve, "director:setting": setting,
    "director:reset": reset, "director:end": end, "leaving:recovery": recovery, "leaving:release": release, "leaving:discharge": discharge,
    "leaving:send_home": send_home, "leaving:call": call, "leaving:later": later, "chart:team": join_team, "chart:portal": open_portal,
    "registry:record": record_exposures, "registry:export": take_file_out,
    **{name: at_the_safe(press) for name, press in AT_THE_SAFE.items()},
    **{name: at_the_safe(press) for name, press in AT_THE_CHAIR.items()},
    **{name: at_the_safe(press) for name, press in AFTER_THE_COURSE.items()},
}  # fmt: skip

# changes the record and is not pressed here, each with where it is
ELSEWHERE = {
    "infusion:entries": "takes one entry as JSON: tests/journey/infusion/test_pages.py sends it twice",
    "access:review": "a visitor's draft lives in the session: tests/journey/access/test_ask.py sends it twice",
    "director:first_run": "opens the clinic once, before anybody can sign in: tests/desks/director/test_first_run.py",
}
