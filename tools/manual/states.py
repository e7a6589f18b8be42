"""State machines as the rules hold them: each table drawn as a diagram, with who owes the next step."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import TypeVar

from ebbtide.journey.access import rules as access
from ebbtide.journey.careplan import rules as careplan
from ebbtide.journey.course import rules as course
from tools.manual.marks import table

Steps = Iterable[tuple[str, str]]
State = TypeVar("State", bound=StrEnum)


def steps_of(following: Mapping[State, Iterable[State]]) -> list[tuple[str, str]]:
    """A table of what may follow what, as pairs in the order of the states."""
    return [
        (before.value, after.value)
        for before, many in following.items()
        for after in sorted(many, key=list(type(before)).index)
    ]


def diagram(states: type[StrEnum], steps: Steps) -> str:
    """One state diagram; the first state is where everything begins, a state without a way out is an end."""
    steps = list(steps)
    going = {before for before, after in steps if before != after}
    first = next(iter(states)).value
    lines = [f"  [*] --> {first}"]
    lines += [f"  {before} --> {after}" + (": moved" if before == after else "") for before, after in steps]
    lines += [f"  {state.value} --> [*]" for state in states if state.value not in going]
    return "\n".join(["```mermaid", "stateDiagram-v2", *lines, "```"])


def owners(of: Mapping[State, str]) -> str:
    """Who owes the next step in each state."""
    return table(["State", "Who owes the next step"], [[state.value, who] for state, who in of.items()])


def ordered(states: type[StrEnum], steps: Iterable[tuple[StrEnum, StrEnum]]) -> list[tuple[str, str]]:
    """Pairs of a set in the order of the states."""
    place = list(states).index
    return [(a.value, b.value) for a, b in sorted(steps, key=lambda step: (place(step[0]), place(step[1])))]


def request() -> str:
    return f"{diagram(access.Status, steps_of(access.NEXT))}\n\n{owners(access.OWNER)}"


def evaluation_visit() -> str:
    return f"{diagram(access.VisitState, steps_of(access.VISIT_NEXT))}\n\n{owners(access.VISIT_OWNER)}"


def order() -> str:
    return f"{diagram(careplan.Status, steps_of(careplan.NEXT))}\n\n{owners(careplan.OWNER)}"


def series() -> str:
    return diagram(course.SeriesState, ordered(course.SeriesState, course.SERIES_STEPS))


def visit() -> str:
    return diagram(course.VisitState, ordered(course.VisitState, course.VISIT_STEPS))
