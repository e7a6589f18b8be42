"""The director's page is true to the rows beneath it: each figure is worked out again by other means and compared."""

import re
from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import connection
from django.urls import reverse

from ebbtide.journey.access.models import Request, TriageDecision
from ebbtide.journey.custody.models import Account, Movement, Variance, Vial
from ebbtide.journey.leaving.models import Departure, NextDayCall, Recovery
from ebbtide.journey.outcomes.models import Answer, Invitation, SafetyAlert
from tests.builders import NOW, a_staff, an_episode
from tests.desks.chart.arrange import signed_in
from tests.journey.registry.arrange import DAY, MINUTE, TreatedClinic
from tests.objects import a_document

pytestmark = pytest.mark.django_db
SINCE = NOW.date() - timedelta(days=90)  # days after it are in the period


def sql(text, *told):
    with connection.cursor() as cursor:
        cursor.execute(text, told)
        return cursor.fetchone()


def page(house, name="") -> str:
    route = reverse("director:figure", args=[name]) if name else reverse("director:figures")
    answer = signed_in(house.director).get(route)
    assert answer.status_code == 200
    return answer.content.decode()


def told(html: str) -> dict[str, tuple[str, str, str]]:
    """Number, note and the period before, by the figure's name."""
    found = {}
    for part in html.replace("\N{NO-BREAK SPACE}", " ").split('data-figure="')[1:]:
        number, *lines = re.findall(r'figure__(?:number|interval)[^"]*">([^<]*)<', part.split("</p>")[0])
        found[part.split('"')[0]] = (number, " · ".join(lines[:-1]), lines[-1])
    return found


def open_now(html: str) -> dict[str, str]:
    return dict(re.findall(r'data-open="(\w+)">(\d+)<', html))


def rows(html: str) -> int:
    return html.split("<tbody>")[1].split("</tbody>", maxsplit=1)[0].count("<tr>") if "<tbody>" in html else 0


def a_check_in(episode, *, due_on, answered, instruments=("PEG",), closed=True):
    opens = NOW - (NOW.date() - due_on) * 1
    row = Invitation.objects.create(
        episode=episode, point="FU-W1", instruments=list(instruments), due_on=due_on, opens_at=opens,
        closes_at=opens + DAY if closed else NOW + DAY, token_sha256=uuid4().hex * 2, made_at=opens,
    )  # fmt: skip
    for item in range(1, answered + 1):
        for _ in range(2):  # an answer that was changed counts once
            Answer.objects.create(
                invitation=row,
                instrument=instruments[0],
                item=item,
                value=3,
                how="answered",
                answered_at=opens,
            )
    return row


@pytest.fixture
def house():
    return TreatedClinic()


def a_busy_clinic(house) -> TreatedClinic:
    """Courses that responded, did not, and cannot be judged; harm, check-ins, requests, a call, an alert, a variance."""
    for n in range(7):
        house.relief(house.person(days_ago=40), after=4 if n < 4 else 8)
    house.relief(house.person(days_ago=40), pgic=None)
    house.relief(house.person(days_ago=130), days_ago=130)
    house.person(days_ago=10)
    episode = house.person(days_ago=35, infusions=1)
    session = episode.series.get().visits.get().session
    house.harm(session, "severe")
    house.harm(session)
    withdrawn = house.harm(house.person(days_ago=33, infusions=1).series.get().visits.get().session)
    house.entry(withdrawn.session, "adverse_event", NOW, {}, replaces=withdrawn, withdrawn=True)
    for n, answered in enumerate((3, 3, 3, 2, 0)):
        a_check_in(episode, due_on=NOW.date() - timedelta(days=20 + n), answered=answered)
    a_check_in(episode, due_on=NOW.date(), answered=0, closed=False)
    a_check_in(episode, due_on=NOW.date() - timedelta(days=100), answered=3)
    return house


def test_completion_is_what_the_rows_say(house) -> None:
    a_busy_clinic(house)
    hits, of = sql(
        """SELECT count(*) FILTER (WHERE n >= 3), count(*) FROM (
             SELECT i.id, count(DISTINCT (a.instrument, a.item)) n FROM outcomes_invitation i
             LEFT JOIN outcomes_answer a ON a.invitation_id = i.id
             WHERE i.due_on > %s AND i.due_on <= %s AND i.closes_at <= %s GROUP BY i.id) x""",
        SINCE, NOW.date(), NOW,
    )  # fmt: skip
    assert (hits, of) == (3, 5)
    number, note, before = told(page(house))["completion"]
    assert number == "60 %"
    assert note == "3 of 5 · 95 % interval 23 % to 88 % (Wilson) · 1 still open"
    assert before == "the 90 days before: 100 %, 1 of 1"
    assert rows(page(house, "completion")) == of


