"""Summaries of curves that are never written: highest value and its place, steps in a window, value at the end.

Rows and states are zero or positive, so the largest and the smallest row give bounds of a whole block at once: a block
that cannot hold a higher peak, and lies wholly in or wholly out of the window, is never worked out.
"""

import numpy as np

from ebbtide.pharmacology.engine.compiled import BLOCK, LANES, compiled, make_room, work_out


@compiled
def _extremes(rows, lane, tops, bottoms):
    """The largest and the smallest number of each row of one person."""
    for row in range(rows.shape[1]):
        top = bottom = rows[lane, row, 0]
        for j in range(1, rows.shape[2]):
            top = max(top, rows[lane, row, j])
            bottom = min(bottom, rows[lane, row, j])
        tops[row], bottoms[row] = top, bottom


@compiled
def _weigh(weights, start, end, read_states, stood, lane, block):
    """Weights times the state of one person at the beginning of a block."""
    total = 0.0
    for row in range(start, end):
        total += weights[row] * stood[block, read_states[row], lane]
    return total


@compiled
def _work_out(rows, start, end, read_states, stood, lane, block, line):
    """Every output of one block of one person."""
    line[:] = 0.0
    for row in range(start, end):
        amount = stood[block, read_states[row], lane]
        for j in range(line.size):
            line[j] += rows[lane, row, j] * amount


@compiled
def _summarise(rows, lane, start, end, read_states, stood, emits, window, extremes, line):
    """One output of one person: highest value, its place, and how many times lie in the window."""
    tops, bottoms = extremes
    best, best_place, inside = -1.0, 0, 0
    for block in range(emits[0].size):
        most = _weigh(tops, start, end, read_states, stood, lane, block)
        least = _weigh(bottoms, start, end, read_states, stood, lane, block)
        count = int(emits[1][block])
        wholly_in = least >= window[0] and most <= window[1]
        wholly_out = most < window[0] or least > window[1]
        if most <= best and (wholly_in or wholly_out):
            inside += count if wholly_in else 0
            continue
        _work_out(rows, start, end, read_states, stood, lane, block, line)
        for j in range(count):
            if line[j] > best:
                best, best_place = line[j], int(emits[0][block]) + j
            if window[0] <= line[j] <= window[1]:
                inside += 1
    return best, best_place, inside


@compiled
def summarise_chunks(
    begin,
    end,
    who,
    rates,
    flows,
    tables,
    ahead,
    states,
    scales,
    orders,
    emits,
    step_h,
    doses,
    areas,
    window,
    found,
):
    """The people of these chunks, from their matrices to four numbers for each output: people x outputs x 4.

    The programme writes the last time in a block of its own: there the areas stand as they are, and need no rows.
    """
    size, blocks, outputs = rates.shape[0], emits[0].size, states.size
    room = make_room(size)
    rows, stood = np.empty((LANES, ahead[2].size, int(BLOCK))), np.empty((blocks, size, LANES))
    extremes, line = (np.empty(ahead[2].size), np.empty(ahead[2].size)), np.empty(int(BLOCK))
    for chunk in range(begin, end):
        first = chunk * LANES
        work_out(
            who, first, rates, flows, tables, ahead, states, scales, orders, step_h, doses, room, rows, stood
        )
        for lane in range(min(LANES, who.size - first)):
            person = who[first + lane]
            _extremes(rows, lane, extremes[0], extremes[1])
            for output in range(outputs):
                best, place, inside = _summarise(
                    rows,
                    lane,
                    ahead[3][output],
                    ahead[3][output + 1],
                    ahead[2],
                    stood,
                    emits,
                    window,
                    extremes,
                    line,
                )
                found[person, output, 0] = best
                found[person, output, 1] = place
                found[person, output, 2] = inside
                found[person, output, 3] = scales[output, person] * stood[blocks - 1, areas[output], lane]
