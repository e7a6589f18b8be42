"""The agenda of the checks: the earliest first, each job once, and never more of them than there are."""

from hypothesis import given, settings
from hypothesis import strategies as st

from ebbtide.journey.infusion.watching.agenda import Agenda

JOBS = ("list", "tick", "read", "log")


def drained(agenda, now_s):
    found = []
    while (job := agenda.take(now_s)) is not None:
        found.append(job)
    return found


def test_what_is_asked_twice_is_done_once_and_at_the_earlier_time():
    agenda = Agenda()
    for job, at_s in (("read", 9.0), ("tick", 5.0), ("read", 2.0), ("tick", 7.0)):
        agenda.put(job, at_s)
    assert (agenda.take(1.0), agenda.next_s()) == (None, 2.0)
    assert drained(agenda, 5.0) == ["read", "tick"]
    assert (agenda.take(100.0), agenda.next_s()) == (None, float("inf"))


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(JOBS), st.floats(0, 100)), max_size=40))
def test_it_gives_each_job_at_its_earliest_time(asked):
    agenda, earliest = Agenda(), {}
    for job, at_s in asked:
        agenda.put(job, at_s)
        earliest[job] = min(at_s, earliest.get(job, at_s))
    found = drained(agenda, 100.0)
    assert sorted(found) == sorted(earliest)
    assert [earliest[job] for job in found] == sorted(earliest.values())