def test_completion_agrees_with_the_stage(house) -> None:
    from ebbtide.journey.outcomes.queries import completion

    a_busy_clinic(house)
    found = completion(house.clinic, SINCE + timedelta(days=1), NOW.date() + timedelta(days=1), at=NOW)
    assert (found.completed, found.ended, found.still_open) == (3, 5, 1)


def test_response_is_what_the_rows_say(house) -> None:
    a_busy_clinic(house)
    # by hand in SQL: the mean of the week before, the mean of days 15 to 21, the impression at day 21
    hits, judged, of = sql(
        """WITH course AS (
             SELECT v.series_id, s.episode_id, min(x.started_at)::date f, max(x.started_at)::date l
             FROM registry_exposure x JOIN infusion_session i ON i.id = x.session_id
             JOIN course_visit v ON v.id = i.visit_id JOIN course_series s ON s.id = v.series_id GROUP BY 1, 2),
           told AS (
             SELECT c.*, (SELECT avg(value) FROM outcomes_score o WHERE o.episode_id = c.episode_id AND o.instrument = 'NRS11'
                       AND o.observed_at::date BETWEEN c.f - 7 AND c.f - 1 HAVING count(*) >= 4) b,
                    (SELECT avg(value) FROM outcomes_score o WHERE o.episode_id = c.episode_id AND o.instrument = 'NRS11'
                       AND o.observed_at::date BETWEEN c.l + 15 AND c.l + 21 HAVING count(*) >= 4) a,
                    (SELECT value FROM outcomes_score o WHERE o.episode_id = c.episode_id AND o.instrument = 'PGIC'
                       AND o.observed_at::date BETWEEN c.l + 21 AND c.l + 24) p
             FROM course c WHERE c.l + 24 > %s AND c.l + 24 <= %s)
           SELECT count(*) FILTER (WHERE b - a >= 2 AND b - a >= 0.3 * b AND p <= 2),
                  count(*) FILTER (WHERE b IS NOT NULL AND a IS NOT NULL AND p IS NOT NULL), count(*) FROM told""",
        SINCE, NOW.date(),
    )  # fmt: skip
    assert (hits, judged, of) == (4, 7, 10)
    number, note, before = told(page(house))["response"]
    assert number == "57 %"
    assert note == "4 of 7 · 95 % interval 25 % to 84 % (Wilson) · 3 could not be judged: answers are missing"
    assert before == "the 90 days before: 100 %, 1 of 1"
    assert rows(page(house, "response")) == of


def test_lasting_says_not_yet_until_somebody_was_followed_so_long(house) -> None:
    house.relief(house.person(days_ago=40))
    number, note, _ = told(page(house))["lasting"]
    assert (number, note) == ("not yet", "1 responder, followed for 21 days at most")


def test_lasting_counts_who_was_followed(house) -> None:
    for n in range(5):
        episode = house.relief(house.person(days_ago=70), days_ago=70)
        for week in range(5 if n < 4 else 1):  # the fifth is not heard of again
            value = 8 if n == 0 and week else 4
            house.score(episode, "NRS11", value, at=NOW - (70 - 28 - 7 * week - 1) * DAY, point="DIARY")
    number, note, _ = told(page(house))["lasting"]
    assert number == "75 %"
    assert note == "3 of 4 · 95 % interval 30 % to 95 % (Wilson) · 1 not followed so long"
    html = page(house, "lasting").split("<tbody>")[1]
    words = ("lasted 8 weeks", "pain came back before", "not followed so long")
    assert [html.count(word) for word in words] == [3, 1, 1]


