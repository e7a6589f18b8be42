"""The demonstration, seeded once: enough people at enough points, their doors, and their mailbox."""

import json
import stat
import time
from collections import Counter
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction
from django.http import Http404
from django.test import Client, RequestFactory
from django.urls import reverse
from psycopg.types.json import JsonbLoader
from psycopg.types.string import TextLoader

from ebbtide.ground import clock
from ebbtide.ground.jobs.models import OutgoingMail
from ebbtide.ground.ledger.check_entries import check_entries
from ebbtide.ground.ledger.check_rows import check_rows
from ebbtide.ground.ledger.digests import forget_shapes
from ebbtide.ground.ledger.models import Entry
from ebbtide.ground.people.models import Account, Assignment, Clinic, Credential, Patient, Resource, Staff
from ebbtide.journey.access.models import EvaluationVisit, Request, RequestStatus
from ebbtide.journey.assessment.models import Evaluation
from ebbtide.journey.careplan.models import DoubleCheck, OrderVersion
from ebbtide.journey.course.models import Series, Visit
from ebbtide.journey.custody.models import Vial
from ebbtide.journey.custody.queries import balance_of, left_in_vial
from ebbtide.journey.infusion.models import Session
from ebbtide.journey.infusion.queries import open_binding, state_of
from ebbtide.journey.infusion.session import Phase
from ebbtide.journey.leaving.models import Departure, NextDayCall
from ebbtide.journey.outcomes.models import SafetyAlert, Score
from ebbtide.journey.registry.models import Exposure
from ebbtide.twin import shortcut, views
from ebbtide.twin.accounts import read_accounts
from ebbtide.twin.cast import Reached, cast
from ebbtide.twin.seed import seed
from ebbtide.twin.wall import morning_of
from tests.builders import a_staff

pytestmark = pytest.mark.timeout(900)  # everything is seeded once, before the first of these tests
ROLES = ["front_desk", "nurse", "prescriber", "director", "auditor", "operator", "researcher", "patient"]


@pytest.fixture(scope="module")
def _seeded_record(django_db_setup, django_db_blocker, tmp_path_factory):
    folder = tmp_path_factory.mktemp("demonstration")
    before, settings.EBBTIDE_DATA = settings.EBBTIDE_DATA, folder
    with django_db_blocker.unblock():
        outer = transaction.atomic()
        outer.__enter__()
        started_s = time.perf_counter()
        now = morning_of(clock.now())
        made = seed(now=now)
        took_s = time.perf_counter() - started_s
        print(f"\nseeding: {took_s:.1f} s, {made}")
        yield SimpleNamespace(made=made, folder=folder, accounts=read_accounts(), now=now)
        transaction.set_rollback(True)
        outer.__exit__(None, None, None)
        forget_shapes()
    settings.EBBTIDE_DATA = before


@pytest.fixture
def demo(_seeded_record, db, settings):
    """The seeded demonstration; what a test changes is taken back."""
    settings.EBBTIDE_DATA = _seeded_record.folder
    return _seeded_record


def test_it_brings_two_dozen_people_to_every_point_of_the_way(demo) -> None:
    assert Patient.objects.count() >= 24
    assert Request.objects.filter(status=RequestStatus.RECEIVED).count() >= 3
    assert Request.objects.filter(call_today=True).count() == 1
    assert Request.objects.filter(status=RequestStatus.NOT_HERE).exists()
    assert {person.reached for person in cast()} == set(Reached)
    for word in Evaluation.objects.model._meta.get_field("decision").choices:
        assert Evaluation.objects.filter(decision=word[0]).exists()
    assert Evaluation.objects.exclude(overrides={}).filter(decision="suitable").exists()
    assert Evaluation.objects.exclude(overrides={}).filter(decision="not_now").exists()
    assert OrderVersion.objects.filter(signature__isnull=True).exists()
    assert OrderVersion.objects.filter(signature__isnull=False, double_checks__isnull=True).exists()
    assert OrderVersion.objects.filter(double_checks__agrees=True, series__isnull=True).exists()


def test_it_books_each_kind_of_series_and_changes_a_visit(demo) -> None:
    templates = Counter(Series.objects.values_list("order__template", flat=True))
    assert {"TPL-CHR-5X40", "TPL-MOOD-6X3W", "TPL-CRPS-10DAY", ""} <= set(templates)
    assert Visit.objects.filter(status="cancelled").exists()
    moved = Visit.objects.filter(why_here__startswith="First free time")
    assert moved.exists()
    assert DoubleCheck.objects.filter(agrees=False).count() == 0


