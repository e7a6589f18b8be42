/**
 * Draws a curve from the JSON beside it: direct labels, bands, shaded zones with their source, infusions under the
 * time axis, and the same numbers as a table. uPlot sets styles only through the CSSOM, so the content policy stays.
 */

/** @typedef {{name: string, values: (number | null)[], low?: (number | null)[], high?: (number | null)[], dots?: boolean}} Series */
/** @typedef {{from: number, to: number, words: string}} Span */
/** @typedef {{words: string, x: {label: string, unit: string, values: number[]}, y: {label: string, unit: string, most?: number}, series: Series[], zones?: Span[], marks?: Span[]}} Picture */

/** @param {(number | null)[]} values @returns {number} where the line ends, -1 when it has no point */
export function lastPoint(values) {
  for (let index = values.length - 1; index >= 0; index -= 1) if (values[index] !== null && values[index] !== undefined) return index;
  return -1;
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
 * @param {Picture} picture
 * @param {number} [most] rows at most; a long curve is thinned evenly and keeps its last row
 * @returns {{head: string[], rows: string[][]}} every number with its head's unit; a gap says so
 */
export function tableOf(picture, most = 25) {
  const say = (/** @type {number | null | undefined} */ value) => (value === null || value === undefined ? "not recorded" : String(Math.round(value * 10) / 10));
  const head = [`${picture.x.label} (${picture.x.unit})`, ...picture.series.map((series) => `${series.name} (${picture.y.unit})`)];
  const step = Math.max(1, Math.ceil(picture.x.values.length / most));
  const last = picture.x.values.length - 1;
  const rows = picture.x.values.flatMap((x, index) => {
    if (index % step !== 0 && index !== last) return [];
    return [[String(x), ...picture.series.map((series) => {
      const middle = say(series.values[index]);
      return series.low && series.high && series.values[index] !== null ? `${middle} (${say(series.low[index])} to ${say(series.high[index])})` : middle;
    })]];
  });
  return { head, rows };
}

/** @param {Element} place @param {Picture} picture */
function writeTable(place, picture) {
  if (place.querySelector("table")) return;
  const { head, rows } = tableOf(picture);
  const frame = document.createElement("div");
  frame.className = "table-frame";
  frame.tabIndex = 0;
  const table = document.createElement("table");
  table.className = "table";
  const line = (/** @type {string[]} */ cells, /** @type {"th" | "td"} */ tag) => {
    const row = document.createElement("tr");
    for (const text of cells) {
      const cell = document.createElement(tag);
      if (tag === "th") cell.setAttribute("scope", "col");
      cell.className = "number";
      cell.textContent = text;
      row.append(cell);
    }
    return row;
  };
  table.createTHead().append(line(head, "th"));
  table.createTBody().append(...rows.map((row) => line(row, "td")));
  frame.append(table);
  place.append(frame);
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
  const values = picture.series[index].values;
  const peak = values.reduce((/** @type {number} */ best, value, at) => (value !== null && (best < 0 || value > (values[best] ?? 0)) ? at : best), -1);
  if (peak < 0) return { peak, clear: -1 };
  const height = values[peak] ?? 0;
  let clear = picture.x.values.length;
  while (clear > 0 && picture.series.every((series) => ((series.high ?? series.values)[clear - 1] ?? 0) < height)) clear -= 1;
  return { peak, clear: clear < picture.x.values.length ? clear : -1 };
}

/** @param {any} plot @param {Picture} picture @param {number} scale */
function drawWords(plot, picture, scale) {
  const { ctx, bbox } = plot;
  const right = bbox.left + bbox.width;
  ctx.save();
  ctx.font = `600 ${13 * scale}px ${token("--face")}`;
  ctx.textBaseline = "middle";
  const spots = picture.series.map((series, index) => {
    const { peak, clear } = labelPlace(picture, index);
    const beside = clear >= 0 ? plot.valToPos(picture.x.values[clear], "x", true) + 10 * scale : right;
    const led = beside + ctx.measureText(series.name).width <= right;
    const at = led ? peak : lastPoint(series.values);
    return { led, beside, x: plot.valToPos(picture.x.values[at] ?? 0, "x", true), y: plot.valToPos(series.values[at] ?? 0, "y", true) };
  });
  const heights = movedApart(spots.map((spot) => (spot.led ? spot.y : spot.y - 11 * scale)), 17 * scale);
  for (const [index, series] of picture.series.entries()) {
    if (lastPoint(series.values) < 0) continue;
    const { led, beside, x, y } = spots[index];
    ctx.fillStyle = token(`--series-${index + 1}`);
    ctx.strokeStyle = ctx.fillStyle;
    if (led) {
      ctx.lineWidth = scale;
      ctx.setLineDash([2 * scale, 3 * scale]);
      ctx.beginPath();
      ctx.moveTo(x, y);
      ctx.lineTo(beside - 4 * scale, heights[index]);
      ctx.stroke();
      ctx.setLineDash([]);
    }
    ctx.textAlign = led ? "left" : "right";
    ctx.fillText(series.name, led ? beside : right - 4 * scale, heights[index]);
  }
  ctx.textBaseline = "top";
  ctx.textAlign = "left";
  for (const mark of picture.marks ?? []) {
    const from = Math.max(plot.valToPos(mark.from, "x", true), bbox.left);
    const to = Math.min(plot.valToPos(mark.to, "x", true), bbox.left + bbox.width);
    const y = bbox.top + bbox.height + 58 * scale; // under the axis and its name
    ctx.fillStyle = token("--ink");
    ctx.fillRect(from, y, Math.max(to - from, 2 * scale), 6 * scale);
    ctx.fillText(mark.words, from, y + 10 * scale);
  }
  ctx.restore();
}

/** @param {Picture} picture @param {number} width @param {any} UPlot */
function optionsFor(picture, width, UPlot) {
  const { bands } = columnsOf(picture);
  const dashes = [[], [8, 4], [2, 4]];
  const series = [{}];
  for (const [index, one] of picture.series.entries()) {
    const colour = token(`--series-${index + 1}`);
    if (one.low && one.high) series.push({ stroke: "transparent", points: { show: false } }, { stroke: "transparent", points: { show: false } });
    series.push({ label: one.name, stroke: colour, width: 1.5, dash: dashes[index % 3], spanGaps: false, points: one.dots ? { show: true, size: 7, fill: colour, stroke: colour } : { show: false } });
  }
  const axis = { stroke: token("--ink-soft"), grid: { stroke: token("--hairline"), width: 1 }, ticks: { stroke: token("--hairline"), width: 1 }, font: `13px ${token("--face")}`, labelFont: `600 13px ${token("--face")}` };
  const scale = globalThis.devicePixelRatio || 1;
  return {
    width,
    height: Math.max(288, Math.min(420, Math.round(width * 0.45))),
    padding: [12, 12, picture.marks?.length ? 34 : 4, 0],
    legend: { show: false },
    cursor: { show: false },
    scales: { x: { time: false }, y: { range: (/** @type {any} */ _, /** @type {number} */ __, /** @type {number} */ most) => [0, picture.y.most ?? (most || 1) * 1.1] } },
    axes: [
      { ...axis, label: `${picture.x.label} (${picture.x.unit})`, size: 34, labelSize: 20 },
      { ...axis, label: `${picture.y.label} (${picture.y.unit})`, size: 48, labelSize: 22 },
    ],
    series,
    bands: bands.map((band) => ({ series: [band.high, band.low], fill: token(`--series-${band.series + 1}-band`) })),
    hooks: {
      drawClear: [(/** @type {any} */ plot) => drawZones(plot, picture, scale)],
      draw: [(/** @type {any} */ plot) => drawWords(plot, picture, scale)],
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
  const place = figure.querySelector("[data-chart-table]");
  if (place) writeTable(place, picture);
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
