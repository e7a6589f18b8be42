/**
 * Draws the rows of the picture at the chair with uPlot: every row on the same time axis, gaps hatched, hands' values as
 * open dots. uPlot sets styles only through the CSSOM, so the content policy stays.
 */

import { LANES, gapsOf, joined, stepsOf, thinned, typedOf, wordsThatFit } from "./picture-data.js";

/** @typedef {import("./picture-data.js").Told} Told */
/** @typedef {import("./picture-data.js").Trace} Trace */
/** @typedef {{frame: HTMLElement, fill: (told: Told, now_s: number) => any[], options: (told: Told) => any, plot: any}} Panel */

const AXIS_LEFT = 40;
const LANE_TALL = 17;
const DOT_PX = 4; // dots that stand closer than this cover each other
const QUARTER_S = 900; // clocks are set at a quarter of an hour, wherever they are

/** @param {string} name of a token */
export const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** @returns {any} */
const library = () => /** @type {any} */ (globalThis).uPlot;
const scaleOf = () => globalThis.devicePixelRatio || 1;

/** @param {Told} told */
export const beginsAt = (told) => Date.parse(told.from) / 1000;

/** @param {string} zone */
function dateIn(zone) {
  // a wall's time is asked of the browser once for each quarter of an hour: every tick of every axis asked it at every redraw
  /** @type {Map<number, number>} */
  const aheadMs = new Map();
  return (/** @type {number} */ second) => {
    const quarter = Math.floor(second / QUARTER_S);
    const known = aheadMs.get(quarter);
    if (known !== undefined) return new Date(second * 1000 + known);
    const wall = library().tzDate(new Date(second * 1000), zone);
    aheadMs.set(quarter, wall.getTime() - second * 1000);
    return wall;
  };
}

/** What every plot of the picture shares. @param {Told} told @param {number} width @param {number} height @param {boolean} hasTimes @param {any} more */
export function optionsOf(told, width, height, hasTimes, more) {
  const axis = { stroke: token("--ink-soft"), grid: { stroke: token("--hairline"), width: 1 }, ticks: { show: false }, font: `12px ${token("--face")}`, gap: 4 };
  return {
    width,
    height,
    padding: [4, 10, hasTimes ? 0 : 4, 0],
    legend: { show: false },
    cursor: { show: false },
    select: { show: false },
    tzDate: dateIn(told.zone),
    scales: { x: { time: true }, y: more.scale },
    axes: [
      { ...axis, show: hasTimes, size: 22, space: 64, values: "{HH}:{mm}" },
      { ...axis, size: AXIS_LEFT, space: 18, ...more.axis },
    ],
    series: [{}, ...more.series],
    bands: more.bands ?? [],
    hooks: more.hooks ?? {},
  };
}

/** @param {number} low @param {number} high @returns {any} an axis that goes at least so far, and farther when a value does */
const atLeast = (low, high) => ({ range: (/** @type {any} */ _, /** @type {number|null} */ least, /** @type {number|null} */ most) => [Math.min(low, least ?? low), Math.max(high, most ?? high)] });

/** @param {(number|null|undefined)[]} values @param {number} at @returns {boolean} neither neighbour is joined to it */
function standsAlone(values, at) {
  const beside = (/** @type {number} */ step) => {
    let place = at + step;
    while (values[place] === undefined && place >= 0 && place < values.length) place += step;
    return values[place] ?? null;
  };
  return beside(-1) === null && beside(1) === null;
}

/** @param {any} plot @param {number} series @returns {number[]} numbers that no line shows, because nothing stands beside them */
function lonely(plot, series) {
  const values = plot.data[series];
  const found = [];
  for (let at = 0; at < values.length; at += 1) if (values[at] !== null && values[at] !== undefined && standsAlone(values, at)) found.push(at);
  return found;
}