def test_it_brings_people_through_all_nine_stages(demo) -> None:
    """Orders, series, drug, sessions, departures, answers and exposures, each of real acts."""
    assert Session.objects.count() >= 15
    assert Departure.objects.count() >= 13
    assert NextDayCall.objects.exists()
    assert Score.objects.filter(instrument="PEG", invitation__isnull=False).count() > 20
    assert Exposure.objects.count() == Departure.objects.count()
    patients = {visit.series.episode.patient_id for visit in Visit.objects.filter(status="done")}
    assert len(patients) >= 11
    alert = SafetyAlert.objects.get()
    assert alert.due_at is not None


def test_it_keeps_the_drug_in_balance(demo) -> None:
    for visit in Visit.objects.filter(status="done"):
        found = balance_of(visit)
        assert found.drawn_ug == found.given_ug + found.wasted_ug
        assert found.in_hand_ug == 0
        assert found.given_ug > 0


def test_premedication_can_be_drawn(demo) -> None:
    vials = Vial.objects.filter(drug="midazolam")
    assert sorted(vials.values_list("label", flat=True)) == ["MID-1-001", "MID-1-002"]
    assert all(left_in_vial(vial) == 5_000 for vial in vials)


def test_it_leaves_every_other_visit_ahead(demo) -> None:
    # the day that it shows: opened on a weekend, it shows the working day before
    today = demo.now.astimezone(ZoneInfo(Clinic.objects.get().time_zone)).date()
    assert not Visit.objects.filter(starts_at__date__lt=today, status="booked").exists()
    assert EvaluationVisit.objects.filter(status="booked", starts_at__date__gt=today).exists()


def test_it_has_two_chairs_at_work_and_one_person_in_recovery(demo) -> None:
    now = demo.now
    running = [row for row in Session.objects.all() if state_of(row, now).phase is Phase.RUNNING]
    assert len(running) == 2
    assert all(open_binding(row) is not None for row in running)
    stopped = Session.objects.filter(departure__isnull=True).exclude(pk__in=[row.pk for row in running])
    assert [state_of(row, now).phase for row in stopped] == [Phase.STOPPED]


def test_it_furnishes_the_house(demo) -> None:
    kinds = Counter(Resource.objects.values_list("kind", flat=True))
    assert (kinds["chair"], kinds["room"], kinds["nurse_place"], kinds["clinician"]) == (4, 3, 4, 2)
    roles = Counter(role for staff in Staff.objects.all() for role in staff.roles)
    assert roles == {
        "front_desk": 1,
        "nurse": 2,
        "prescriber": 2,
        "director": 1,
        "auditor": 1,
        "operator": 1,
        "researcher": 1,
    }
    assert Credential.objects.count() == 10
    booked = set(Visit.objects.values_list("series__episode__patient", flat=True))
    cared_for = set(
        Assignment.objects.filter(until_at__isnull=True, staff__roles__contains=["nurse"]).values_list(
            "patient", flat=True
        )
    )
    assert booked <= cared_for


def test_it_writes_the_accounts_for_their_owner_alone(demo) -> None:
    path = demo.folder / "demo-accounts.json"
    told = json.loads(path.read_text(encoding="utf-8"))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert {
        "front_desk",
        "nurse",
        "prescriber",
        "director",
        "auditor",
        "operator",
        "researcher",
        "patient",
    } == {a["role"] for a in told}
    assert all(set(a) == {"role", "name", "email", "password", "totp_secret"} for a in told)
    assert all(bool(a["totp_secret"]) == (a["role"] != "patient") for a in told)


def test_it_records_everything_in_the_order_of_time(demo) -> None:
    times = list(Entry.objects.order_by("id").values_list("recorded_at", flat=True))
    assert times == sorted(times)
    assert times[-1] <= clock.now()


def test_it_leaves_no_row_that_no_action_speaks_for(demo) -> None:
    raw = connection.connection
    # Django reads jsonb as text on its own connections; the proof is written for a plain one
    raw.adapters.register_loader("jsonb", JsonbLoader)
    proved, faults = check_rows(raw, check_entries(raw).newest)
    raw.adapters.register_loader("jsonb", TextLoader)
    assert proved > 1000
    assert [f"{fault.subject}: {fault.what}" for fault in faults] == []


def test_it_changes_nothing_the_second_time(demo) -> None:
    before = (Entry.objects.count(), (demo.folder / "demo-accounts.json").read_bytes())
    assert seed(now=clock.now()) is None
    call_command("demo_seed")
    assert (Entry.objects.count(), (demo.folder / "demo-accounts.json").read_bytes()) == before


