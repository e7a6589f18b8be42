/** Live vital signs: judged by the page's own timer, as the server judges them. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { BEST_FIRST, chosen, judge, lineOf, merged, placesOf } from "../../src/ebbtide/site/static/js/vitals.js";

const CASES = JSON.parse(readFileSync(new URL("../journey/infusion/freshness_cases.json", import.meta.url), "utf8"));
const NOW = Date.parse("2026-11-23T15:00:00+00:00");

function one({ age_s = 1, state = "value", device = 1, bound_s = 600, signal = "spo2", interval_s = 1, value = 97, decimals = 0, unit = "%", simulated = false } = {}) {
  return {
    signal, label: signal, value: ["value", "synthetic"].includes(state) ? value : null, decimals, unit, state, simulated,
    observed_at: new Date(NOW - age_s * 1000).toISOString(), bound_at: new Date(NOW - bound_s * 1000).toISOString(),
    device: `Monitor ${device}`, device_id: `0000${device}`, stale_s: Math.max(15, 1.5 * interval_s), lost_s: Math.max(60, 3 * interval_s),
  };
}

for (const wanted of CASES.judged) {
  test(`it judges like the server: ${wanted.why}`, () => {
    assert.equal(judge(one(wanted), wanted.age_s), wanted.freshness);
  });
}

for (const wanted of CASES.chosen) {
  test(`it chooses like the server: ${wanted.why}`, () => {
    const heard = wanted.heard.map(one);
    assert.equal(chosen(heard, NOW).spo2.device, wanted.device);
    assert.equal(chosen(heard.reverse(), NOW).spo2.device, wanted.device);
  });
}

test("it never calls a dead sensor live, whatever the stream does", () => {
  const values = { a: one({ age_s: 0 }) };
  const seen = [1, 16, 61].map((s) => placesOf(values, NOW + s * 1000).find((p) => p.signal === "spo2"));
  assert.deepEqual(seen.map((p) => p.freshness), ["live", "stale", "lost"]);
  assert.deepEqual(seen.map((p) => p.number), ["97", "97", "–"]);
  assert.equal(seen[1].words, "stale · Monitor 1 · 16 s ago");
  assert.equal(seen[2].words, "lost · Monitor 1 · nothing for 61 s");
});

test("it names what another monitor says of the same sign, as the server does", () => {
  const values = { a: one({ value: 97 }), b: one({ device: 2, bound_s: 60, value: 91 }) };
  const words = (/** @type {number} */ ms) => placesOf(values, NOW + ms).find((p) => p.signal === "spo2").words;
  assert.equal(words(0), "Monitor 1 · 1 s ago · Monitor 2 91");
  values.b = one({ device: 2, bound_s: 60, value: 97.2 });
  assert.equal(words(0), "Monitor 1 · 1 s ago · Monitor 2 the same");
  assert.equal(words(20_000), "stale · Monitor 1 · 21 s ago");
});

test("it shows no number for a state without one", () => {
  for (const state of ["probe_off", "no_data", "artefact"]) {
    const place = placesOf({ a: one({ state }) }, NOW).find((p) => p.signal === "spo2");
    assert.deepEqual([place.number, place.unit, place.freshness], ["–", "", state]);
  }
});

test("it keeps a place for what has not come, and says so", () => {
  assert.deepEqual(placesOf({}, NOW).map((p) => [p.signal, p.number, p.words]),
    ["hr", "spo2", "rr", "sbp"].map((name) => [name, "–", "not received"]));
});

test("it writes one pressure of one measurement", () => {
  const pair = { s: one({ signal: "sbp", value: 128, unit: "mmHg", interval_s: 300 }), d: one({ signal: "dbp", value: 74.4, unit: "mmHg", interval_s: 300 }) };
  assert.equal(placesOf(pair, NOW).find((p) => p.signal === "sbp").number, "128/74");
  pair.d = one({ signal: "dbp", value: 74, age_s: 200, interval_s: 300 });
  assert.equal(placesOf(pair, NOW).find((p) => p.signal === "sbp").number, "128/–");
});

test("it names the source, and says when it is simulated", () => {
  assert.equal(placesOf({ a: one({ simulated: true, age_s: 3 }) }, NOW)[1].words, "Monitor 1 (simulated) · 3 s ago");
});

test("it takes newer readings and never older ones", () => {
  const [old, fresh] = [one({ age_s: 9, value: 90 }), one({ age_s: 1, value: 98 })];
  assert.equal(merged({ a: old }, { a: fresh }).a.value, 98);
  assert.equal(merged({ a: fresh }, { a: old }).a.value, 98);
  assert.deepEqual(Object.keys(merged({ a: old }, { b: fresh })), ["a", "b"]);
});

test("it says by itself that nothing is heard", () => {
  assert.equal(lineOf({ heard_s: 3, gateway_s: 2, ended: false }), "");
  assert.match(lineOf({ heard_s: 13, gateway_s: 2, ended: false }), /^This page has heard nothing for 13 s/);
  assert.match(lineOf({ heard_s: 3, gateway_s: 11, ended: false }), /^The monitor gateway is silent for 11 s/);
  assert.match(lineOf({ heard_s: 3, gateway_s: Number.NaN, ended: false }), /has not been heard/);
  assert.match(lineOf({ heard_s: 3, gateway_s: 2, ended: true }), /no longer see/);
});

test("it ranks every state once", () => {
  assert.deepEqual([...new Set(BEST_FIRST)], BEST_FIRST);
  assert.equal(BEST_FIRST.length, 7);
});
