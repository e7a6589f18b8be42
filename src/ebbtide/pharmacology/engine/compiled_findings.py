r"""Summaries of people whose rates lie apart, without their curves: bounds of whole blocks first, values where they matter.

Within a block each mode falls from one to what is left of it at the end, and what the pump brings only rises. So what an
output is made of at the beginning of a block bounds it from above and below, term by term. The highest value at the
beginning of any block is one that the curve has: only blocks that may lie above it, or that may cross an end of the
window, are worked out time by time. The area needs no time at all: what was given and is no longer in a mode has left it,

$$ \int_0^T z_{m,1}\,dt = \frac{\int_0^T u\,dt - z_{m,1}(T)}{k_m}, \qquad
   \int_0^T z_{m,i}\,dt = \frac{1}{k_m} \left( \int_0^T z_{m,i-1}\,dt - z_{m,i}(T) \right). $$
"""

import numpy as np

from ebbtide.pharmacology.engine.compiled import ONE, compiled
from ebbtide.pharmacology.engine.compiled_curves import add_rows, rows_of, rows_of_pump, seen_of
from ebbtide.pharmacology.engine.compiled_lanes import ABREAST, bound_by
from ebbtide.pharmacology.engine.compiled_tape import NOTHING, SIXTEEN
from ebbtide.pharmacology.engine.residues import LAST_PLACE

NEARLY = 1.0 - 1e-12  # two sums of the same numbers in another order may differ by less


@compiled
def _bound(seen, long, highs, lows, stood, least, most):
    """The least and the most that each output can be in each block: output x block x lane."""
    places, sources, starts = seen
    least[:] = 0.0
    most[:] = 0.0
    for entry in range(np.uint64(starts.size) - ONE):
        for term in range(starts[entry], starts[entry + ONE]):
            k = places[term] // long * ABREAST
            bound_by(most, least, entry * ABREAST, stood, sources[term], highs, lows, k)


@compiled
def _ends(residues, orders, mine, at_end, farthest, highs, lows, lanes):
    """The highest and the lowest that a row is within a block, of the modes and then of the pump: row x lane."""
    modes, outputs = np.uint64(orders.size), np.uint64(len(residues))
    highs[:] = 0.0
    for mode in range(modes):
        k, left, share = mode * ABREAST, at_end + mode * ABREAST, 1.0
        for order in range(orders[mode]):
            share *= farthest / (float(order) + 1.0)
        for lane in range(lanes):
            highs[k + lane] = share
            lows[k + lane] = 0.0 if orders[mode] > NOTHING else mine[left + lane]
        for output in range(outputs):
            if residues[output, mode] > NOTHING:
                c, o = residues[output, mode] - ONE, (modes + output) * ABREAST
                for lane in range(lanes):
                    highs[o + lane] += mine[c + lane] * mine[left + modes * ABREAST + lane]


@compiled
def _areas(residues, bounds, orders, poles, mine, at_modes, given, passed, areas, doubts, lanes):
    """The area under each output, and what rounding may have cost it in units of the last place: output x lane."""
    areas[:] = 0.0
    doubts[:] = 0.0
    for mode in range(np.uint64(orders.size)):
        z, k = at_modes + mode * ABREAST, poles[mode]
        for lane in range(lanes):
            before = passed[lane] if orders[mode] > NOTHING else given[lane]
            passed[lane] = (before - mine[z + lane]) / mine[k + lane]
        for output in range(np.uint64(len(residues))):
            if residues[output, mode] > NOTHING:
                c, b, o = residues[output, mode] - ONE, bounds[output, mode] - ONE, output * ABREAST
                for lane in range(lanes):
                    areas[o + lane] += mine[c + lane] * passed[lane]
                    doubts[o + lane] += mine[b + lane] * given[lane] / mine[k + lane]


