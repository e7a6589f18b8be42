"""Rules of the way in: every status has a row and an owner, every request can end, every refusal names a next step."""

import pytest

from ebbtide.journey.access import rules
from ebbtide.journey.access.models import RequestStatus, VisitStatus
from ebbtide.journey.access.rules import (
    NEXT,
    OWNER,
    VISIT_NEXT,
    VISIT_OWNER,
    NotYet,
    Person,
    Status,
    VisitState,
)


def reachable(table, start):
    found, todo = set(), [start]
    while todo:
        found.add(status := todo.pop())
        todo += [after for after in table[status] if after not in found]
    return found


@pytest.mark.parametrize(
    ("table", "owner", "states", "stored"),
    [
        (NEXT, OWNER, Status, RequestStatus),
        (VISIT_NEXT, VISIT_OWNER, VisitState, VisitStatus),
    ],
)
def test_it_gives_every_status_a_row_an_owner_and_an_end(table, owner, states, stored):
    assert set(table) == set(owner) == set(states)
    assert {s.value for s in states} == set(stored.values)
    ends = {status for status, after in table.items() if not after}
    assert all(ends & reachable(table, status) for status in states)


@pytest.mark.parametrize(
    ("now", "then", "allowed"),
    [
        (Status.RECEIVED, Status.ACCEPTED, True),
        (Status.RECEIVED, Status.NOT_HERE, True),
        (Status.RECEIVED, Status.RECEIVED, False),
        (Status.ACCEPTED, Status.NOT_HERE, False),
        (Status.NOT_HERE, Status.ACCEPTED, False),
    ],
)
def test_it_answers_a_request_once(now, then, allowed):
    if allowed:
        rules.check_may_follow(now, then)
    else:
        with pytest.raises(NotYet, match="open it again"):
            rules.check_may_follow(now, then)


def test_it_ends_a_visit_once():
    rules.check_visit_may_follow(VisitState.BOOKED, VisitState.CANCELLED)
    with pytest.raises(NotYet, match="cancelled already"):
        rules.check_visit_may_follow(VisitState.CANCELLED, VisitState.DONE)


@pytest.mark.parametrize(
    ("check", "good", "bad", "rule"),
    [
        (rules.check_reason, {"reason": "CRPS since 2024"}, {"reason": "  x "}, "ACC-REASON"),
        (rules.check_next_step, {"next_step": "See a doctor"}, {"next_step": ""}, "ACC-NEXT"),
        (rules.check_contact, {"phone": "", "email": "a@b.org"}, {"phone": " ", "email": ""}, "ACC-CONTACT"),
        (rules.check_story_length, {"story": "x" * 2000}, {"story": "x" * 2001}, "ACC-STORY"),
        (
            rules.check_same_person_was_asked,
            {"alike": 0, "chosen": False, "new_confirmed": False},
            {"alike": 1, "chosen": False, "new_confirmed": False},
            "ACC-SAME-PERSON",
        ),
        (
            rules.check_same_person_was_asked,
            {"alike": 2, "chosen": True, "new_confirmed": False},
            {"alike": 2, "chosen": False, "new_confirmed": False},
            "ACC-SAME-PERSON",
        ),
        (
            rules.check_same_person_was_asked,
            {"alike": 2, "chosen": False, "new_confirmed": True},
            {"alike": 2, "chosen": False, "new_confirmed": False},
            "ACC-SAME-PERSON",
        ),
    ],
)
def test_it_refuses_in_words(check, good, bad, rule):
    check(**good)
    with pytest.raises(NotYet) as refused:
        check(**bad)
    assert refused.value.rule == rule
    assert refused.value.sentence.endswith(".")
    assert ":" in refused.value.sentence


@pytest.mark.parametrize(
    "person",
    [
        Person(given_name="", family_name="Reyes", born=True),
        Person(given_name="Alma", family_name=" ", born=True),
        Person(given_name="Alma", family_name="Reyes", born=False),
    ],
)
def test_it_opens_no_record_without_two_identifiers(person):
    with pytest.raises(NotYet, match="two identifiers"):
        rules.check_two_identifiers(person)


def test_it_knows_two_identifiers():
    rules.check_two_identifiers(Person(given_name="Alma", family_name="Reyes", born=True))


def test_the_front_desk_gets_neither_complaint_nor_story():
    assert not {"complaint", "story"} & rules.MINIMUM_FIELDS["access.consult_request"]