def test_harm_is_what_the_rows_say(house) -> None:
    a_busy_clinic(house)
    hits, of, events = sql(
        """SELECT count(*) FILTER (WHERE n > 0), count(*), sum(n) FROM (
             SELECT (SELECT count(*) FROM infusion_entry e WHERE e.session_id = x.session_id AND e.kind = 'adverse_event'
                     AND NOT e.withdrawn AND NOT EXISTS (SELECT 1 FROM infusion_entry r WHERE r.replaces_id = e.id)) n
             FROM registry_exposure x WHERE x.started_at::date > %s AND x.started_at::date <= %s) y""",
        SINCE, NOW.date(),
    )  # fmt: skip
    number, note, _ = told(page(house))["harm"]
    assert (hits, of, events) == (1, 20, 2)
    assert number == "5 %"
    assert note == "1 of 20 · 95 % interval 1 % to 24 % (Wilson) · 2 events, 1 severe"
    assert rows(page(house, "harm")) == of


def test_no_harm_is_shown_with_what_it_may_hide(house) -> None:
    for _ in range(10):
        house.person(days_ago=20, infusions=1)
    number, note, _ = told(page(house))["harm"]
    assert number == "0 of 10"
    assert note == "none charted; as many as 30 % could be so (95 %, rule of three)"


def test_chairs_are_what_the_rows_say(house) -> None:
    a_busy_clinic(house)
    booked, used = sql(
        """SELECT sum(extract(epoch FROM v.ends_at - v.starts_at)) / 3600, sum(extract(epoch FROM x.stopped_at - i.opened_at)) / 3600
           FROM course_visit v JOIN infusion_session i ON i.visit_id = v.id JOIN registry_exposure x ON x.session_id = i.id
           WHERE v.starts_at::date > %s AND v.ends_at <= %s""",
        SINCE, NOW,
    )  # fmt: skip
    number, note, _ = told(page(house))["chairs"]
    assert number == f"{used:.0f} of {booked:.0f} h"
    assert note.startswith("20 visits in 90 days, 0 without a recorded use")
    assert note.endswith("next 7 days: 0 h booked of 45 h open")
    assert rows(page(house, "chairs")) == 20


def test_chairs_do_not_guess_a_use_that_is_not_recorded(house) -> None:
    house.person(days_ago=20, infusions=2, recorded=False)
    number, note, _ = told(page(house))["chairs"]
    assert number == "0 of 3 h"
    assert note.startswith("2 visits in 90 days, 2 without a recorded use")
    assert page(house, "chairs").count("not recorded") == 2


def test_waiting_is_what_the_rows_say(house) -> None:
    for hours in (2, 10, 30):
        row = an_episode(house.person(days_ago=20).patient).request
        Request.objects.filter(pk=row.pk).update(status="received", received_at=NOW - timedelta(hours=hours))
    for hours in (4, 8, 12, 16, 20, 24):
        row = an_episode(house.person(days_ago=20).patient).request
        Request.objects.filter(pk=row.pk).update(received_at=NOW - timedelta(days=2, hours=hours))
        TriageDecision.objects.create(
            request=row,
            outcome="accept",
            reason="x",
            next_step="x",
            decided_by=house.doctor,
            decided_at=NOW - 2 * DAY,
        )
    middle, answered = sql(
        """SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM d.decided_at - r.received_at) / 3600), count(*)
           FROM access_triagedecision d JOIN access_request r ON r.id = d.request_id"""
    )
    assert (middle, answered) == (14, 6)
    number, note, before = told(page(house))["waiting"]
    assert number == "3"
    assert note == (
        "the oldest for 30 h · answered after a median of 14 h, 6 answered, 95 % interval 4 h to 24 h (order of the values)"
    )
    assert before == "the 90 days before: – (none answered)"
    assert rows(page(house, "waiting")) == 3


def test_an_empty_clinic_says_not_known_and_never_zero(house) -> None:
    found = told(page(house))
    assert {name: number for name, (number, _, _) in found.items()} == {
        "completion": "–", "response": "–", "lasting": "not yet", "harm": "–", "chairs": "–", "waiting": "0",
    }  # fmt: skip
    assert found["harm"][1] == "no infusion in 90 days"
    assert found["waiting"][1] == "nobody waits · answered after a median of – (none answered)"
    assert open_now(page(house)) == {"alerts": "0", "variances": "0", "calls": "0"}
    for name in found:
        assert "No row yet" in page(house, name)