@compiled
def _find(rows, seen, output, stood, lane, emits, window, least, most, peak, amounts, line):
    """One output of one person: highest value, its place, and how many times lie in the window."""
    places, sources, starts = seen
    counts, _, firsts = emits
    best, best_place, inside = -1.0, NOTHING, 0
    low, high, blocks = window[0], window[1], np.uint64(counts.size)
    for block in range(blocks):
        entry, count = output * blocks + block, counts[block]
        top, bottom = most[entry * ABREAST + lane], least[entry * ABREAST + lane]
        wholly_in, wholly_out = bottom >= low and top <= high, top < low or bottom > high
        if top < peak * NEARLY and (wholly_in or wholly_out):
            if wholly_in:
                inside += np.int64(count)
            continue
        first, terms = starts[entry], starts[entry + ONE] - starts[entry]
        for term in range(terms):
            amounts[term] = stood[sources[first + term] + lane]
        add_rows(line, NOTHING, rows, places, first, amounts, terms, count)
        for j in range(count):
            inside += np.int64(low <= line[j]) & np.int64(line[j] <= high)
        if top >= best:
            for j in range(count):
                if line[j] > best:
                    best, best_place = line[j], firsts[block] + j
    return best, best_place, inside


@compiled
def find_modes(begin, end, shape, plan, tables, held, stood, lists, emits, doses, window, found, left):
    """The people of these chunks whose rates lie apart: four numbers for each output, people x outputs x 4.

    Whoever's area cannot be trusted is marked in ``left`` beside those who are marked already.
    """
    long, pumped, step_h, people, at_end, farthest, at_peaks, given_mg, trust = shape
    orders, poles, places = plan
    residues, bounds = tables
    at_hours, at_modes, slots, blocks = places[0], places[1], places[5], places[6]
    modes, outputs = np.uint64(orders.size), np.uint64(found.shape[1])
    rows, inflow, line = (
        np.zeros((modes + outputs) * long),
        np.zeros(modes * pumped),
        np.zeros(long + SIXTEEN),
    )
    every, amounts, sources = outputs * blocks, np.zeros(modes + ONE), np.zeros(modes, dtype=np.uint64)
    seen = (
        np.zeros(every * (modes + ONE), dtype=np.uint64),
        np.zeros(every * (modes + ONE), dtype=np.uint64),
        np.zeros(every + ONE, dtype=np.uint64),
    )
    given, passed = np.zeros(int(ABREAST)), np.zeros(int(ABREAST))
    areas, doubts = np.zeros(outputs * ABREAST), np.zeros(outputs * ABREAST)
    highs, lows = np.zeros((modes + outputs) * ABREAST), np.zeros((modes + outputs) * ABREAST)
    least, most = np.zeros(every * ABREAST), np.zeros(every * ABREAST)
    for chunk in range(begin, end):
        first, mine = chunk * ABREAST, held[chunk - begin]
        lanes, at = min(ABREAST, people - first), (chunk - begin) * blocks * slots * ABREAST
        for lane in range(lanes):
            given[lane] = given_mg * doses[first + lane]
        _areas(residues, bounds, orders, poles, mine, at_modes, given, passed, areas, doubts, lanes)
        _ends(residues, orders, mine, at_end, farthest, highs, lows, lanes)
        seen_of(lists, emits[1], stood, at, slots, outputs, mine, at_peaks, lanes, seen)
        _bound(seen, long, highs, lows, stood, least, most)
        for lane in range(lanes):
            for output in range(outputs):
                o = output * ABREAST + lane
                if not doubts[o] * LAST_PLACE <= trust * areas[o]:
                    left[first + lane] = True
            if left[first + lane]:
                continue
            rows_of(lane, long, step_h, orders, mine, at_hours, rows)
            if pumped > NOTHING:
                rows_of_pump(
                    lane,
                    long,
                    pumped,
                    orders,
                    residues,
                    mine,
                    at_hours,
                    poles,
                    rows,
                    inflow,
                    sources,
                    amounts,
                )
            for output in range(outputs):
                o, peak = output * ABREAST + lane, mine[at_peaks + output * ABREAST + lane]
                best, place, inside = _find(
                    rows, seen, output, stood, lane, emits, window, least, most, peak, amounts, line
                )
                found[first + lane, output, 0] = best
                found[first + lane, output, 1] = float(place)
                found[first + lane, output, 2] = float(inside)
                found[first + lane, output, 3] = areas[o]
