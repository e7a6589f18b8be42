r"""The curves of people whose rates lie apart: modes that are followed by one product each, and sums of them.

Within a block of grid times after a state z, with the rows of a person $e_m(j) = e^{-k_m j \Delta}$,

$$ y_o(j) = \sum_m c_{o,m} z_m\, e_m(j) + u\, p_o(j), \qquad
   p_o(j) = \sum_m c_{o,m} \int_0^{j\Delta} e^{-k_m s}\,ds, $$

and for a rate that stands n times the rows $\frac{(j\Delta)^d}{d!} e_m(j)$. Modes are zero or positive whatever the
schedule, so what rounding does to an output is at most the bounds of its residues times the highest value of each mode:
a person in whom that is more than is trusted is left to the sum of products (see ``kernel``).
"""

import numpy as np

from ebbtide.pharmacology.engine.compiled import EIGHT, EMIT, FOUR, IMPULSE, ONE, RATE, THREE, TWO, compiled
from ebbtide.pharmacology.engine.compiled_lanes import ABREAST
from ebbtide.pharmacology.engine.compiled_store import in_order, send, send_all, sum_sixteen, sum_thirty_two
from ebbtide.pharmacology.engine.compiled_tape import NOTHING, SIXTEEN, decays, play
from ebbtide.pharmacology.engine.residues import LAST_PLACE

ROOM = np.uint64(1024)  # numbers of a line after which what is not gone is moved to its front
NOWHERE = np.uint64(2**63)  # no place in any array
UNSEEN = 2.0**-60  # of the peak: a term that is less is left out of a sum


@compiled
def follow_modes(begin, end, bodies, plan, steps, doses, trust, held, stood, left):
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
                if not mine[share + lane] * LAST_PLACE <= trust:
                    left[first + lane] = True


@compiled
def rows_of(lane, long, step_h, orders, mine, at_hours, rows):
    """The rows of one person: what is left of each mode at each time of a block; sixteen by hand, the rest from those."""
    modes = np.uint64(orders.size)
    for mode in range(modes):
        at, k = mode * long, at_hours + mode * ABREAST + lane
        if orders[mode] > NOTHING:
            step = step_h / float(orders[mode])
            for j in range(np.int64(long)):
                rows[at + np.uint64(j)] = rows[at - long + np.uint64(j)] * (step * float(j))
            continue
        once, further = mine[k], mine[k + (modes + modes) * ABREAST]
        twice = once * once
        one, two, three, four = 1.0, once, twice, twice * once
        by_four = twice * twice
        for j in range(at, at + SIXTEEN, FOUR):
            rows[j] = one
            rows[j + ONE] = two
            rows[j + TWO] = three
            rows[j + THREE] = four
            one, two, three, four = one * by_four, two * by_four, three * by_four, four * by_four
        done = SIXTEEN
        while done < long:
            for j in range(at, at + min(done, long - done)):
                rows[done + j] = rows[j] * further
            done += done
            further *= further


@compiled
def rows_of_pump(lane, long, pumped, orders, residues, mine, at_hours, poles, rows, inflow, places, amounts):
    """The rows of one person while the pump gives one mg/h into an empty body: output x time, after those of the modes."""
    modes, outputs = np.uint64(orders.size), np.uint64(len(residues))
    for mode in range(modes):
        k, at = at_hours + mode * ABREAST + lane, mode * pumped
        if orders[mode] > NOTHING:
            row, slow = mode * long, 1.0 / mine[poles[mode] + lane]
            for j in range(pumped):
                inflow[at + j] = (inflow[at - pumped + j] - rows[row + j]) * slow
        else:
            come, sixteen = k + modes * ABREAST, k + (modes + modes) * ABREAST
            once, gained, kept, brought = mine[k], mine[come], mine[sixteen], mine[sixteen + modes * ABREAST]
            twice, gained_twice = once * once, gained + once * gained
            by_four, by_four_gained = twice * twice, gained_twice + twice * gained_twice
            one, two, three, four = 0.0, gained, gained_twice, gained_twice * once + gained
            for j in range(at, at + SIXTEEN, FOUR):
                inflow[j] = one
                inflow[j + ONE] = two
                inflow[j + TWO] = three
                inflow[j + THREE] = four
                one, two = one * by_four + by_four_gained, two * by_four + by_four_gained
                three, four = three * by_four + by_four_gained, four * by_four + by_four_gained
            for j in range(at + SIXTEEN, at + pumped):
                inflow[j] = inflow[j - SIXTEEN] * kept + brought
    for output in range(outputs):
        terms = NOTHING
        for mode in range(modes):
            if residues[output, mode] > NOTHING:
                places[terms], amounts[terms] = mode * pumped, mine[residues[output, mode] - ONE + lane]
                terms += ONE
        for j in range(NOTHING, pumped, SIXTEEN):
            sum_sixteen(rows, (modes + output) * long + j, inflow, j, places, NOTHING, amounts, terms)


