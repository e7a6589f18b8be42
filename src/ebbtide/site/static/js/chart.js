/**
 * Draws a curve from the JSON beside it: direct labels, bands, shaded zones with their source, infusions under the
 * time axis. The page writes the same numbers as a table. uPlot sets styles only through the CSSOM, so the content
 * policy stays.
 */

/** @typedef {{name: string, values?: (number | null)[], low?: (number | null)[], high?: (number | null)[], dots?: boolean, tone?: number}} Series */
/** @typedef {{from: number, to: number, words: string}} Span */
/** @typedef {{words: string, x: {label: string, unit: string, values: number[]}, y: {label: string, unit: string, most?: number}, series: Series[], zones?: Span[], marks?: Span[]}} Picture */

/** @param {(number | null)[]} values @returns {number} where the line ends, -1 when it has no point */
export function lastPoint(values) {
  for (let index = values.length - 1; index >= 0; index -= 1) if (values[index] !== null && values[index] !== undefined) return index;
  return -1;
}

/**
 * Where the label of a series belongs: on its line, or in the middle of its band where it has no line.
 * @param {Series} series
 * @returns {(number | null)[]}
 */
export function middleOf(series) {
  if (series.values) return series.values;
  const high = series.high ?? [];
  return (series.low ?? []).map((low, at) => (low === null || high[at] === null || high[at] === undefined ? null : (low + high[at]) / 2));
}

/** @param {Picture} picture @param {number} index @returns {number} which of the three colours of lines: its own, else its place */
export const toneOf = (picture, index) => picture.series[index].tone ?? (index % 3) + 1;

/**
 * The first point of a line from a place on, or its last where nothing follows: a gap is nothing to point at.
 * @param {(number | null)[]} values
 * @param {number} at
 */
export function pointFrom(values, at) {
  const found = values.findIndex((value, index) => index >= at && value !== null && value !== undefined);
  return found < 0 ? lastPoint(values) : found;
}

/**
 * The columns that uPlot wants, and which of them are the edges of bands.
 * @param {Picture} picture
 * @returns {{columns: (number | null)[][], bands: {high: number, low: number, series: number}[], lines: number[]}}
 */
export function columnsOf(picture) {
  const columns = [/** @type {(number | null)[]} */ (picture.x.values)];
  const bands = [];
  const lines = [];
  for (const [index, series] of picture.series.entries()) {
    if (series.low && series.high) {
      columns.push(series.high, series.low);
      bands.push({ high: columns.length - 2, low: columns.length - 1, series: index });
    }
    if (!series.values) continue; // a band alone
    columns.push(series.values);
    lines.push(columns.length - 1);
  }
  return { columns, bands, lines };
}

/**
 * Labels at the ends of lines, moved apart so that none covers another.
 * @param {number[]} wanted heights in pixels
 * @param {number} apart the least distance
 * @returns {number[]} in the same order
 */
export function movedApart(wanted, apart) {
  const order = wanted.map((height, index) => ({ height, index })).sort((a, b) => a.height - b.height);
  for (let at = 1; at < order.length; at += 1) {
    order[at].height = Math.max(order[at].height, order[at - 1].height + apart);
  }
  const placed = [...wanted];
  for (const { height, index } of order) placed[index] = height;
  return placed;
}

/**
 * The rows under the axis on which the words of marks stand, so that none runs into the one before it.
 * @param {{from: number, width: number}[]} marks from left to right, in pixels; nothing to say has no width
 * @returns {number[]} 0 for the first row, 1 for the second
 */
export function rowsOf(marks) {
  const ends = [-Infinity, -Infinity];
  return marks.map(({ from, width }) => {
    const row = from >= ends[0] || from < ends[1] ? 0 : 1;
    if (width) ends[row] = from + width;
    return row;
  });
}

/** @param {string} name of a token */
const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** @param {any} plot @param {Picture} picture @param {number} scale device pixels */
function drawZones(plot, picture, scale) {
  const { ctx, bbox } = plot;
  ctx.save();
  for (const zone of picture.zones ?? []) {
    const top = Math.max(plot.valToPos(zone.to, "y", true), bbox.top);
    const bottom = Math.min(plot.valToPos(zone.from, "y", true), bbox.top + bbox.height);
    if (bottom <= top) continue;
    ctx.fillStyle = token("--sand");
    ctx.fillRect(bbox.left, top, bbox.width, bottom - top);
    ctx.fillStyle = token("--ink-soft");
    ctx.font = `${13 * scale}px ${token("--face")}`;
    ctx.textAlign = "right";
    ctx.textBaseline = "bottom";
    ctx.fillText(zone.words, bbox.left + bbox.width - 6 * scale, bottom - 4 * scale);
  }
  ctx.restore();
}

