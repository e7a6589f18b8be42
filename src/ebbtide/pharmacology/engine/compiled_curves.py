r"""The curves of people whose rates lie apart: modes that are followed by one product each, and sums of them.

Within a block of grid times after a state z, with the rows of a person $e_m(j) = e^{-k_m j \Delta}$,

$$ y_o(j) = \sum_m c_{o,m} z_m\, e_m(j) + u\, p_o(j), \qquad
   p_o(j) = \sum_m c_{o,m} \int_0^{j\Delta} e^{-k_m s}\,ds, $$

and for a rate that stands n times the rows $\frac{(j\Delta)^d}{d!} e_m(j)$. Modes are zero or positive whatever the
schedule, so what rounding does to an output is at most the bounds of its residues times the highest value of each mode:
a person in whom that is more than ``TRUST`` of the peak is left to the sum of products (see ``kernel``).
"""

import numpy as np

from ebbtide.pharmacology.engine.compiled import (
    EIGHT,
    EMIT,
    FIVE,
    FOUR,
    IMPULSE,
    ONE,
    RATE,
    SEVEN,
    SIX,
    THREE,
    TWO,
    compiled,
)
from ebbtide.pharmacology.engine.compiled_store import in_order, send
from ebbtide.pharmacology.engine.compiled_tape import ABREAST, NOTHING, SIXTEEN, decays, play
from ebbtide.pharmacology.engine.residues import LAST_PLACE

TRUST = 2e-11  # of the peak: what rounding may have done to a curve at most
PIECE = np.uint64(1024)  # numbers of a line that are worked out in the first cache before they are sent


@compiled
def follow_modes(begin, end, bodies, plan, steps, doses, held, stood, left):
    """The modes of these chunks through the whole programme, from their matrices on.

    What each output is made of in each block goes to ``stood`` (chunk x block x slot x lane), the registers of each
    chunk to ``held``, and whoever is not to be trusted is marked in ``left``.
    """
    rates, scales, people = bodies
    tapes, constants, orders, poles, places = plan
    codes, numbers, moves, hours = steps
    record, stand, see, still, pumped, judge = tapes
    at_hours, at_modes, at_rate, at_shares, at_lasts, slots, blocks = places
    modes = np.uint64(orders.size)
    marks = np.zeros(int(ABREAST))
    mark_bits = marks.view(np.int64)
    for chunk in range(begin, end):
        first, mine = chunk * ABREAST, held[chunk - begin]
        lanes = min(ABREAST, people - first)
        mine[:] = 0.0
        for row in range(np.uint64(len(constants[0]))):
            for lane in range(lanes):
                mine[constants[0][row] + lane] = constants[1][row]
        play(record, mine, NOTHING, mine, NOTHING, rates, scales, people, first, lanes)
        decays(hours, orders, poles, mine, at_hours, marks, mark_bits, lanes)
        written, is_on = (chunk - begin) * blocks * slots * ABREAST, False
        for op in range(codes.size):
            if codes[op] == EMIT:
                play(stand, mine, NOTHING, stood, written, rates, scales, people, first, lanes)
                play(see, mine, NOTHING, mine, NOTHING, rates, scales, people, first, lanes)
                written += slots * ABREAST
                for lane in range(lanes):
                    stood[written - TWO * ABREAST + lane] = mine[at_rate + lane]
            elif codes[op] == RATE:
                is_on = numbers[op] != 0.0
                for lane in range(lanes):
                    mine[at_rate + lane] = numbers[op] * doses[first + lane]
            elif codes[op] == IMPULSE:
                for mode in range(modes):
                    if orders[mode] == NOTHING:
                        z = at_modes + mode * ABREAST
                        for lane in range(lanes):
                            mine[z + lane] += numbers[op] * doses[first + lane]
                            high = z + modes * ABREAST + lane
                            mine[high] = max(mine[high], mine[z + lane])
            else:
                some = moves[op] * (modes + modes) * ABREAST
                play(
                    pumped if is_on else still, mine, some, mine, NOTHING, rates, scales, people, first, lanes
                )
        play(judge, mine, NOTHING, mine, NOTHING, rates, scales, people, first, lanes)
        for share in range(at_shares, at_lasts, ABREAST):
            for lane in range(lanes):
                if not mine[share + lane] * LAST_PLACE <= TRUST:
                    left[first + lane] = True


@compiled
def rows_of(lane, long, step_h, orders, mine, at_hours, rows):
    """The rows of one person: what is left of each mode at each time of a block; sixteen by hand, the rest from those."""
    modes = np.uint64(orders.size)
    for mode in range(modes):
        at, k = mode * long, at_hours + mode * ABREAST + lane
        if orders[mode] > NOTHING:
            step = step_h / float(orders[mode])
            for j in range(long):
                rows[at + j] = rows[at - long + j] * (step * float(j))
            continue
        once, by_sixteen = mine[k], mine[k + (modes + modes) * ABREAST]
        twice = once * once
        one, two, three, four = 1.0, once, twice, twice * once
        by_four = twice * twice
        for j in range(at, at + SIXTEEN, FOUR):
            rows[j] = one
            rows[j + ONE] = two
            rows[j + TWO] = three
            rows[j + THREE] = four
            one, two, three, four = one * by_four, two * by_four, three * by_four, four * by_four
        for j in range(SIXTEEN, long):
            rows[at + j] = rows[at + j - SIXTEEN] * by_sixteen