@compiled
def seen_of(lists, pumps, stood, at, slots, outputs, mine, at_peaks, lanes, seen):
    """Of each output in each block the rows of which anybody in a chunk has more than next to nothing left."""
    row_places, slot_places, list_starts = lists
    places, sources, starts = seen
    terms, blocks = NOTHING, np.uint64(pumps.size)
    for output in range(outputs):
        peak = at_peaks + output * ABREAST
        for block in range(blocks):
            which, s = TWO * output + pumps[block], at + block * slots * ABREAST
            starts[output * blocks + block] = terms
            for entry in range(list_starts[which], list_starts[which + ONE]):
                people, amount = 0, s + slot_places[entry]
                for lane in range(lanes):
                    people += int(abs(stood[amount + lane]) > UNSEEN * mine[peak + lane])
                if people > 0:
                    places[terms], sources[terms] = row_places[entry], amount
                    terms += ONE
    starts[outputs * blocks] = terms


@compiled
def add_rows(line, to, rows, places, first, amounts, terms, count):
    """So many numbers of a line, and up to fifteen more: the sum of some rows, each times its amount."""
    j = NOTHING
    while j + SIXTEEN < count:
        sum_thirty_two(line, to + j, rows, j, places, first, amounts, terms)
        j += SIXTEEN + SIXTEEN
    if j < count:
        sum_sixteen(line, to + j, rows, j, places, first, amounts, terms)


@compiled
def _write_line(rows, seen, output, stood, lane, counts, amounts, line, marks, out, ahead):
    """Every block of one output of one person, after what the line still holds; returns its marks moved on."""
    places, sources, starts = seen
    gone, filled, to = marks
    blocks = np.uint64(counts.size)
    for block in range(blocks):
        first, count = starts[output * blocks + block], counts[block]
        terms = starts[output * blocks + block + ONE] - first
        for term in range(terms):
            amounts[term] = stood[sources[first + term] + lane]
        add_rows(line, filled, rows, places, first, amounts, terms, count)
        filled += count
        gone, to = send(out, to, line, gone, filled, ahead)
        if filled > ROOM:
            off = gone - gone % EIGHT
            for place in range(off, filled):
                line[place - off] = line[place]
            gone -= off
            filled -= off
    return gone, filled, to


@compiled
def write_modes(begin, end, shape, plan, residues, held, stood, lists, emits, out, left):
    """The people of these chunks whose rates lie apart, every output at every time.

    Rows of one person follow another in the memory, so the line goes on from one to the next until somebody is left out.
    """
    long, pumped, ahead, step_h, count, people, at_peaks = shape
    orders, poles, places = plan
    at_hours, slots, blocks = places[0], places[5], places[6]
    modes, outputs = np.uint64(orders.size), np.uint64(len(residues))
    rows, inflow = np.zeros((modes + outputs) * long), np.zeros(modes * pumped)
    every, amounts, sources = outputs * blocks, np.zeros(modes + ONE), np.zeros(modes, dtype=np.uint64)
    seen = (
        np.zeros(every * (modes + ONE), dtype=np.uint64),
        np.zeros(every * (modes + ONE), dtype=np.uint64),
        np.zeros(every + ONE, dtype=np.uint64),
    )
    line, marks = np.zeros(ROOM + long + SIXTEEN), (NOTHING, NOTHING, NOWHERE)
    for chunk in range(begin, end):
        first, mine = chunk * ABREAST, held[chunk - begin]
        lanes, at = min(ABREAST, people - first), (chunk - begin) * blocks * slots * ABREAST
        seen_of(lists, emits[1], stood, at, slots, outputs, mine, at_peaks, lanes, seen)
        for lane in range(lanes):
            target = (first + lane) * outputs * count
            if marks[2] + (marks[1] - marks[0]) != target:
                send_all(out, marks[2], line, marks[0], marks[1], ahead)
                marks = NOTHING, NOTHING, target
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
                marks = _write_line(
                    rows, seen, output, stood, lane, emits[0], amounts, line, marks, out, ahead
                )
    send_all(out, marks[2], line, marks[0], marks[1], ahead)
    in_order()
