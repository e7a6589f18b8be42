/**
 * The predicted concentration under the picture: one panel for each sampling site, every model with its band; and, apart,
 * what the models say of the next hour. Made only while the clinic's medical director has it switched on. It is a model and
 * no measurement, and it proposes nothing.
 */

import { movedApart } from "./chart.js";
import { together } from "./picture-data.js";
import { optionsOf, token } from "./picture-panels.js";

/** @typedef {import("./picture-data.js").Told} Told */
/** @typedef {import("./picture-data.js").Band} Band */
/** @typedef {{id: string, name: string, tone: number, ahead: Record<string, Band>} & Band} Model */
/** @typedef {{caption: string, at: string, from: string, whom: string, words: string, ways: Record<string, string>, cautions: string[],
 *   refused: {name: string, words: string}[], panels: {site: string, title: string, unit: string, models: Model[]}[]}} Predicted */

const TALL = 112;
const GUTTER = 116;
/** @returns {any} */
const library = () => /** @type {any} */ (globalThis).uPlot;

/** @param {string} tag @param {string} name @param {string} [words] */
export function made(tag, name, words = "") {
  const element = document.createElement(tag);
  element.className = name;
  element.textContent = words;
  return element;
}

/**
 * Names at the right end of their curves, one under the other. @param {any} plot @param {{name: string, colour: string, from: number, height: number}[]} labels
 */
function nameCurves(plot, labels) {
  const { ctx, bbox } = plot;
  const scale = globalThis.devicePixelRatio || 1;
  ctx.save();
  ctx.font = `600 ${12 * scale}px ${token("--face")}`;
  ctx.textBaseline = "middle";
  ctx.textAlign = "left";
  const left = bbox.left + bbox.width + 8 * scale;
  const heights = movedApart(labels.map((label) => plot.valToPos(label.height, "y", true)), 15 * scale);
  for (const [place, label] of labels.entries()) {
    ctx.fillStyle = label.colour;
    ctx.fillText(label.name, left, Math.min(heights[place], bbox.top + bbox.height));
  }
  ctx.restore();
}

/** @param {Predicted} predicted @returns {number} the top of every panel's axis: over the highest band */
function topOf(predicted) {
  let most = 10;
  for (const panel of predicted.panels) for (const model of panel.models) {
    for (const high of [model.high, ...Object.values(model.ahead).map((band) => band.high)]) for (const value of high) if (value > most) most = value;
  }
  return most * 1.08;
}

/** @typedef {{predicted: Predicted, top: number}} Seen what the plots show now: they read it at every redraw, and are not made anew */

/** @param {Seen} seen @returns {any} */
const fromZero = (seen) => ({ range: () => [0, seen.top] });

/** @param {string} colour @param {string} band @param {number[]} [dash] */
const edges = (colour, band, dash) => [
  { stroke: "transparent", points: { show: false } },
  { stroke: "transparent", points: { show: false } },
  ...(band ? [{ stroke: colour, width: 1.25, dash, points: { show: false } }] : []),
];

/** @param {Predicted} predicted @param {number} place @returns {any[]} the columns of a panel so far */
function columnsSoFar(predicted, place) {
  const begin = Date.parse(predicted.from) / 1000;
  const { models } = predicted.panels[place];
  return [models[0].t.map((t) => begin + t), ...models.flatMap((model) => [model.high, model.low, model.mid])];
}

/** @param {HTMLElement} frame @param {Told} told @param {Seen} seen @param {number} place */
function drawSoFar(frame, told, seen, place) {
  const { models } = seen.predicted.panels[place];
  const colour = (/** @type {Model} */ model) => token(`--series-${model.tone}`);
  const now = () => seen.predicted.panels[place].models;
  const options = optionsOf(told, frame.clientWidth, TALL, true, {
    scale: fromZero(seen),
    axis: {},
    series: models.flatMap((model) => edges(colour(model), "band")),
    bands: models.map((model, number) => ({ series: [3 * number + 1, 3 * number + 2], fill: token(`--series-${model.tone}-band`) })),
    hooks: { draw: [(/** @type {any} */ plot) => nameCurves(plot, now().map((model) => ({ name: model.name, colour: colour(model), from: 0, height: model.mid.at(-1) ?? 0 })))] },
  });
  options.padding[1] = GUTTER;
  return new (library())(options, columnsSoFar(seen.predicted, place), frame);
}

