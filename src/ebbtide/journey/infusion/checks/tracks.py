"""One limit over one signal's readings: a small fold, a reading in, the next state out. Pure, three-valued and total.

A comparison whose value or baseline is missing is undecided, and undecided is neither beyond nor inside: it starts the
persistence again and ends nothing. All times are seconds on one axis (s since 1970).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from ebbtide.journey.infusion.checks.limits import Atom, How, Limit, Priority, Test

Values = Mapping[str, float | None]
NEVER = float("-inf")


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """What one limit knows after the readings so far. `true_s`: since when its condition is true; None while it is not."""

    beyond_s: float | None = None
    clear_s: float | None = None
    true_s: float | None = None
    began_s: float = 0.0
    full_s: float | None = None
    reference: float | None = None

    def full_at_s(self, limit: Limit) -> float:
        """From when the full priority holds, confirmed or because nobody took a second reading (s)."""
        if self.full_s is not None or self.true_s is None or limit.confirm is None:
            return self.full_s or 0.0
        return self.true_s + limit.confirm.unconfirmed_after_s

    def priority(self, limit: Limit, at_s: float) -> Priority:
        """How heavy its condition is at this moment."""
        waits = limit.confirm is not None and at_s < self.full_at_s(limit)
        return limit.confirm.first if waits and limit.confirm else limit.priority


FRESH = Track()


def signals_of(limit: Limit) -> frozenset[str]:
    """The signals that this limit looks at."""
    tests = [test for test in (limit.when, limit.clear) if test is not None]
    return frozenset(atom.signal for test in tests for atom in test.atoms)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One reading with what it is compared with; `before`: for each signal when it last had a value, and which."""

    at_s: float
    values: Values
    baseline: Mapping[str, float]
    before: Mapping[str, tuple[float, float]]
    after_a_gap: bool = False

    def holds(self, test: Test | None) -> bool | None:
        """Whether the comparisons hold; None when it cannot be said."""
        if test is None:
            return None
        said = [self._one(atom) for atom in test.atoms]
        decides = not test.every
        if decides in said:
            return decides
        return None if None in said else not decides

    def _one(self, atom: Atom) -> bool | None:
        value = self.values.get(atom.signal)
        if value is None:
            return None
        if atom.how is How.VALUE:
            return compared(value, atom.op, atom.value)
        if atom.how is How.PREVIOUS:
            return compared(value - self._before(atom, value), atom.op, atom.value)
        baseline = self.baseline.get(atom.signal)
        if baseline is None:
            return None
        pct = atom.how is How.PCT
        return compared(value, atom.op, baseline * (1 + atom.value / 100) if pct else baseline + atom.value)

    def _before(self, atom: Atom, value: float) -> float:
        """The reading before; one that is too old, or none, is no rise."""
        before = self.before.get(atom.signal)
        return value if before is None or self.at_s - before[0] > atom.within_s else before[1]


def take(limit: Limit, track: Track, asked: Asked) -> Track:
    """The track after one more reading; readings come in the order of their time."""
    if asked.after_a_gap and (track.beyond_s is not None or track.clear_s is not None):
        track = replace(track, beyond_s=None, clear_s=None)  # between the two the signal was not live
    if track.true_s is None:
        return _until_true(limit, track, asked)
    if track.full_s is None:
        return _until_decided(limit, track, asked)
    return _until_clear(limit, track, asked)


def compared(value: float, op: str, threshold: float) -> bool:
    """The comparison of the file."""
    if op == "lt":
        return value < threshold
    if op == "le":
        return value <= threshold
    return value >= threshold if op == "ge" else value > threshold


def _until_true(limit: Limit, track: Track, asked: Asked) -> Track:
    if asked.holds(limit.when) is not True:
        return track if track is FRESH else FRESH
    beyond_s = asked.at_s if track.beyond_s is None else track.beyond_s
    if asked.at_s - beyond_s < limit.persistence_s:
        return replace(track, beyond_s=beyond_s)
    return Track(
        true_s=asked.at_s,
        began_s=beyond_s,
        full_s=None if limit.confirm else asked.at_s,
        reference=_reference(limit, asked),
    )


def _reference(limit: Limit, asked: Asked) -> float | None:
    """The reading before the jump, for a limit that looks at jumps."""
    atom = limit.when.atoms[0] if limit.when else None
    if atom is None or atom.how is not How.PREVIOUS:
        return None
    before = asked.before.get(atom.signal)
    return None if before is None else before[1]


def _until_decided(limit: Limit, track: Track, asked: Asked) -> Track:
    """The second reading decides; once nobody waits for it any more, the condition ends as any other does."""
    confirm, true_s = limit.confirm, track.true_s
    if confirm is None or true_s is None:
        return track
    if asked.at_s - true_s >= confirm.unconfirmed_after_s:
        track = replace(track, full_s=true_s + confirm.unconfirmed_after_s)
        return _until_clear(limit, track, asked)
    if asked.at_s - true_s < confirm.soonest_s:
        return track
    again = asked
    if track.reference is not None:  # compared with the reading before the jump
        signals = signals_of(limit)
        again = replace(asked, before=dict.fromkeys(signals, (asked.at_s, track.reference)))
    beyond = again.holds(limit.when)
    if beyond is None:
        return track
    return replace(track, full_s=asked.at_s, clear_s=None) if beyond else FRESH


def _until_clear(limit: Limit, track: Track, asked: Asked) -> Track:
    if asked.holds(limit.clear) is not True:
        return track if track.clear_s is None else replace(track, clear_s=None)
    clear_s = asked.at_s if track.clear_s is None else track.clear_s
    if asked.at_s - clear_s >= limit.clear_for_s:
        return FRESH
    return replace(track, clear_s=clear_s)
