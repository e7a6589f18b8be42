"""How many of ten thousand histories of two offline tablets lose, double or hide an entry."""

import sys
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tools.bench_chair.two_tablets import BODIES, History, Step

RUNS = 10_000
LONGEST = 40
# a second, a quarter of an hour, and up to an hour and a half between two steps: away for up to hours
AFTER_S = st.one_of(st.integers(0, 5), st.integers(20, 900), st.integers(0, 5400))
DOES = st.sampled_from([*BODIES, *("away", "back", "send", "lose_answer", "kill") * 2])
STEPS = st.lists(
    st.builds(Step, tablet=st.integers(0, 1), does=DOES, after_s=AFTER_S), min_size=1, max_size=LONGEST
)
WITHIN_S = 20 * 3600  # a session takes entries for a day; what comes later belongs to another


def measure(runs: int = RUNS) -> dict[str, Any]:
    """The row `offline_histories_lost`."""
    told = {"histories": 0, "lost": 0, "entries": 0, "conflicts": 0}

    @settings(max_examples=runs, database=None, deadline=None, suppress_health_check=list(HealthCheck))
    @given(STEPS)
    def play(steps: list[Step]) -> None:
        if sum(step.after_s for step in steps) > WITHIN_S:
            steps = [Step(tablet=one.tablet, does=one.does, after_s=one.after_s // 20) for one in steps]
        history = History().tell(steps)
        told["histories"] += 1
        told["lost"] += bool(history.faults())
        told["entries"] += len(history.typed)
        told["conflicts"] += bool(history.shown())

    play()
    note = f"{told['entries']} entries; {told['conflicts']} histories with a conflict, each shown to a person"
    return {
        "name": "offline_histories_lost",
        "value": told["lost"],
        "unit": "histories",
        "goal": 0,
        "better": "equal",
        "met": told["lost"] == 0 and told["histories"] >= runs,
        "runs": told["histories"],
        "note": note,
    }


if __name__ == "__main__":
    print(measure(int(sys.argv[1]) if len(sys.argv) > 1 else RUNS))