/** @param {string} colour @param {() => boolean} isSteady @param {number[]} [dash] */
function lineOr(colour, isSteady, dash) {
  const joined = library().paths.linear();
  return {
    stroke: colour, width: 1.5, dash, spanGaps: false,
    paths: (/** @type {any} */ plot, /** @type {number} */ series, /** @type {number} */ from, /** @type {number} */ to) => (isSteady() ? joined(plot, series, from, to) : null),
    points: {
      size: 5, fill: colour, stroke: colour, width: 1,
      show: () => !isSteady(),
      filter: (/** @type {any} */ plot, /** @type {number} */ series, /** @type {boolean} */ show) => (show ? null : lonely(plot, series)),
    },
  };
}

/** @param {typeof import("./picture-data.js").ROWS[0]} row @param {Told} told @returns {Trace[]} */
export const tracesOf = (row, told) => told.traces.filter((trace) => row.signals.includes(trace.signal));

/** @param {typeof import("./picture-data.js").ROWS[0]} row @param {Told} told @returns {import("./picture-data.js").Goal[]} the limits of this person that lie in a row */
export const goalsOf = (row, told) => (told.goals ?? []).filter((goal) => row.signals.includes(goal.signal));

/** A limit is a dashed line behind the values, from edge to edge. @param {any} plot @param {import("./picture-data.js").Goal[]} goals */
function drawGoals(plot, goals) {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.strokeStyle = token("--ink-soft");
  ctx.lineWidth = scaleOf();
  ctx.setLineDash([6 * scaleOf(), 4 * scaleOf()]);
  for (const { value } of goals) {
    const y = plot.valToPos(value, "y", true);
    if (!(y > bbox.top && y < bbox.top + bbox.height)) continue; // beyond the axis: the words beside it say it
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
  }
  ctx.restore();
}

/** A row of the monitors' signals. @param {HTMLElement} frame @param {typeof import("./picture-data.js").ROWS[0]} row @param {{told: Told, now_s: number, span_s: number}} seen @returns {Panel} */
export function signalPanel(frame, row, seen) {
  const of = (/** @type {string} */ signal) => seen.told.traces.find((trace) => trace.signal === signal);
  /** @type {Map<string, import("./picture-data.js").Line>} single measurements as they are drawn now */
  let single = new Map();
  const options = (/** @type {Told} */ told) => optionsOf(told, frame.clientWidth, row.tall, false, {
    scale: atLeast(row.low, row.high),
    axis: {},
    series: row.signals.flatMap((signal) => [
      lineOr(token("--series-1"), () => of(signal)?.steady ?? true),
      lineOr(token("--series-3"), () => of(signal)?.steady ?? true, [2, 3]),
      { stroke: token("--series-2"), paths: () => null, points: { show: true, size: 7, width: 2, stroke: token("--series-2"), fill: token("--foam") } },
    ]),
    hooks: {
      drawClear: [(/** @type {any} */ plot) => { hatch(plot, seen, row); drawGoals(plot, goalsOf(row, seen.told)); }],
      draw: [(/** @type {any} */ plot) => { if (row.name === "bp") joinPressures(plot, seen.told, single); }],
    },
  });
  const fill = (/** @type {Told} */ told) => {
    const begin = beginsAt(told);
    const dots = tracesOf(row, told).filter((trace) => !trace.steady);
    const drawn = thinned(dots, (seen.span_s * DOT_PX) / Math.max(1, frame.clientWidth - AXIS_LEFT));
    single = new Map(dots.map((trace, place) => [trace.signal, drawn[place]]));
    const lines = row.signals.flatMap((signal) => {
      const trace = told.traces.find((one) => one.signal === signal);
      return [single.get(signal) ?? trace ?? null, trace?.synthetic ?? null, typedOf(told, signal)];
    });
    return joined(lines, begin);
  };
  return { frame, fill, options, plot: null };
}

/** @param {any} plot @param {{told: Told, now_s: number}} seen @param {typeof import("./picture-data.js").ROWS[0]} row */
function hatch(plot, seen, row) {
  const { ctx, bbox } = plot;
  const trace = tracesOf(row, seen.told)[0];
  const begin = beginsAt(seen.told);
  const words = [];
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  for (const [from, until, why] of trace ? gapsOf(trace, seen.now_s, seen.told.ended) : []) {
    const left = Math.max(bbox.left, plot.valToPos(begin + from, "x", true));
    const right = Math.min(bbox.left + bbox.width, plot.valToPos(begin + until, "x", true));
    if (right - left < 1) continue;
    lines(ctx, left, right, bbox);
    words.push({ left, right, why });
  }
  if (!trace && !seen.told.typed.some((one) => row.signals.includes(one.signal))) words.push({ left: bbox.left, right: bbox.left + bbox.width, why: "nothing received" });
  for (const word of words) write(ctx, word, bbox);
  ctx.restore();
}

