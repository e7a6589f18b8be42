import assert from "node:assert/strict";
import test from "node:test";
import { looksAhead, shapeOf } from "../../src/ebbtide/site/static/js/picture-predicted.js";

import { appended, gapsOf, goalWords, joined, rowsOf, sourcesIn, stepsOf, thinned, together, windowOf, wordsThatFit } from "../../src/ebbtide/site/static/js/picture-data.js";

const BEGIN = Date.parse("2026-11-23T09:00:00+00:00");
const FROM = new Date(BEGIN).toISOString();

/** @param {any} [more] */
const told = (more = {}) => ({ from: FROM, at: FROM, until: FROM, bucket_s: 1, ended: false, zone: "UTC", prediction: "", phase: "running", sources: [{ device: "a", words: "Monitor 1" }], traces: [], typed: [], rates: [], marks: [], ...more });
/** @param {number} second @param {number|null} value @param {any} [more] */
const reading = (second, value, more = {}) => ({ signal: "spo2", label: "SpO₂", value, decimals: 0, unit: "%", state: value === null ? "no_data" : "value", observed_at: new Date(BEGIN + second * 1000).toISOString(), device: "Monitor 1", device_id: "a", simulated: false, stale_s: 15, ...more });
/** @param {any[]} readings */
function after(...readings) {
  const picture = told();
  for (const one of readings) appended(picture, one);
  return { picture, trace: picture.traces[0] };
}

test("a new value is joined to the one before it", () => {
  const { trace } = after(reading(1, 97), reading(2, 96));
  assert.deepEqual([trace.t, trace.v, trace.gaps], [[1, 2], [97, 96], []]);
});

test("a silence breaks the line, and the gap keeps its length", () => {
  const { trace } = after(reading(1, 97), reading(31, 96));
  assert.deepEqual(trace.v, [97, null, 96]);
  assert.deepEqual(trace.gaps, [[1, 31, "nothing received"]]);
});

test("a probe that was off breaks the line however short it was", () => {
  const { trace } = after(reading(1, 97), reading(2, null, { state: "probe_off" }), reading(3, 96));
  assert.deepEqual(trace.v, [97, null, 96]);
  assert.deepEqual(trace.gaps, [[1, 3, "probe off"]]);
});

test("a frozen value never looks live: its gap grows by the page's own clock", () => {
  const { trace } = after(reading(1, 97));
  assert.deepEqual(gapsOf(trace, 10, false), []);
  assert.deepEqual(gapsOf(trace, 40, false), [[1, 40, "nothing received"]]);
  assert.deepEqual(gapsOf(trace, 400, false), [[1, 400, "nothing received"]]);
  assert.deepEqual(gapsOf(trace, 400, true), []);
});

test("the same value sent again, or an older one, changes nothing", () => {
  const { picture, trace } = after(reading(5, 97));
  assert.equal(appended(picture, reading(5, 97)), false);
  assert.equal(appended(picture, reading(4, 90)), false);
  assert.deepEqual(trace.v, [97]);
});

test("another monitor begins a new piece of line and is named", () => {
  const { picture, trace } = after(reading(1, 97), reading(2, 95, { device: "Monitor 2", device_id: "b", simulated: true }));
  assert.deepEqual(trace.v, [97, null, 95]);
  assert.equal(sourcesIn([trace], picture), "Monitor 1, then Monitor 2 (simulated)");
});

test("what is synthetic stands apart and is never joined to a measurement", () => {
  const { trace } = after(reading(1, 97), reading(2, 98, { state: "synthetic" }), reading(3, 97));
  assert.deepEqual(trace.v, [97, null, 97]);
  assert.deepEqual(trace.synthetic.v, [98, null]);
});

test("a signal without a place of its own has a row once it is there", () => {
  assert.deepEqual(rowsOf(told()).map((row) => row.name), ["hr", "bp", "spo2", "rr"]);
  const { picture } = after(reading(1, 38, { signal: "etco2" }));
  assert.ok(rowsOf(picture).some((row) => row.name === "etco2"));
});

test("the rate goes on in steps to now", () => {
  assert.deepEqual(stepsOf([[0, 50], [60, 0]], 90), { t: [0, 60, 90], v: [50, 0, 0] });
  assert.deepEqual(stepsOf([], 90), { t: [], v: [] });
});