/**
 * Where the label of a line goes: at the height of its peak, right of everything drawn that high.
 * @param {Picture} picture
 * @param {number} index of the series
 * @returns {{peak: number, clear: number}} positions in x.values; clear is -1 when nothing is free at that height
 */
export function labelPlace(picture, index) {
  const values = middleOf(picture.series[index]);
  const peak = values.reduce((/** @type {number} */ best, value, at) => (value !== null && (best < 0 || value > (values[best] ?? 0)) ? at : best), -1);
  if (peak < 0) return { peak, clear: -1 };
  const height = values[peak] ?? 0;
  let clear = picture.x.values.length;
  while (clear > 0 && picture.series.every((series) => ((series.high ?? middleOf(series))[clear - 1] ?? 0) < height)) clear -= 1;
  return { peak, clear: clear < picture.x.values.length ? clear : -1 };
}

/**
 * The highest value that anything reaches from a time on: a label that stands over it covers no curve.
 * @param {Picture} picture
 * @param {number} from a time
 * @returns {{at: number, height: number}} at is the first point from then on
 */
export function ceilingFrom(picture, from) {
  const at = Math.max(0, picture.x.values.findIndex((x) => x >= from));
  const tops = picture.series.map((series) => (series.high ?? middleOf(series)).slice(at).map((value) => value ?? 0));
  return { at, height: Math.max(0, ...tops.flat()) };
}

/** @param {any} plot @param {Picture} picture @param {number} scale @returns {{x: number, y: number, left: number, label: number}[]} */
function spotsOf(plot, picture, scale) {
  const { ctx, bbox } = plot;
  const right = bbox.left + bbox.width - 4 * scale;
  let over = 0; // how many labels stand over the curves already
  return picture.series.map((series, index) => {
    const { peak, clear } = labelPlace(picture, index);
    const middle = middleOf(series);
    const wide = ctx.measureText(series.name).width;
    const beside = clear >= 0 ? plot.valToPos(picture.x.values[clear], "x", true) + 10 * scale : right;
    const to = (/** @type {number} */ at) => ({ x: plot.valToPos(picture.x.values[at] ?? 0, "x", true), y: plot.valToPos(middle[at] ?? 0, "y", true) });
    if (beside + wide <= right) return { ...to(peak), left: beside, label: to(peak).y };
    const left = Math.max(bbox.left, right - wide);
    const { at, height } = ceilingFrom(picture, plot.posToVal(left, "x", true));
    over += 1;
    return { ...to(pointFrom(middle, at)), left, label: Math.max(bbox.top + 8 * scale, plot.valToPos(height, "y", true) - (17 * over - 5) * scale) };
  });
}

/** @param {any} plot @param {Picture} picture @param {number} scale */
function drawWords(plot, picture, scale) {
  const { ctx } = plot;
  ctx.save();
  ctx.font = `600 ${13 * scale}px ${token("--face")}`;
  ctx.textBaseline = "middle";
  ctx.textAlign = "left";
  const spots = spotsOf(plot, picture, scale);
  const heights = movedApart(spots.map((spot) => spot.label), 17 * scale);
  for (const [index, series] of picture.series.entries()) {
    if (lastPoint(middleOf(series)) < 0) continue;
    const { x, y, left } = spots[index];
    ctx.fillStyle = token(`--series-${toneOf(picture, index)}`);
    ctx.strokeStyle = ctx.fillStyle;
    ctx.lineWidth = scale;
    ctx.setLineDash([2 * scale, 3 * scale]);
    ctx.beginPath();
    ctx.moveTo(x, y);
    if (x < left) ctx.lineTo(left - 4 * scale, heights[index]);
    else ctx.lineTo(x, heights[index] + 9 * scale); // the label stands over its line
    ctx.stroke();
    ctx.setLineDash([]);
    ctx.fillText(series.name, left, heights[index]);
  }
  ctx.restore();
}