/** @param {CanvasRenderingContext2D} ctx @param {number} left @param {number} right @param {{top: number, height: number}} box */
function lines(ctx, left, right, box) {
  const scale = scaleOf();
  ctx.save();
  ctx.beginPath();
  ctx.rect(left, box.top, right - left, box.height);
  ctx.clip();
  ctx.strokeStyle = token("--edge");
  ctx.lineWidth = scale;
  ctx.beginPath();
  for (let x = left - (left % (8 * scale)) - box.height; x < right; x += 8 * scale) {
    ctx.moveTo(x, box.top + box.height);
    ctx.lineTo(x + box.height, box.top);
  }
  ctx.stroke();
  ctx.restore();
}

/** @param {CanvasRenderingContext2D} ctx @param {{left: number, right: number, why: string}} word @param {{top: number, height: number}} box */
function write(ctx, word, box) {
  const scale = scaleOf();
  ctx.font = `600 ${12 * scale}px ${token("--face")}`;
  const wide = ctx.measureText(word.why).width + 8 * scale;
  if (wide > word.right - word.left) return;
  const middle = (word.left + word.right) / 2;
  const y = box.top + box.height / 2;
  ctx.fillStyle = token("--foam");
  ctx.fillRect(middle - wide / 2, y - 9 * scale, wide, 18 * scale);
  ctx.fillStyle = token("--ink-soft");
  ctx.textAlign = "center";
  ctx.textBaseline = "middle";
  ctx.fillText(word.why, middle, y);
}

/** A measured pressure is one thing: a stroke from the lower to the upper value of the same moment. @param {any} plot @param {Told} told @param {Map<string, import("./picture-data.js").Line>} single */
function joinPressures(plot, told, single) {
  const [upper, lower] = [single.get("sbp"), single.get("dbp")];
  const begin = beginsAt(told);
  const { ctx } = plot;
  const pairs = [
    ...(upper && lower ? [[upper, lower, "--series-1"]] : []),
    [typedOf(told, "sbp"), typedOf(told, "dbp"), "--series-2"],
  ];
  ctx.save();
  ctx.lineWidth = scaleOf() * 1.5;
  for (const [high, low, colour] of /** @type {any[]} */ (pairs)) {
    const lows = new Map(low.t.map((/** @type {number} */ t, /** @type {number} */ at) => [t, low.v[at]]));
    ctx.strokeStyle = token(colour);
    ctx.beginPath();
    high.t.forEach((/** @type {number} */ t, /** @type {number} */ at) => {
      const [top, bottom] = [high.v[at], lows.get(t)];
      const x = plot.valToPos(begin + t, "x", true);
      if (top === null || bottom === null || bottom === undefined || x < plot.bbox.left) return;
      ctx.moveTo(x, plot.valToPos(top, "y", true));
      ctx.lineTo(x, plot.valToPos(bottom, "y", true));
    });
    ctx.stroke();
  }
  ctx.restore();
}

/** The charted rate in steps. @param {HTMLElement} frame @returns {Panel} */
export function ratePanel(frame) {
  const options = (/** @type {Told} */ told) => optionsOf(told, frame.clientWidth, 46, false, {
    scale: { range: (/** @type {any} */ _, /** @type {any} */ __, /** @type {number|null} */ most) => [0, (most || 10) * 1.15] },
    axis: {},
    series: [{ stroke: token("--ink"), width: 2, fill: token("--series-1-band"), paths: library().paths.stepped({ align: 1 }), points: { show: false } }],
  });
  const fill = (/** @type {Told} */ told, /** @type {number} */ now_s) => {
    const steps = stepsOf(told.rates, now_s);
    const begin = beginsAt(told);
    return [steps.t.map((t) => begin + t), steps.v];
  };
  return { frame, fill, options, plot: null };
}

