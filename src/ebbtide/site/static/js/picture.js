/**
 * The session on one time axis at the chair. The server sends what there is, downsampled; new values come by the stream that
 * vitals.js holds open, and the page's own timer draws: a sensor that dies leaves a gap that grows, and no line.
 */

import { ROWS, appended, goalWords, rowsOf, sourcesIn, windowOf } from "./picture-data.js";
import { beginsAt, goalsOf, marksPanel, ratePanel, signalPanel, tracesOf } from "./picture-panels.js";
import { Prediction, made } from "./picture-predicted.js";

/** @typedef {import("./picture-data.js").Told} Told */
/** @typedef {import("./picture-panels.js").Panel} Panel */

const BY_ITSELF = { "Ebbtide-Background": "1" };
const DRAW_EVERY_MS = 1000;
const PREDICT_EVERY_MS = 30_000;
const READ_AGAIN_AFTER = 3600; // values taken in by the stream: then the server downsamples them with the rest
const READ_AGAIN_EVERY_MS = 300_000; // what the stream lost is on the server
const SPANS = [[0, "Whole session"], [60, "60 min"], [15, "15 min"]];

class Picture {
  /** @param {HTMLElement} section */
  constructor(section) {
    this.section = section;
    this.rows = /** @type {HTMLElement} */ (section.querySelector("[data-picture-panels]"));
    this.line = /** @type {HTMLElement} */ (section.querySelector("[data-picture-line]"));
    this.prediction = new Prediction(/** @type {HTMLElement} */ (section.querySelector("[data-picture-predicted]")), () => void this.predict().catch(() => {}));
    /** @type {{told: Told, now_s: number, span_s: number}} */
    this.seen = { told: /** @type {any} */ (null), now_s: 0, span_s: 0 };
    /** @type {Panel[]} */
    this.panels = [];
    /** @type {any} */
    this.predicted = null;
    this.predictedUrl = "";
    this.span_min = 0;
    this.taken = 0;
    this.asked = 0;
    this.predictions = 0;
    this.base = { server_s: 0, page_ms: 0 };
    this.#offerSpans();
  }

  get now_s() {
    const { told } = this.seen;
    const now = this.base.server_s + (performance.now() - this.base.page_ms) / 1000;
    return told.ended ? (Date.parse(told.until) - Date.parse(told.from)) / 1000 : now;
  }

  /** @param {string} at the server's time, just now */
  setTime(at) {
    this.base = { server_s: (Date.parse(at) - Date.parse(this.seen.told.from)) / 1000, page_ms: performance.now() };
  }

  async read() {
    const mine = (this.asked += 1);
    // the band first, alone: answered together they would wait for each other
    if (this.predictedUrl) await this.predict().catch(() => {});
    if (mine !== this.asked) return;
    const answer = await fetch(this.section.dataset.pictureUrl ?? "", { headers: BY_ITSELF, credentials: "same-origin" });
    if (!answer.ok || mine !== this.asked) return;
    const told = /** @type {Told} */ (await answer.json());
    if (mine !== this.asked) return;
    const before = this.seen.told;
    this.seen.told = told;
    this.taken = 0;
    this.setTime(told.at);
    if (!before || shapeOf(before) !== shapeOf(told)) this.build();
    this.draw();
    const first = told.prediction && !this.predictedUrl;
    this.predictedUrl = told.prediction;
    if (!told.prediction) { this.predicted = null; this.prediction.clear(); } else if (first) await this.predict();
  }

  async predict() {
    const mine = (this.predictions += 1);
    const answer = await fetch(`${this.predictedUrl}${this.prediction.isOpen ? "?ahead=yes" : ""}`, { headers: BY_ITSELF, credentials: "same-origin" });
    if (answer.status !== 200) { this.predicted = null; this.prediction.clear(); return; } // switched off while the page was open
    const predicted = await answer.json();
    if (mine !== this.predictions) return; // a newer one is under way
    this.predicted = predicted;
    this.showPrediction();
  }

  showPrediction(anew = false) {
    if (!this.predicted || !this.seen.told) return;
    this.prediction.draw(this.predicted, this.seen.told, this.shown(), anew);
    this.section.dispatchEvent(new CustomEvent("picture:predicted", { detail: { at_ms: performance.timeOrigin + performance.now() } }));
  }

  /** @returns {{min: number, max: number}} what is shown, in epoch seconds */
  shown() {
    const begin = beginsAt(this.seen.told);
    const { min, max } = windowOf({ from_s: 0, now_s: this.now_s, span_min: this.span_min, ended: this.seen.told.ended });
    return { min: begin + min, max: begin + max };
  }