@compiled
def rows_of_pump(lane, long, pumped, orders, residues, mine, at_hours, poles, rows, inflow):
    """The rows of one person while the pump gives one mg/h into an empty body: output x time, after those of the modes."""
    modes, outputs = np.uint64(orders.size), np.uint64(len(residues))
    first = modes * long
    for place in range(first, first + outputs * long):
        rows[place] = 0.0
    for mode in range(modes):
        k = at_hours + mode * ABREAST + lane
        if orders[mode] > NOTHING:
            at, slow = mode * long, 1.0 / mine[poles[mode] + lane]
            for j in range(pumped):
                inflow[j] = (inflow[j] - rows[at + j]) * slow
        else:
            come, sixteen = k + modes * ABREAST, k + (modes + modes) * ABREAST
            once, gained, kept, brought = mine[k], mine[come], mine[sixteen], mine[sixteen + modes * ABREAST]
            twice, gained_twice = once * once, gained + once * gained
            by_four, by_four_gained = twice * twice, gained_twice + twice * gained_twice
            one, two, three, four = 0.0, gained, gained_twice, gained_twice * once + gained
            for j in range(NOTHING, SIXTEEN, FOUR):
                inflow[j] = one
                inflow[j + ONE] = two
                inflow[j + TWO] = three
                inflow[j + THREE] = four
                one, two = one * by_four + by_four_gained, two * by_four + by_four_gained
                three, four = three * by_four + by_four_gained, four * by_four + by_four_gained
            for j in range(SIXTEEN, pumped):
                inflow[j] = inflow[j - SIXTEEN] * kept + brought
        for output in range(outputs):
            if residues[output, mode] > NOTHING:
                c, at = mine[residues[output, mode] - ONE + lane], first + output * long
                for j in range(pumped):
                    rows[at + j] += c * inflow[j]


@compiled
def _write_line(rows, lists, output, stood, at, slots, emits, line, out, target, ahead):
    """Every block of one output of one person: rows times what it is made of, eight or four at a pass."""
    row_places, slot_places, list_starts = lists
    counts, pumps = emits
    filled, sent, blocks = NOTHING, NOTHING, np.uint64(counts.size)
    for block in range(blocks):
        s, which = at + block * slots * ABREAST, TWO * output + pumps[block]
        entry, end = list_starts[which], list_starts[which + ONE]
        long = (counts[block] + SIXTEEN - ONE) // SIXTEEN * SIXTEEN
        ra, rb = row_places[entry], row_places[entry + ONE]
        rc, rd = row_places[entry + TWO], row_places[entry + THREE]
        a, b = stood[s + slot_places[entry]], stood[s + slot_places[entry + ONE]]
        c, d = stood[s + slot_places[entry + TWO]], stood[s + slot_places[entry + THREE]]
        if end - entry >= EIGHT:
            re, rf = row_places[entry + FOUR], row_places[entry + FIVE]
            rg, rh = row_places[entry + SIX], row_places[entry + SEVEN]
            e, f = stood[s + slot_places[entry + FOUR]], stood[s + slot_places[entry + FIVE]]
            g, h = stood[s + slot_places[entry + SIX]], stood[s + slot_places[entry + SEVEN]]
            for j in range(long):
                line[filled + j] = (
                    rows[ra + j] * a
                    + rows[rb + j] * b
                    + rows[rc + j] * c
                    + rows[rd + j] * d
                    + rows[re + j] * e
                    + rows[rf + j] * f
                    + rows[rg + j] * g
                    + rows[rh + j] * h
                )
            entry += EIGHT
        else:
            for j in range(long):
                line[filled + j] = rows[ra + j] * a + rows[rb + j] * b + rows[rc + j] * c + rows[rd + j] * d
            entry += FOUR
        while entry < end:
            ra, a = row_places[entry], stood[s + slot_places[entry]]
            for j in range(long):
                line[filled + j] += rows[ra + j] * a
            entry += ONE
        filled += counts[block]
        if filled >= PIECE or block + ONE == blocks:
            send(out, target + sent, line, filled, ahead)
            sent += filled
            filled = NOTHING


@compiled
def write_modes(begin, end, shape, plan, residues, held, stood, lists, emits, out, left):
    """The people of these chunks whose rates lie apart, every output at every time."""
    long, pumped, ahead, step_h, count, people = shape
    orders, poles, places = plan
    at_hours, slots, blocks = places[0], places[5], places[6]
    modes, outputs = np.uint64(orders.size), np.uint64(len(residues))
    rows = np.zeros((modes + outputs) * long)
    inflow, line = np.zeros(long), np.zeros(PIECE + long + SIXTEEN)
    for chunk in range(begin, end):
        first, mine = chunk * ABREAST, held[chunk - begin]
        for lane in range(min(ABREAST, people - first)):
            if left[first + lane]:
                continue
            rows_of(lane, long, step_h, orders, mine, at_hours, rows)
            if pumped > NOTHING:
                rows_of_pump(lane, long, pumped, orders, residues, mine, at_hours, poles, rows, inflow)
            at = (chunk - begin) * blocks * slots * ABREAST + lane
            for output in range(outputs):
                target = ((first + lane) * outputs + output) * count
                _write_line(rows, lists, output, stood, at, slots, emits, line, out, target, ahead)
    in_order()