test("the whole session is shown, or its last minutes", () => {
  assert.deepEqual(windowOf({ from_s: 0, now_s: 60, span_min: 0, ended: false }), { min: 0, max: 1200 });
  assert.deepEqual(windowOf({ from_s: 0, now_s: 3600, span_min: 15, ended: false }), { min: 2700, max: 3600 });
  assert.deepEqual(windowOf({ from_s: 0, now_s: 7200, span_min: 0, ended: true }), { min: 0, max: 7200 });
});

test("several models of one site stand in one band for each way on", () => {
  const band = (/** @type {number} */ low, /** @type {number} */ high) => ({ ahead: { stop: { t: [600, 660], low: [low, low], mid: [low + 1, low + 1], high: [high, high] } } });
  assert.deepEqual(together([band(10, 20), band(5, 15)], "stop"), { t: [0, 1], low: [5, 5], high: [20, 20], mids: [[11, 11], [6, 6]] });
});

test("it leaves words away that would run into those before them, however many marks stand at one time", () => {
  assert.deepEqual(wordsThatFit([{ from: 0, width: 60 }, { from: 0, width: 60 }, { from: 0, width: 60 }, { from: 60, width: 9 }]), [true, false, false, true]);
});

const PREDICTED = /** @type {any} */ ({
  caption: "c", whom: "w", words: "", cautions: [], refused: [], ways: { stop: "s" },
  panels: [{ site: "venous", title: "t", unit: "ng/mL", models: [{ id: "a", name: "A", tone: 1, t: [0, 1], low: [0, 1], mid: [1, 2], high: [2, 3], ahead: {} }] }],
});

test("the plots of a prediction are made anew for another model, and filled anew for other numbers", () => {
  const picture = /** @type {any} */ ({ zone: "UTC" });
  const numbers = structuredClone(PREDICTED);
  numbers.panels[0].models[0].mid = [5, 6];
  assert.equal(shapeOf(numbers, picture), shapeOf(PREDICTED, picture));
  const other = structuredClone(PREDICTED);
  other.panels[0].models[0].id = "b";
  assert.notEqual(shapeOf(other, picture), shapeOf(PREDICTED, picture));
  assert.notEqual(shapeOf(PREDICTED, { ...picture, zone: "America/Chicago" }), shapeOf(PREDICTED, picture));
});

test("it knows whether the next hour was told", () => {
  assert.equal(looksAhead(PREDICTED), false);
  const told = structuredClone(PREDICTED);
  told.panels[0].models[0].ahead = { stop: { t: [0], low: [0], mid: [0], high: [0] } };
  assert.equal(looksAhead(told), true);
  assert.equal(looksAhead({ ...PREDICTED, panels: [] }), true);
});

test("lines are joined on one axis: nothing where a line has nothing, a break where it is broken", () => {
  const [times, one, other] = joined([{ t: [0, 2, 4], v: [1, null, 3] }, { t: [2, 2, 5], v: [7, 8, 9] }], 100);
  assert.deepEqual(times, [100, 102, 104, 105]);
  assert.deepEqual([...one], [1, null, 3, undefined]);
  assert.deepEqual([...other], [undefined, 8, undefined, 9]);
  assert.deepEqual(joined([null, { t: [], v: [] }], 0), [[], [], []]);
});

test("dots that would cover each other are thinned, and the lowest and the highest stay, in pairs", () => {
  const t = Array.from({ length: 100 }, (_, n) => n);
  const high = { t, v: t.map((n) => (n === 37 ? 190 : 120)) };
  const low = { t, v: t.map((n) => (n === 52 ? 30 : 70)) };
  const [upper, lower] = thinned([high, low], 20);
  assert.ok(upper.t.length < 25);
  assert.deepEqual(upper.t, lower.t);
  assert.ok(upper.v.includes(190) && lower.v.includes(30));
  assert.ok(upper.t.includes(99));
});

test("what has room is left as it is", () => {
  const lines = [{ t: [0, 300, 600], v: [1, 2, 3] }];
  assert.equal(thinned(lines, 20), lines);
  assert.equal(thinned(lines, 0), lines);
  assert.deepEqual(thinned([], 20), []);
});

test("W18: a trend without this person's own upper and lower limits", () => {
  const goal = (/** @type {number} */ value, /** @type {boolean} */ above, own = false) => ({ signal: "hr", value, above, own });
  assert.equal(goalWords([goal(45, false), goal(130, true)]), "limits: below 45, above 130");
  assert.match(goalWords([goal(45, false), goal(140, true, true)]), /above 140 \(this person's own\)/);
  assert.equal(goalWords([]), "");
});
