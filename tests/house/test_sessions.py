"""Sign-in safety (T29): signing out, a disabled account, a role cut and a departure count from the next request on."""

from http.cookies import Morsel

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.cache import cache
from django.test import Client, RequestFactory
from django.urls import reverse

from ebbtide.ground.people import sessions
from ebbtide.ground.people.models import Account, Staff
from ebbtide.site.headers import POLICY
from tests.builders import NOW, a_clinic, a_patient, a_staff, an_actor, an_assignment
from tests.ground.people.entering import an_app, sign_in
from tests.house.routes import ours

SIGN_IN = reverse("account_login")
QUEUE = "/request/queue/"


@pytest.fixture(autouse=True)
def _no_counters():
    cache.clear()


@pytest.fixture
def doctor(db) -> Staff:
    return a_staff("prescriber", clinic=a_clinic())


@pytest.fixture
def inside(client, doctor) -> Client:
    sign_in(client, doctor.account, secret=an_app(doctor.account))
    assert client.get(QUEUE).status_code == 200
    return client


def sent_away(client: Client, path: str = QUEUE, **how) -> bool:
    answer = client.get(path, **how)
    return answer.status_code == 302 and answer.headers["Location"].startswith(SIGN_IN)


def test_a_disabled_account_is_out_at_the_next_request(inside, doctor):
    Account.objects.filter(pk=doctor.account_id).update(is_active=False)
    assert sent_away(inside)


def test_who_has_left_is_out_at_the_next_request(inside, doctor):
    Staff.objects.filter(pk=doctor.pk).update(left_at=NOW)
    assert sent_away(inside)


def test_a_role_that_was_cut_opens_nothing_at_the_next_request(inside, doctor):
    Staff.objects.filter(pk=doctor.pk).update(roles=["auditor"])
    patient = a_patient(clinic=doctor.clinic)
    an_assignment(doctor, patient)
    from tests.objects import an_episode

    assert inside.get(reverse("careplan:choose", kwargs={"id": an_episode(patient).id})).status_code in {
        403,
        404,
    }


def test_an_assignment_that_ended_opens_nothing_at_the_next_request(client, db):
    nurse = a_staff("nurse", clinic=a_clinic())
    patient = a_patient(clinic=nurse.clinic)
    given = an_assignment(nurse, patient)
    from tests.objects import an_episode

    place = reverse("assessment:workbench", kwargs={"id": an_episode(patient).id})
    sign_in(client, nurse.account, secret=an_app(nurse.account))
    assert client.get(place).status_code == 200
    given.until_at = NOW.replace(year=2020)
    given.from_at = NOW.replace(year=2019)
    given.save()
    assert client.get(place).status_code == 404


def test_a_new_password_ends_the_other_sessions(inside, doctor):
    doctor.account.set_password("a wholly new phrase")
    doctor.account.save()
    assert sent_away(inside)


def test_signing_out_is_at_once_and_on_the_server(inside):
    kept = inside.cookies["sessionid"].value
    inside.post(reverse("account_logout"))
    thief = Client()
    thief.cookies["sessionid"] = kept
    assert sent_away(inside)
    assert sent_away(thief)


class TestLimits:
    """An unused screen closes; a page that asks by itself keeps nothing open."""

    @pytest.fixture(autouse=True)
    def _a_clinic_that_is_no_demonstration(self, settings, monkeypatch):
        settings.EBBTIDE_DEMO = False
        self.ahead_s = 0.0
        real = sessions.real_s
        monkeypatch.setattr(sessions, "real_s", lambda: real() + self.ahead_s)

    def test_staff_after_ten_minutes(self, inside):
        self.ahead_s = 590
        assert inside.get(QUEUE).status_code == 200
        self.ahead_s = 590 + 590
        assert inside.get(QUEUE).status_code == 200
        self.ahead_s = 590 + 590 + 601
        answer = inside.get(QUEUE)
        assert answer.headers["Location"] == f"{SIGN_IN}?next={QUEUE}"
        assert "unused for 10 minutes" in inside.get(answer.headers["Location"]).content.decode()
        assert inside.session.get("_auth_user_id") is None

    def test_patients_after_fifteen(self, client, db):
        sign_in(client, Account.objects.get(pk=an_actor(a_patient()).account_id))
        place = reverse("usersessions_list")
        self.ahead_s = 890
        assert client.get(place).status_code == 200
        self.ahead_s = 890 + 901
        assert sent_away(client, place)

    def test_everybody_after_twelve_hours_however_busy(self, inside):
        for minutes in range(5, 12 * 60, 9):
            self.ahead_s = minutes * 60
            assert inside.get(QUEUE, headers={"x-test": "busy"}).status_code == 200
        self.ahead_s = 12 * 3600 + 1
        assert sent_away(inside)

    def test_a_page_that_asks_by_itself_keeps_nothing_open(self, inside):
        by_itself = {sessions.BY_ITSELF: "1", "HX-Request": "true"}
        self.ahead_s = 500
        assert inside.get("/request/queue/rows/", headers=by_itself).status_code == 200
        self.ahead_s = 610
        answer = inside.get(
            "/request/queue/rows/", headers={**by_itself, "HX-Current-URL": f"http://testserver{QUEUE}"}
        )
        assert answer.headers["HX-Redirect"] == f"{SIGN_IN}?next={QUEUE}"

    def test_a_form_that_came_too_late_changes_nothing_and_leads_back_to_its_page(self, inside):
        self.ahead_s = 601
        answer = inside.post(QUEUE, {"a": "b"}, headers={"referer": f"http://testserver{QUEUE}?only=mine"})
        assert answer.headers["Location"] == f"{SIGN_IN}?next={QUEUE}"
        assert inside.session.get("_auth_user_id") is None

    def test_another_site_cannot_choose_where_the_sign_in_leads(self, inside):
        self.ahead_s = 601
        answer = inside.post(QUEUE, {}, headers={"referer": "https://evil.example/trap"})
        assert answer.headers["Location"] == f"{SIGN_IN}?next=/home/"

    def test_the_demonstration_stays_open(self, inside, settings):
        settings.EBBTIDE_DEMO = True
        self.ahead_s = 3600
        assert inside.get(QUEUE).status_code == 200


