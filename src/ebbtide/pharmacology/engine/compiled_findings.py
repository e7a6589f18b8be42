"""Summaries of people whose rates lie apart, without their curves: bounds of whole blocks first, values where they matter.

Within a block each mode falls from one to what is left of it at the end, and what the pump brings only rises. So what an
output is made of at the beginning of a block bounds it from above and below, term by term. The highest value at the
beginning of any block is one that the curve has: only blocks that may lie above it, or that may cross an end of the
window, are worked out time by time.
"""

import numpy as np

from ebbtide.pharmacology.engine.compiled import ONE, TWO, compiled
from ebbtide.pharmacology.engine.compiled_curves import rows_of, rows_of_pump
from ebbtide.pharmacology.engine.compiled_lanes import ABREAST
from ebbtide.pharmacology.engine.compiled_tape import NOTHING

NEARLY = 1.0 - 1e-12  # two sums of the same numbers in another order may differ by less


@compiled
def _bound(
    terms, term_starts, orders, mine, at_end, farthest, pumps, rises, stood, at, slots, least, most, lanes
):
    """The least and the most that each output can be in each block: block x output x lane."""
    outputs = np.uint64(len(term_starts)) - ONE
    for block in range(np.uint64(pumps.size)):
        s = at + block * slots * ABREAST
        pump = s + (slots - TWO) * ABREAST
        for output in range(outputs):
            o, rise = (block * outputs + output) * ABREAST, output * ABREAST
            if pumps[block] > NOTHING:
                for lane in range(lanes):
                    most[o + lane] = stood[pump + lane] * rises[rise + lane]
            else:
                for lane in range(lanes):
                    most[o + lane] = 0.0
            for lane in range(lanes):
                least[o + lane] = 0.0
            for place in range(term_starts[output], term_starts[output + ONE]):
                slot, mode = s + place * ABREAST, terms[place]
                left = at_end + mode * ABREAST
                if orders[mode] > NOTHING:
                    highest = 1.0
                    for order in range(orders[mode]):
                        highest *= farthest / (float(order) + 1.0)
                    for lane in range(lanes):
                        most[o + lane] += max(0.0, stood[slot + lane] * highest)
                        least[o + lane] += min(0.0, stood[slot + lane] * highest)
                else:
                    for lane in range(lanes):
                        whole, rest = stood[slot + lane], stood[slot + lane] * mine[left + lane]
                        most[o + lane] += max(whole, rest)
                        least[o + lane] += min(whole, rest)


@compiled
def _rises(residues, mine, at_end, rises, outputs, modes, lanes):
    """What a rate of one brings into each output until the end of a block: output x lane."""
    rises[:] = 0.0
    for output in range(outputs):
        for mode in range(modes):
            if residues[output, mode] > NOTHING:
                c, come = residues[output, mode] - ONE, at_end + (modes + mode) * ABREAST
                for lane in range(lanes):
                    rises[output * ABREAST + lane] += mine[c + lane] * mine[come + lane]


@compiled
def _value(rows, lists, which, stood, s, line, long):
    """Every time of one block of one output of one person."""
    row_places, slot_places, list_starts = lists
    line[:] = 0.0
    for entry in range(list_starts[which], list_starts[which + ONE]):
        row, amount = row_places[entry], stood[s + slot_places[entry]]
        for j in range(long):
            line[j] += rows[row + j] * amount


@compiled
def _find(rows, lists, output, stood, at, slots, emits, window, least, most, o, outputs, peak, line):
    """One output of one person: highest value, its place, and how many times lie in the window."""
    counts, pumps, places = emits
    best, best_place, inside = -1.0, NOTHING, NOTHING
    low, high, long = window[0], window[1], np.uint64(line.size)
    for block in range(np.uint64(counts.size)):
        bound = o + block * outputs * ABREAST
        top, bottom = most[bound], least[bound]
        wholly_in, wholly_out = bottom >= low and top <= high, top < low or bottom > high
        if top < peak * NEARLY and (wholly_in or wholly_out):
            if wholly_in:
                inside += counts[block]
            continue
        _value(rows, lists, TWO * output + pumps[block], stood, at + block * slots * ABREAST, line, long)
        for j in range(counts[block]):
            if line[j] > best:
                best, best_place = line[j], places[block] + j
            if low <= line[j] <= high:
                inside += ONE
    return best, best_place, inside


@compiled
def find_modes(begin, end, shape, plan, residues, terms, held, stood, lists, emits, window, found, left):
    """The people of these chunks whose rates lie apart: four numbers for each output, people x outputs x 4."""
    long, pumped, step_h, people, at_end, farthest, at_peaks, at_areas = shape
    orders, poles, places = plan
    at_hours, slots, blocks = places[0], places[5], places[6]
    modes, outputs = np.uint64(orders.size), np.uint64(found.shape[1])
    rows, inflow, line = np.zeros((modes + outputs) * long), np.zeros(modes * pumped), np.zeros(long)
    sources, amounts = np.zeros(modes, dtype=np.uint64), np.zeros(modes + ONE)
    rises = np.zeros(outputs * ABREAST)
    least, most = np.zeros(blocks * outputs * ABREAST), np.zeros(blocks * outputs * ABREAST)
    for chunk in range(begin, end):
        first, mine = chunk * ABREAST, held[chunk - begin]
        lanes, at = min(ABREAST, people - first), (chunk - begin) * blocks * slots * ABREAST
        _rises(residues, mine, at_end, rises, outputs, modes, lanes)
        _bound(
            terms[0],
            terms[1],
            orders,
            mine,
            at_end,
            farthest,
            emits[1],
            rises,
            stood,
            at,
            slots,
            least,
            most,
            lanes,
        )
        for lane in range(lanes):
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
                    rows,
                    lists,
                    output,
                    stood,
                    at + lane,
                    slots,
                    emits,
                    window,
                    least,
                    most,
                    o,
                    outputs,
                    peak,
                    line,
                )
                found[first + lane, output, 0] = best
                found[first + lane, output, 1] = float(place)
                found[first + lane, output, 2] = float(inside)
                found[first + lane, output, 3] = mine[at_areas + output * ABREAST + lane]