/** @param {Predicted} predicted @param {number} place */
const waysOf = (predicted, place) => Object.keys(predicted.ways).map((way) => together(predicted.panels[place].models, way));

/** @param {Predicted} predicted @param {number} place @returns {any[]} the columns of a panel of the next hour */
function columnsAhead(predicted, place) {
  const found = waysOf(predicted, place);
  return [found[0].t, ...found.flatMap((one) => [one.high, one.low, ...one.mids])];
}

/** @param {HTMLElement} frame @param {Told} told @param {Seen} seen @param {number} place */
function drawAhead(frame, told, seen, place) {
  const ways = Object.keys(seen.predicted.ways);
  const { models } = seen.predicted.panels[place];
  const colour = (/** @type {number} */ number) => token(`--series-${number + 1}`);
  const mids = models.length;
  const options = optionsOf(told, frame.clientWidth, TALL, true, {
    scale: fromZero(seen),
    axis: {},
    series: ways.flatMap((_, number) => [...edges("", ""), ...models.map((__, model) => ({ stroke: colour(number), width: 1.25, dash: model ? [4, 3] : [], points: { show: false } }))]),
    bands: ways.map((_, number) => ({ series: [(2 + mids) * number + 1, (2 + mids) * number + 2], fill: token(`--series-${number + 1}-band`) })),
    hooks: { draw: [(/** @type {any} */ plot) => nameCurves(plot, waysOf(seen.predicted, place).map((one, number) => ({ name: seen.predicted.ways[ways[number]], colour: colour(number), from: 0, height: one.mids[0].at(-1) ?? 0 })))] },
  });
  options.scales.x = { time: false };
  options.axes[0].values = (/** @type {any} */ _, /** @type {number[]} */ marks) => marks.map((mark) => `+${mark} min`);
  options.padding[1] = GUTTER + 12;
  return new (library())(options, columnsAhead(seen.predicted, place), frame);
}

/**
 * What must be the same for the plots that are there to be filled anew, instead of being made anew.
 * @param {Predicted} predicted @param {Told} told @returns {string}
 */
export function shapeOf(predicted, told) {
  const { caption, whom, words, cautions, refused, ways } = predicted;
  const panels = predicted.panels.map((panel) => [panel.site, panel.title, ...panel.models.map((model) => [model.id, model.name, model.tone])]);
  return JSON.stringify([caption, whom, words, cautions, refused, ways, panels, told.zone]);
}

/** @param {Predicted} predicted @returns {boolean} whether it says anything of the next hour */
export const looksAhead = (predicted) => predicted.panels.every((panel) => panel.models.every((model) => Object.keys(model.ahead).length > 0));

/** The part of the page that shows predictions. */
export class Prediction {
  /** @param {HTMLElement} place @param {() => void} [opened] asks for the next hour, once somebody opens that part */
  constructor(place, opened = () => {}) {
    this.place = place;
    this.opened = opened;
    /** @type {any[]} */
    this.soFar = [];
    /** @type {any[]} */
    this.ahead = [];
    /** @type {{soFar: HTMLElement[], ahead: HTMLElement[]}} */
    this.frames = { soFar: [], ahead: [] };
    /** @type {HTMLDetailsElement|null} */
    this.details = null;
    /** @type {Seen} */
    this.seen = { predicted: /** @type {any} */ (null), top: 10 };
    this.shape = "";
    this.isOpen = false;
  }

  clear() {
    for (const plot of [...this.soFar, ...this.ahead]) plot.destroy();
    [this.soFar, this.ahead] = [[], []];
    this.shape = "";
    this.place.replaceChildren();
  }

