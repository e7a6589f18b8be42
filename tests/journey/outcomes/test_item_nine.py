"""H24: whoever says that they would be better off dead is never unseen, also when the connection is cut in that very moment."""

import json
import os
import threading
from contextlib import contextmanager

import psycopg
import pytest
from tools.bench.one_slot import python_on, scratch

from tests.journey.outcomes.item_nine import APPLICATION

MODULE = "tests.journey.outcomes.item_nine"
WRITERS = 2  # processes
EVERY_S = 0.4  # seconds: far longer than an act takes, also on a busy machine
# one of the transactions under way, whichever
CUT = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE application_name = %s AND datname = current_database() AND xact_start IS NOT NULL ORDER BY random() LIMIT 1
"""
# answers that ask for a person, and how many of them have an alert with an owner, a clock and a letter to the owner
KEPT = """
SELECT count(*), count(*) FILTER (WHERE value > 0), count(a.id) FILTER (WHERE a.owner_id IS NOT NULL AND a.due_at > a.opened_at)
FROM outcomes_answer n LEFT JOIN outcomes_safetyalert a ON a.answer_id = n.id WHERE n.item = 9 AND n.instrument = 'PHQ9'
"""
LETTERS = "SELECT count(*) FROM jobs_outgoingmail"


@contextmanager
def cutting(url):
    """Connections are cut in mid-transaction, again and again, until this ends."""
    over = threading.Event()

    def cut():
        with psycopg.connect(url, autocommit=True) as mighty:
            while not over.wait(EVERY_S):
                mighty.execute(CUT, [APPLICATION])

    thread = threading.Thread(target=cut)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def check(answers):
    with scratch(os.environ["DATABASE_URL"]) as url:
        each = answers // WRITERS
        python_on("prepare", str(WRITERS), str(each), url=url, module=MODULE).communicate_or_fail()
        with cutting(url):
            running = [python_on("answer", str(n), url=url, module=MODULE) for n in range(WRITERS)]
            told = [json.loads(one.communicate_or_fail()) for one in running]
        with psycopg.connect(url) as reader:
            kept, above_zero, alerted = reader.execute(KEPT).fetchone()
            letters = reader.execute(LETTERS).fetchone()[0]
    assert sum(one["lost"] for one in told) == 0
    assert (sum(one["kept"] for one in told), kept) == (each * WRITERS, each * WRITERS)
    assert (alerted, letters) == (above_zero, above_zero)
    assert above_zero > kept // 2
    assert sum(one["crashes"] for one in told) > min(answers // 100, 100), (
        "hardly anything was cut: it proves nothing"
    )


@pytest.mark.nightly
def test_h24_item9_always_becomes_a_task_whatever_is_cut():
    check(200)


@pytest.mark.weekly
@pytest.mark.timeout(7200)
def test_h24_item9_is_dropped_in_none_of_a_hundred_thousand():
    check(100_000)