# — signing in with one press —


def press(client: Client, email: str):
    return client.post(reverse("twin:sign_in"), {"email": email})


@pytest.mark.parametrize("role", ROLES)
def test_it_opens_the_first_page_of_every_role(demo, role) -> None:
    account = next(a for a in demo.accounts if a.role == role)
    client = Client()
    assert press(client, account.email).headers["Location"] == "/home/"
    answer = client.get("/home/", follow=True)
    assert answer.status_code == 200
    assert "/account/" not in answer.request["PATH_INFO"]


def test_it_counts_as_a_fresh_proof(demo) -> None:
    account = next(a for a in demo.accounts if a.role == "prescriber")
    client = Client()
    press(client, account.email)
    assert [m["method"] for m in client.session["account_authentication_methods"]] == [shortcut.METHOD]


def test_it_lists_every_account_with_a_button(demo) -> None:
    page = Client().get(reverse("twin:people")).content.decode()
    assert all(f'value="{a.email}"' in page for a in demo.accounts)
    assert all(a.totp_secret not in page for a in demo.accounts if a.totp_secret)


def test_it_signs_in_nobody_else(demo) -> None:
    stranger = a_staff("director")
    assert press(Client(), stranger.account.email).status_code == 404
    assert press(Client(), "").status_code == 404


def test_it_wants_a_press_and_a_token(demo) -> None:
    assert Client().get(reverse("twin:sign_in")).status_code == 405
    assert press(Client(enforce_csrf_checks=True), demo.accounts[0].email).status_code == 403


@pytest.mark.parametrize("name", ["people", "sign_in", "mailbox"])
def test_it_refuses_a_call_outside_the_demonstration(demo, settings, name) -> None:
    signed_in = Client()
    press(signed_in, demo.accounts[0].email)
    settings.EBBTIDE_DEMO = False
    url = reverse(f"twin:{name}")
    answer = (
        signed_in.post(url, {"email": demo.accounts[0].email}) if name == "sign_in" else signed_in.get(url)
    )
    assert answer.status_code == 404


def test_it_refuses_to_sign_in_outside_the_demonstration(demo, settings) -> None:
    settings.EBBTIDE_DEMO = False
    with pytest.raises(Http404):
        shortcut.sign_in_as(RequestFactory().post("/"), demo.accounts[0].email)
    assert views.sign_in.declared.open_because


def test_it_can_also_be_signed_in_with_password_and_code(demo) -> None:
    told = next(a for a in demo.accounts if a.role == "director")
    account = Account.objects.get(email=told.email)
    assert account.check_password(told.password)
    code = format_hotp_value(hotp_value(told.totp_secret, next(yield_hotp_counters_from_time())))
    assert TOTP(Authenticator.objects.get(user=account)).validate_code(code)


# — the mailbox —


def as_role(demo, role: str) -> Client:
    client = Client()
    client.post(reverse("twin:sign_in"), {"email": next(a.email for a in demo.accounts if a.role == role)})
    return client


def test_it_shows_every_letter_with_its_words(demo) -> None:
    desk, letters = as_role(demo, "front_desk"), OutgoingMail.objects.count()
    assert letters > views.LETTERS_SHOWN
    pages = [
        desk.get(reverse("twin:mailbox"), {"page": number + 1}).content.decode()
        for number in range(-(-letters // views.LETTERS_SHOWN))
    ]
    assert [page.count("<summary") for page in pages[:-1]] == [views.LETTERS_SHOWN] * (len(pages) - 1)
    assert sum(page.count("<summary") for page in pages) == letters
    assert "Older letters" in pages[0]
    assert "Older letters" not in pages[-1]
    assert "12 Quay Street" in pages[0]


def test_it_says_nothing_about_health(demo) -> None:
    for letter in OutgoingMail.objects.all():
        words = f"{letter.subject} {letter.body}".lower()
        assert not any(word in words for word in ("ketamine", "infusion", "crps", "dose", "depress"))


def test_it_opens_for_desk_and_director_only(demo) -> None:
    assert as_role(demo, "director").get(reverse("twin:mailbox")).status_code == 200
    assert as_role(demo, "nurse").get(reverse("twin:mailbox")).status_code == 403
    assert Client().get(reverse("twin:mailbox")).status_code == 302


def test_it_stays_within_eight_queries(demo, django_assert_max_num_queries) -> None:
    client = as_role(demo, "front_desk")
    client.get(reverse("twin:mailbox"))
    with django_assert_max_num_queries(8):
        client.get(reverse("twin:mailbox"))
