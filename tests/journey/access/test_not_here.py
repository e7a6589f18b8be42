"""Not here: a reason and a next step, once; the letter asks only to call."""

import pytest

from ebbtide.ground.jobs.models import OutgoingMail
from ebbtide.ground.ledger.action import Refused
from ebbtide.journey.access.actions import AnswerNotHere, answer_not_here
from ebbtide.journey.access.answers import NOT_HERE
from ebbtide.journey.access.models import TriageDecision
from tests.builders import a_clinic, a_staff, an_act, an_actor
from tests.journey.access.arrange import a_request, signed_in

pytestmark = pytest.mark.django_db


def told(row, **changed):
    made = {"request": row, "reason": "The pain is new", "next_step": "See your doctor first"}
    return AnswerNotHere(**{**made, **changed})


def test_it_answers_with_a_next_step_and_a_letter_without_health():
    row = a_request(a_clinic())
    decision = answer_not_here(an_act(an_actor("director")), told(row))
    row.refresh_from_db()
    assert (row.status, decision.next_step) == ("not_here", "See your doctor first")
    letter = OutgoingMail.objects.get()
    assert "call +1 312 555 0100" in letter.body
    assert "pain is new" not in letter.body.lower()


@pytest.mark.parametrize(
    ("changed", "rule"), [({"reason": ""}, "ACC-REASON"), ({"next_step": " "}, "ACC-NEXT")]
)
def test_it_sends_nobody_away_with_nothing(changed, rule):
    row = a_request(a_clinic())
    with pytest.raises(Refused) as refused:
        answer_not_here(an_act(an_actor("director")), told(row, **changed))
    assert refused.value.rule == rule


def test_it_answers_once():
    row = a_request(a_clinic())
    answer_not_here(an_act(an_actor("director")), told(row))
    with pytest.raises(Refused, match="answered this request already"):
        answer_not_here(an_act(an_actor("director")), told(row))


def test_the_page_starts_from_a_text_and_answers():
    clinic = a_clinic()
    row, page = a_request(clinic), signed_in(a_staff("prescriber", clinic=clinic))
    text = page.get(f"/request/{row.id}/not-here/?start={NOT_HERE[0].key}").content.decode()
    assert text.count(NOT_HERE[0].next_step) == 2
    assert page.post(f"/request/{row.id}/not-here/", {"key": "k", "reason": "x" * 5}).status_code == 422
    done = page.post(
        f"/request/{row.id}/not-here/",
        {"key": "k", "reason": "New pain", "next_step": "See a doctor"},
        follow=True,
    )
    assert "See a doctor" in done.content.decode()
    late = page.post(
        f"/request/{row.id}/not-here/", {"key": "k2", "reason": "New pain", "next_step": "See a doctor"}
    )
    assert late.status_code == 422
    assert TriageDecision.objects.count() == 1


def test_the_front_desk_learns_that_it_was_answered_not_why():
    clinic = a_clinic()
    row = a_request(clinic)
    answer_not_here(an_act(an_actor("director")), told(row))
    text = signed_in(a_staff("front_desk", clinic=clinic)).get(f"/request/{row.id}/").content.decode()
    assert "Not here" in text
    assert "The pain is new" not in text


def test_every_suggested_text_is_honest_and_names_a_next_step():
    assert len({text.key for text in NOT_HERE}) == len(NOT_HERE)
    for text in NOT_HERE:
        assert len(text.reason) > 20
        assert len(text.next_step) > 20