def test_cookies_are_closed_to_scripts_and_other_sites(inside):
    cookie: Morsel = inside.cookies["sessionid"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert inside.cookies["csrftoken"]["samesite"] == "Lax" if "csrftoken" in inside.cookies else True
    assert settings.SESSION_EXPIRE_AT_BROWSER_CLOSE


def test_with_https_cookies_are_secure_and_browsers_told_to_stay_there():
    """The settings of a clinic that serves HTTPS, read in a process of their own."""
    import os
    import subprocess
    import sys

    words = (
        "from django.conf import settings as s;"
        "print(s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, s.SECURE_HSTS_SECONDS >= 31536000, s.MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN)"
    )
    env = {**os.environ, "EBBTIDE_HTTPS": "1", "DJANGO_SETTINGS_MODULE": "ebbtide.site.settings"}
    told = subprocess.run([sys.executable, "-c", words], env=env, capture_output=True, text=True, check=True)
    assert told.stdout.split() == ["True", "True", "True", "False"]


def test_https_answers_say_so(client, settings, db):
    settings.SECURE_HSTS_SECONDS = 31536000
    from django.middleware.security import SecurityMiddleware

    answer = SecurityMiddleware(lambda _: client.get("/healthz"))(RequestFactory().get("/", secure=True))
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=31536000")


PLAIN = [r for r in ours() if not r.converters and "stream" not in r.name]


@pytest.mark.parametrize("route", PLAIN, ids=lambda r: r.name)
def test_every_page_has_the_policy_and_is_not_kept(client, route, db):
    a_clinic()
    answer = Client(raise_request_exception=False).get(reverse(route.name))
    assert_closed(answer)


@pytest.mark.parametrize(
    "name", ["account_login", "account_reset_password", "account_signup", "account_inactive"]
)
def test_so_have_the_pages_of_the_sign_in(client, name, db):
    assert_closed(client.get(reverse(name)))


def assert_closed(answer) -> None:
    assert answer.headers["Content-Security-Policy"] == POLICY
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert "no-store" in answer.headers["Cache-Control"]


def test_so_have_pages_that_say_no_and_pages_that_broke(inside, monkeypatch):
    inside.raise_request_exception = False
    assert_closed(inside.get("/nothing/here/"))
    strict = Client(enforce_csrf_checks=True)
    stale = strict.post(SIGN_IN, {"login": "a", "password": "b"})
    assert stale.status_code == 403
    assert "grown old" in stale.content.decode()
    assert_closed(stale)
    monkeypatch.setattr("ebbtide.journey.access.views._queue", lambda request: 1 / 0)
    broken = inside.get(QUEUE)
    assert broken.status_code == 500
    assert_closed(broken)


def test_so_have_files(client, db):
    assert finders.find("css/tokens.css")
    answer = client.get("/static/css/tokens.css")
    assert b":root" in b"".join(answer.streaming_content)
    assert answer.status_code == 200
    assert answer.headers["Content-Security-Policy"] == POLICY
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_the_policy_lets_nothing_inline_run():
    assert "unsafe" not in POLICY
    assert "object-src 'none'" in POLICY
    assert "frame-ancestors 'none'" in POLICY