/** @param {any} plot @param {Picture} picture @param {number} scale */
function drawMarks(plot, picture, scale) {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.font = `600 ${13 * scale}px ${token("--face")}`;
  ctx.textBaseline = "top";
  ctx.textAlign = "left";
  ctx.fillStyle = token("--ink");
  const y = bbox.top + bbox.height + 58 * scale; // under the axis and its name
  const spots = (picture.marks ?? []).map((mark) => {
    const from = Math.max(plot.valToPos(mark.from, "x", true), bbox.left);
    const to = Math.min(plot.valToPos(mark.to, "x", true), bbox.left + bbox.width);
    return { mark, from, to, width: mark.words ? ctx.measureText(mark.words).width + 8 * scale : 0 };
  });
  const rows = rowsOf(spots);
  for (const [index, { mark, from, to }] of spots.entries()) {
    ctx.fillRect(from, y, Math.max(to - from - scale, 2 * scale), 6 * scale); // a hair between two steps
    ctx.fillText(mark.words, from, y + (10 + 16 * rows[index]) * scale);
  }
  ctx.restore();
}

/** @param {Picture} picture @returns {number} pixels that the marks need: two rows where more than one has words */
function underAxis(picture) {
  if (!picture.marks?.length) return 4;
  return picture.marks.filter((mark) => mark.words).length > 1 ? 50 : 34;
}

/** @param {Picture} picture @param {number} width @param {any} UPlot */
function optionsFor(picture, width, UPlot) {
  const { bands } = columnsOf(picture);
  const dashes = [[], [8, 4], [2, 4]];
  const series = [{}];
  for (const [index, one] of picture.series.entries()) {
    const colour = token(`--series-${toneOf(picture, index)}`);
    if (one.low && one.high) series.push({ stroke: "transparent", points: { show: false } }, { stroke: "transparent", points: { show: false } });
    if (one.values) series.push({ label: one.name, stroke: colour, width: 1.5, dash: dashes[index % 3], spanGaps: false, points: one.dots ? { show: true, size: 7, fill: colour, stroke: colour } : { show: false } });
  }
  const axis = { stroke: token("--ink-soft"), grid: { stroke: token("--hairline"), width: 1 }, ticks: { stroke: token("--hairline"), width: 1 }, font: `13px ${token("--face")}`, labelFont: `600 13px ${token("--face")}` };
  const scale = globalThis.devicePixelRatio || 1;
  return {
    width,
    height: Math.max(288, Math.min(420, Math.round(width * 0.45))),
    padding: [12, 12, underAxis(picture), 0],
    legend: { show: false },
    cursor: { show: false },
    scales: { x: { time: false }, y: { range: (/** @type {any} */ _, /** @type {number} */ __, /** @type {number} */ most) => [0, picture.y.most ?? (most || 1) * 1.1] } },
    axes: [
      { ...axis, label: `${picture.x.label} (${picture.x.unit})`, size: 34, labelSize: 20 },
      { ...axis, label: `${picture.y.label} (${picture.y.unit})`, size: 48, labelSize: 22 },
    ],
    series,
    bands: bands.map((band) => ({ series: [band.high, band.low], fill: token(`--series-${toneOf(picture, band.series)}-band`) })),
    hooks: {
      drawClear: [(/** @type {any} */ plot) => drawZones(plot, picture, scale)],
      draw: [(/** @type {any} */ plot) => { drawWords(plot, picture, scale); drawMarks(plot, picture, scale); }],
    },
    fmtDate: UPlot.fmtDate,
  };
}

/** @param {HTMLElement} figure */
function start(figure) {
  const written = document.getElementById(figure.dataset.chart ?? "");
  const frame = /** @type {HTMLElement | null} */ (figure.querySelector(".chart__frame"));
  const UPlot = /** @type {any} */ (globalThis).uPlot;
  if (!written || !frame || !UPlot) return;
  const picture = /** @type {Picture} */ (JSON.parse(written.textContent ?? "{}"));
  frame.setAttribute("role", "img");
  frame.setAttribute("aria-label", picture.words);
  /** @type {any} */ let plot;
  const draw = () => {
    plot?.destroy();
    plot = new UPlot(optionsFor(picture, frame.clientWidth, UPlot), columnsOf(picture).columns, frame);
  };
  void document.fonts.ready.then(draw);
  let width = frame.clientWidth;
  new ResizeObserver(() => {
    if (!plot || frame.clientWidth === width) return;
    width = frame.clientWidth;
    draw();
  }).observe(frame);
  document.addEventListener("themechange", draw);
}

if (typeof document !== "undefined") {
  for (const figure of document.querySelectorAll("figure[data-chart]")) start(/** @type {HTMLElement} */ (figure));
}