  /**
   * Fills the plots that are there; they are made anew only when something other than numbers changed, or `anew` asks for it.
   * @param {Predicted} predicted @param {Told} told @param {{min: number, max: number}} shown @param {boolean} [anew]
   */
  draw(predicted, told, shown, anew = false) {
    this.told = told;
    this.seen.predicted = predicted;
    this.seen.top = topOf(predicted);
    const shape = shapeOf(predicted, told);
    if (anew || shape !== this.shape) this.#make(predicted, told, shape);
    else for (const [place, plot] of this.soFar.entries()) plot.setData(columnsSoFar(predicted, place), false);
    this.#nameFrames(predicted);
    this.follow(shown);
    this.#showAhead();
  }

  /** @param {Predicted} predicted @param {Told} told @param {string} shape */
  #make(predicted, told, shape) {
    this.clear();
    this.shape = shape;
    const head = made("p", "picture__caption");
    head.append(made("b", "", predicted.caption), document.createTextNode(predicted.whom ? ` For ${predicted.whom}, as ordered and recorded; 90 % bands.` : ""));
    this.place.append(head);
    if (predicted.words) this.place.append(made("p", "muted", predicted.words));
    for (const one of predicted.refused) this.place.append(made("p", "picture__refused", `${one.name}: ${one.words}`));
    const soFar = this.#frames(predicted);
    this.place.append(soFar.box);
    this.frames = { soFar: soFar.frames, ahead: [] };
    this.soFar = predicted.panels.map((_, place) => drawSoFar(soFar.frames[place], told, this.seen, place));
    this.details = null;
    if (!predicted.panels.length) return;
    this.details = this.#details(predicted);
    const more = made("div", "picture__foot");
    more.append(this.details, this.#cautions(predicted));
    this.place.append(more);
  }

  /** The next hour is asked for only while its part is open: nobody waits for what nobody sees. */
  #showAhead() {
    const { predicted } = this.seen;
    if (!this.details?.open || !this.told) return;
    if (!looksAhead(predicted)) { this.opened(); return; }
    if (this.ahead.length) for (const [place, plot] of this.ahead.entries()) { plot.setData(columnsAhead(predicted, place), true); }
    else for (const place of predicted.panels.keys()) this.ahead.push(drawAhead(this.frames.ahead[place], this.told, this.seen, place));
  }

  /** @param {Predicted} predicted */
  #frames(predicted) {
    const box = made("div", "picture__sites");
    const frames = predicted.panels.map((panel) => {
      const figure = made("figure", "picture__site");
      const frame = made("div", "picture__plot");
      frame.setAttribute("role", "img");
      figure.append(made("figcaption", "picture__title", `${panel.title}, ${panel.unit}`), frame);
      box.append(figure);
      return frame;
    });
    return { box, frames };
  }

  /** @param {Predicted} predicted */
  #nameFrames(predicted) {
    for (const [kind, frames] of /** @type {[string, HTMLElement[]][]} */ ([["so far", this.frames.soFar], ["the next hour", this.frames.ahead]])) {
      for (const [place, frame] of frames.entries()) {
        const panel = predicted.panels[place];
        frame.setAttribute("aria-label", `${panel.title} (${kind}): ${panel.models.map((model) => `${model.name} now ${Math.round(model.mid.at(-1) ?? 0)} ${panel.unit}`).join(", ")}. The table below has the numbers.`);
      }
    }
  }

  /** @param {Predicted} predicted */
  #details(predicted) {
    const details = /** @type {HTMLDetailsElement} */ (made("details", "picture__ahead"));
    const { box, frames } = this.#frames(predicted);
    this.frames.ahead = frames;
    details.append(made("summary", "", "What the models say of the next hour"), made("p", "small muted", `Three ways that need no choice, drawn to see how slowly the models change; no advice. ${predicted.caption}`), box);
    details.open = this.isOpen;
    details.addEventListener("toggle", () => {
      this.isOpen = details.open;
      this.#showAhead();
    });
    return details;
  }

  /** @param {Predicted} predicted */
  #cautions(predicted) {
    const details = made("details", "picture__cautions");
    const list = made("ul", "small");
    for (const words of predicted.cautions) list.append(made("li", "", words));
    details.append(made("summary", "", "Where these models hold"), list);
    return details;
  }

  /** The same stretch of time as the picture above. @param {{min: number, max: number}} shown */
  follow(shown) {
    for (const plot of this.soFar) plot.setScale("x", shown);
  }
}