  build() {
    for (const panel of this.panels) panel.plot?.destroy();
    this.rows.replaceChildren();
    const { told } = this.seen;
    const signals = rowsOf(told).map((row) => signalPanel(this.#row(row.name, row.title, row.unit), row, this.seen));
    this.panels = [...signals, ratePanel(this.#row("rate", "Charted rate", "mg/h")), marksPanel(this.#row("marks", "", ""), this.seen)];
    this.seen.now_s = this.now_s;
    for (const panel of this.panels) {
      panel.plot = new (/** @type {any} */ (globalThis).uPlot)(panel.options(told), panel.fill(told, this.seen.now_s), panel.frame);
    }
  }

  /** @param {string} name @param {string} title @param {string} unit @returns {HTMLElement} the frame of a plot, with its words beside it */
  #row(name, title, unit) {
    const row = made("div", `picture__row picture__row--${name}`);
    const words = made("div", "picture__name");
    if (name === "marks") for (const lane of ["Drugs", "Scales", "Events"]) words.append(made("span", "picture__lane", lane));
    else words.append(made("b", "", title), made("span", "picture__unit", ` ${unit}`), made("span", "picture__source"));
    const frame = made("div", "picture__plot");
    frame.setAttribute("role", "img");
    frame.setAttribute("aria-label", name === "marks" ? "Drugs, scales and events over time. The table below has them in words." : `${title}, ${unit}, over time. The table below has the numbers.`);
    row.append(words, frame);
    this.rows.append(row);
    return frame;
  }

  draw() {
    const { told } = this.seen;
    if (!told || document.hidden) return;
    const begun = performance.now();
    this.seen.now_s = this.now_s;
    const shown = this.shown();
    this.seen.span_s = shown.max - shown.min;
    for (const panel of this.panels) {
      panel.plot.batch(() => {
        panel.plot.setData(panel.fill(told, this.seen.now_s), false);
        panel.plot.setScale("x", shown);
      });
    }
    this.prediction.follow(shown);
    this.#nameSources();
    this.section.dispatchEvent(new CustomEvent("picture:drawn", { detail: { took_ms: performance.now() - begun } }));
  }

  #nameSources() {
    const { told } = this.seen;
    for (const row of ROWS) {
      const place = this.rows.querySelector(`.picture__row--${row.name} .picture__source`);
      if (!place) continue;
      const traces = tracesOf(row, told);
      const hand = told.typed.some((one) => row.signals.includes(one.signal));
      const synthetic = traces.some((trace) => trace.synthetic.t.length);
      const words = [sourcesIn(traces, told), hand ? "○ by hand" : "", synthetic ? "dotted: synthetic, not a measurement" : "", goalWords(goalsOf(row, told))].filter(Boolean).join(" · ");
      if (place.textContent !== words) place.textContent = words;
    }
  }

  /** @param {any} news what the strip above shows now, one reading for each signal */
  take(news) {
    const { told } = this.seen;
    if (!told || told.ended) return;
    this.setTime(news.at);
    const rows = rowsOf(told).length;
    for (const reading of news.readings) if (appended(told, reading)) this.taken += 1;
    if (rowsOf(told).length !== rows) this.build();
    if (this.taken > READ_AGAIN_AFTER) void this.read().catch(() => {});
  }

  #offerSpans() {
    const place = /** @type {HTMLElement|null} */ (this.section.querySelector("[data-picture-spans]"));
    if (!place) return;
    for (const [minutes, words] of SPANS) {
      const button = /** @type {HTMLButtonElement} */ (made("button", "button button--chair picture__span", String(words)));
      button.type = "button";
      button.setAttribute("aria-pressed", String(minutes === 0));
      button.addEventListener("click", () => {
        this.span_min = Number(minutes);
        for (const other of place.children) other.setAttribute("aria-pressed", String(other === button));
        this.draw();
      });
      place.append(button);
    }
    place.hidden = false;
  }

  fit() {
    if (!this.seen.told) return;
    this.build();
    this.draw();
    this.showPrediction(true);
  }
}

/** @param {Told} told @returns {string} which rows there are: only when these change the plots are made anew */
const shapeOf = (told) => [told.from, told.zone, ...rowsOf(told).map((row) => row.name)].join();

/** @param {HTMLElement} section */
function start(section) {
  if (!(/** @type {any} */ (globalThis).uPlot)) return;
  const picture = new Picture(section);
  let heard_ms = performance.now();
  const read = async () => {
    try {
      await picture.read();
      picture.line.textContent = "";
    } catch {
      picture.line.textContent = "The picture could not be read: it may lack what was charted last.";
    }
  };
  const strip = document.getElementById("vitals");
  strip?.addEventListener("vitals:values", (event) => { heard_ms = performance.now(); picture.take(/** @type {CustomEvent} */ (event).detail); });
  for (const name of ["vitals:message", "vitals:again"]) strip?.addEventListener(name, () => void read());
  document.body.addEventListener("charted", () => void read());
  document.addEventListener("visibilitychange", () => { if (!document.hidden) void read(); });
  document.addEventListener("themechange", () => picture.fit());
  setInterval(() => picture.draw(), DRAW_EVERY_MS);
  setInterval(() => { if (picture.predictedUrl && !document.hidden) void picture.predict().catch(() => {}); }, PREDICT_EVERY_MS);
  setInterval(() => { if (!document.hidden || performance.now() - heard_ms > READ_AGAIN_EVERY_MS) void read(); }, READ_AGAIN_EVERY_MS);
  void document.fonts.ready.then(read);
  let width = picture.rows.clientWidth;
  new ResizeObserver(() => {
    if (picture.rows.clientWidth === width) return;
    width = picture.rows.clientWidth;
    picture.fit();
  }).observe(picture.rows);
}

if (typeof document !== "undefined") {
  const section = document.getElementById("picture");
  if (section) start(section);
}