def a_departure(house, *, call_due_on):
    session = house.person(days_ago=20, infusions=1).series.get().visits.get().session
    recovery = Recovery.objects.create(
        session=session,
        phase="recovery",
        observed_at=NOW - DAY,
        recorded_at=NOW - DAY,
        recorded_by=house.nurse,
    )
    paper = a_document(session.visit.series.episode.patient)
    return Departure.objects.create(
        session=session, recovery=recovery, gates=[], escort_name="Jo", escort_phone="1", escort_relation="friend",
        escort_signed_name="Jo", no_driving_on=NOW.date(), no_driving_at="08:00", no_driving_zone="UTC", record=paper,
        instructions=paper, language="en", call_due_on=call_due_on, discharged_by=house.nurse,
        discharged_at=session.opened_at + 90 * MINUTE,
    )  # fmt: skip


def test_it_counts_calls_that_are_due_and_not_done(house) -> None:
    today = NOW.date()
    waiting, tried, reached = (a_departure(house, call_due_on=today) for _ in range(3))
    a_departure(house, call_due_on=today + timedelta(days=1))
    NextDayCall.objects.create(departure=tried, outcome="not_reached", called_by=house.nurse, called_at=NOW)
    NextDayCall.objects.create(departure=reached, outcome="reached", called_by=house.nurse, called_at=NOW)
    assert open_now(page(house))["calls"] == "2"
    assert waiting.pk


def test_the_chair_is_used_until_the_person_leaves(house) -> None:
    a_departure(house, call_due_on=NOW.date())
    assert told(page(house))["chairs"][0] == "2 of 2 h"
    assert "1.5 h" in page(house, "chairs")


def test_it_counts_open_alerts_and_variances(house) -> None:
    episode = house.person(days_ago=20)
    score = house.score(episode, "PHQ9", 12, at=NOW - DAY)
    SafetyAlert.objects.create(
        episode=episode,
        kind="self_harm",
        rule="x",
        score=score,
        opened_at=NOW - DAY,
        due_at=NOW,
        owner=house.doctor,
    )
    clinic = house.clinic
    supplier, safe, gone = (
        Account.objects.create(clinic=clinic, kind=kind) for kind in ("supplier", "safe", "variance")
    )
    vial = Vial.objects.create(
        clinic=clinic, drug="racemate", mg_per_ml=Decimal(50), volume_ml=Decimal(10), content_ug=500_000, lot="A1",
        expires_on=NOW.date(), label="L1", supplier="x", received_by=house.nurse, received_at=NOW,
    )  # fmt: skip
    Movement.objects.create(
        clinic=clinic, vial=vial, kind="receive", from_account=supplier, to_account=safe, amount_ug=500_000,
        by=house.nurse, moved_at=NOW, recorded_at=NOW,
    )  # fmt: skip
    movement = Movement.objects.create(
        clinic=clinic, vial=vial, kind="variance", from_account=safe, to_account=gone, amount_ug=10, by=house.nurse,
        witness=house.doctor, moved_at=NOW, recorded_at=NOW,
    )  # fmt: skip
    Variance.objects.create(
        movement=movement, searched="x", owner=house.director, due_on=NOW.date(), posted_at=NOW
    )
    assert open_now(page(house)) == {"alerts": "1", "variances": "1", "calls": "0"}


def test_it_keeps_another_clinic_out(house) -> None:
    far = TreatedClinic(name="Elsewhere")
    a_busy_clinic(far)
    assert told(page(house))["harm"][0] == "–"
    assert told(page(house))["completion"][0] == "–"
    assert told(page(far))["harm"][0] == "5 %"


@pytest.mark.parametrize("role", ["nurse", "prescriber", "front_desk", "researcher", "auditor"])
def test_it_is_the_directors_alone(house, role) -> None:
    client = signed_in(a_staff(role, clinic=house.clinic))
    assert client.get(reverse("director:figures")).status_code == 403
    assert client.get(reverse("director:figure", args=["harm"])).status_code == 403


def test_it_knows_no_other_figure(house) -> None:
    assert signed_in(house.director).get(reverse("director:figure", args=["joy"])).status_code == 404


@pytest.mark.parametrize("name", ["", "response", "chairs"])
def test_it_asks_the_database_at_most_eight_times(house, name, django_assert_max_num_queries) -> None:
    a_busy_clinic(house)
    client = signed_in(house.director)
    route = reverse("director:figure", args=[name]) if name else reverse("director:figures")
    with django_assert_max_num_queries(8):
        client.get(route)
