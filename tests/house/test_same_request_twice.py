"""The same press three times changes the record once (T16): on every route that performs an action."""

import hashlib
import inspect
import re
from collections import deque

import pytest
from django.apps import apps
from django.db import connection

from tests.builders import NOW
from tests.clocks import stand_at
from tests.house.posts import ELSEWHERE, PRESSES
from tests.house.routes import ours

TIMES = 3
# what a second reading of a page may write, and is no change of the record
NOT_THE_RECORD = {"people.account"}


def performs_an_action(view) -> bool:
    """Whether this view, or a function of ours it calls, makes an act."""
    todo, seen = deque([inspect.unwrap(view)]), set()
    while todo:
        found = todo.popleft()
        code = getattr(found, "__code__", None)
        if code is None or found in seen:
            continue
        seen.add(found)
        names, inner = set(code.co_names), deque(code.co_consts)
        while inner:  # lambdas and comprehensions keep their names to themselves
            part = inner.popleft()
            if inspect.iscode(part):
                names |= set(part.co_names)
                inner.extend(part.co_consts)
        if "act_now" in names:
            return True
        near = (found.__globals__.get(name) for name in names)
        todo.extend(f for f in near if inspect.isfunction(f) and room_of(f) == room_of(found))
    return False


def room_of(function) -> str:
    """The package of a function: the pages of a room share what answers a press."""
    return function.__module__.rpartition(".")[0]


ACTING = sorted(route.name for route in ours() if performs_an_action(route.view))


def the_record() -> dict[str, tuple[int, str]]:
    """Every table of ours: how many rows it holds and what they say."""
    told = {}
    for model in apps.get_models():
        if not model.__module__.startswith("ebbtide.") or model._meta.label_lower in NOT_THE_RECORD:
            continue
        with connection.cursor() as cursor:
            cursor.execute(f'SELECT t::text FROM "{model._meta.db_table}" t')
            rows = sorted(row[0] for row in cursor.fetchall())
        told[model._meta.label] = (len(rows), hashlib.sha256("\n".join(rows).encode()).hexdigest())
    return told


def difference(before, after) -> dict[str, tuple[int, int]]:
    return {label: (before[label][0], after[label][0]) for label in after if before[label] != after[label]}


def errors_of(answer) -> str:
    found = re.findall(r'<ul class="errors__list">.*?</ul>', answer.content.decode(), re.DOTALL)
    return re.sub(r"<[^>]+>|\s+", " ", " ".join(found))


@pytest.fixture(autouse=True)
def _at_now(monkeypatch):
    stand_at(monkeypatch, NOW)


def test_every_route_that_acts_is_pressed_here_or_says_where():
    assert ACTING
    assert sorted(PRESSES | ELSEWHERE) == ACTING


@pytest.mark.django_db
@pytest.mark.parametrize("name", sorted(PRESSES))
def test_it_changes_the_record_once(name):
    press = PRESSES[name]()
    before = the_record()
    first = press()
    assert first.status_code in {200, 201, 302, 303}, errors_of(first)
    once = the_record()
    assert "ledger.Entry" in difference(before, once), "the press changed nothing: it proves nothing"
    again = [press() for _ in range(TIMES - 1)]
    assert difference(once, the_record()) == {}
    assert {answer.status_code for answer in again} <= {first.status_code, 302, 422}
