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

/** @param {Model[]} models @returns {any} the axis of every panel: from nothing to over the highest band */
const fromZero = (models) => {
  const most = Math.max(10, ...models.flatMap((model) => [...model.high, ...Object.values(model.ahead).flatMap((band) => band.high)]));
  return { range: () => [0, most * 1.08] };
};

/** @param {string} colour @param {string} band @param {number[]} [dash] */
const edges = (colour, band, dash) => [
  { stroke: "transparent", points: { show: false } },
  { stroke: "transparent", points: { show: false } },
  ...(band ? [{ stroke: colour, width: 1.25, dash, points: { show: false } }] : []),
];

/** @param {HTMLElement} frame @param {Told} told @param {Predicted} predicted @param {Predicted["panels"][0]} panel @param {Model[]} all */
function drawSoFar(frame, told, predicted, panel, all) {
  const begin = Date.parse(predicted.from) / 1000;
  const colour = (/** @type {Model} */ model) => token(`--series-${model.tone}`);
  const options = optionsOf(told, frame.clientWidth, TALL, true, {
    scale: fromZero(all),
    axis: {},
    series: panel.models.flatMap((model) => edges(colour(model), "band")),
    bands: panel.models.map((model, place) => ({ series: [3 * place + 1, 3 * place + 2], fill: token(`--series-${model.tone}-band`) })),
    hooks: { draw: [(/** @type {any} */ plot) => nameCurves(plot, panel.models.map((model) => ({ name: model.name, colour: colour(model), from: 0, height: model.mid.at(-1) ?? 0 })))] },
  });
  options.padding[1] = GUTTER;
  const columns = [panel.models[0].t.map((t) => begin + t), ...panel.models.flatMap((model) => [model.high, model.low, model.mid])];
  return new (library())(options, columns, frame);
}

/** @param {HTMLElement} frame @param {Told} told @param {Predicted} predicted @param {Predicted["panels"][0]} panel @param {Model[]} all */
function drawAhead(frame, told, predicted, panel, all) {
  const ways = Object.keys(predicted.ways);
  const found = ways.map((way) => together(panel.models, way));
  const colour = (/** @type {number} */ place) => token(`--series-${place + 1}`);
  const mids = panel.models.length;
  const options = optionsOf(told, frame.clientWidth, TALL, true, {
    scale: fromZero(all),
    axis: {},
    series: found.flatMap((_, place) => [...edges("", ""), ...panel.models.map((__, model) => ({ stroke: colour(place), width: 1.25, dash: model ? [4, 3] : [], points: { show: false } }))]),
    bands: found.map((_, place) => ({ series: [(2 + mids) * place + 1, (2 + mids) * place + 2], fill: token(`--series-${place + 1}-band`) })),
    hooks: { draw: [(/** @type {any} */ plot) => nameCurves(plot, found.map((one, place) => ({ name: predicted.ways[ways[place]], colour: colour(place), from: 0, height: one.mids[0].at(-1) ?? 0 })))] },
  });
  options.scales.x = { time: false };
  options.axes[0].values = (/** @type {any} */ _, /** @type {number[]} */ marks) => marks.map((mark) => `+${mark} min`);
  options.padding[1] = GUTTER + 12;
  return new (library())(options, [found[0].t, ...found.flatMap((one) => [one.high, one.low, ...one.mids])], frame);
}

/** The part of the page that shows predictions. */
export class Prediction {
  /** @param {HTMLElement} place */
  constructor(place) {
    this.place = place;
    /** @type {any[]} */
    this.soFar = [];
    /** @type {any[]} */
    this.ahead = [];
    this.isOpen = false;
  }

  clear() {
    for (const plot of [...this.soFar, ...this.ahead]) plot.destroy();
    [this.soFar, this.ahead] = [[], []];
    this.place.replaceChildren();
  }

  /** @param {Predicted} predicted @param {Told} told @param {{min: number, max: number}} shown */
  draw(predicted, told, shown) {
    this.isOpen = /** @type {HTMLDetailsElement|null} */ (this.place.querySelector("details"))?.open ?? this.isOpen;
    this.clear();
    const all = predicted.panels.flatMap((panel) => panel.models);
    const head = made("p", "picture__caption");
    head.append(made("b", "", predicted.caption), document.createTextNode(predicted.whom ? ` For ${predicted.whom}, as ordered and recorded; 90 % bands.` : ""));
    this.place.append(head);
    if (predicted.words) this.place.append(made("p", "muted", predicted.words));
    for (const one of predicted.refused) this.place.append(made("p", "picture__refused", `${one.name}: ${one.words}`));
    const soFar = this.#frames(predicted, "so-far");
    this.place.append(soFar.box);
    const ahead = this.#details(predicted);
    for (const [place, panel] of predicted.panels.entries()) this.soFar.push(drawSoFar(soFar.frames[place], told, predicted, panel, all));
    this.follow(shown);
    const show = () => {
      if (!ahead.details.open || this.ahead.length) return;
      for (const [place, panel] of predicted.panels.entries()) this.ahead.push(drawAhead(ahead.frames[place], told, predicted, panel, all));
    };
    ahead.details.addEventListener("toggle", show);
    ahead.details.open = this.isOpen;
    if (!predicted.panels.length) return;
    const more = made("div", "picture__foot");
    more.append(ahead.details, this.#cautions(predicted));
    this.place.append(more);
    show();
  }

  /** @param {Predicted} predicted @param {string} kind */
  #frames(predicted, kind) {
    const box = made("div", "picture__sites");
    const frames = predicted.panels.map((panel) => {
      const figure = made("figure", "picture__site");
      const frame = made("div", "picture__plot");
      frame.setAttribute("role", "img");
      frame.setAttribute("aria-label", `${panel.title} (${kind}): ${panel.models.map((model) => `${model.name} now ${Math.round(model.mid.at(-1) ?? 0)} ${panel.unit}`).join(", ")}. The table below has the numbers.`);
      figure.append(made("figcaption", "picture__title", `${panel.title}, ${panel.unit}`), frame);
      box.append(figure);
      return frame;
    });
    return { box, frames };
  }

  /** @param {Predicted} predicted */
  #details(predicted) {
    const details = /** @type {HTMLDetailsElement} */ (made("details", "picture__ahead"));
    const { box, frames } = this.#frames(predicted, "the next hour");
    details.append(made("summary", "", "What the models say of the next hour"), made("p", "small muted", `Three ways that need no choice, drawn to see how slowly the models change; no advice. ${predicted.caption}`), box);
    return { details, frames };
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