/** Drugs, scales and events on lanes of their own, over the times of the axis. @param {HTMLElement} frame @param {{told: Told, now_s: number}} seen @returns {Panel} */
export function marksPanel(frame, seen) {
  const options = (/** @type {Told} */ told) => optionsOf(told, frame.clientWidth, LANES.length * LANE_TALL + 30, true, {
    scale: { range: () => [0, LANES.length] },
    axis: { values: () => [], grid: { show: false } },
    series: [{ paths: () => null, points: { show: false } }],
    hooks: { draw: [(/** @type {any} */ plot) => drawMarks(plot, seen)] },
  });
  const fill = (/** @type {Told} */ told, /** @type {number} */ now_s) => {
    const begin = beginsAt(told);
    return [[begin, begin + now_s], [null, null]];
  };
  return { frame, fill, options, plot: null };
}

/** @param {any} plot @param {{told: Told, now_s: number}} seen */
function drawMarks(plot, seen) {
  const { ctx, bbox } = plot;
  const scale = scaleOf();
  const begin = beginsAt(seen.told);
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left - 6 * scale, bbox.top, bbox.width + 12 * scale, bbox.height);
  ctx.clip();
  ctx.font = `${12 * scale}px ${token("--face")}`;
  ctx.textBaseline = "middle";
  ctx.textAlign = "left";
  for (const [place, lane] of LANES.entries()) {
    const y = bbox.top + (place + 0.5) * (bbox.height / LANES.length);
    const spots = seen.told.marks.filter((mark) => mark.lane === lane).map((mark) => ({
      mark, from: plot.valToPos(begin + mark.t, "x", true), width: ctx.measureText(mark.short).width + 18 * scale,
    }));
    drawLane(ctx, plot, spots, y, begin);
  }
  ctx.restore();
}

/** Words that would run into the mark before them are left to the table; the shape stays. @param {CanvasRenderingContext2D} ctx @param {any} plot @param {{mark: import("./picture-data.js").Mark, from: number, width: number}[]} spots @param {number} y @param {number} begin */
function drawLane(ctx, plot, spots, y, begin) {
  const scale = scaleOf();
  const said = wordsThatFit(spots);
  for (const [index, { mark, from }] of spots.entries()) {
    ctx.fillStyle = token("--ink");
    ctx.strokeStyle = token("--ink");
    if (mark.until !== undefined) {
      const until = plot.valToPos(begin + mark.until, "x", true);
      lines(ctx, from, Math.max(until, from + 2 * scale), { top: y - 5 * scale, height: 10 * scale });
    }
    shape(ctx, mark.kind, from, y, 4 * scale);
    ctx.fillStyle = token("--ink");
    if (said[index]) ctx.fillText(mark.short, from + 8 * scale, y);
  }
}

/** @param {CanvasRenderingContext2D} ctx @param {string} kind @param {number} x @param {number} y @param {number} size */
function shape(ctx, kind, x, y, size) {
  ctx.beginPath();
  if (kind === "bolus") { ctx.moveTo(x - size, y - size); ctx.lineTo(x + size, y - size); ctx.lineTo(x, y + size); ctx.closePath(); ctx.fill(); return; }
  if (kind === "adverse" || kind === "emergency") { ctx.lineWidth = size / 2; for (const [dx, dy] of [[1, 1], [1, -1]]) { ctx.moveTo(x - dx * size, y - dy * size); ctx.lineTo(x + dx * size, y + dy * size); } ctx.stroke(); return; }
  if (kind === "scale") { ctx.arc(x, y, size * 0.7, 0, Math.PI * 2); ctx.fill(); return; }
  if (kind === "pause") { ctx.fillRect(x - size / 4, y - size, size / 2, size * 2); return; }
  ctx.moveTo(x, y - size); ctx.lineTo(x + size, y); ctx.lineTo(x, y + size); ctx.lineTo(x - size, y); ctx.closePath();
  if (kind === "drug") ctx.fill(); else { ctx.lineWidth = size / 3; ctx.stroke(); }
}
