"""What is due when: each job by its name, the earliest first. Pure: the time is told."""

from heapq import heappop, heappush
from itertools import count
from typing import Generic, TypeVar

Job = TypeVar("Job")


class Agenda(Generic[Job]):
    """A job stands in it once. One that was moved or taken out leaves an old line behind, which nobody looks at."""

    def __init__(self) -> None:
        self._at_s: dict[Job, float] = {}
        self._lines: list[tuple[float, int, Job]] = []
        self._number = count()

    def put(self, job: Job, at_s: float) -> None:
        """At this time, or earlier where it stood earlier."""
        if job in self._at_s and self._at_s[job] <= at_s:
            return
        self._at_s[job] = at_s
        heappush(self._lines, (at_s, next(self._number), job))

    def take(self, now_s: float) -> Job | None:
        """The job that has been due for longest; it stands in the agenda no more."""
        first = self._first()
        if first is None or first[0] > now_s:
            return None
        heappop(self._lines)
        del self._at_s[first[2]]
        return first[2]

    def next_s(self) -> float:
        """When the next one is due; infinity when there is none."""
        first = self._first()
        return float("inf") if first is None else first[0]

    def _first(self) -> tuple[float, int, Job] | None:
        while self._lines:
            at_s, _, job = self._lines[0]
            if self._at_s.get(job) == at_s:
                return self._lines[0]
            heappop(self._lines)
        return None
