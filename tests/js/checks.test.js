import assert from "node:assert/strict";
import test from "node:test";

import { elsewhereOf, isDue, lineOf, PATTERNS, soundsNow } from "../../src/ebbtide/site/static/js/checks.js";

/** @param {object} more */
const check = (more = {}) => ({ key: "k", priority: "high", taken: false, until_s: null, always_heard: false, ...more });

test("W23: a silence ends on its second, with nothing new from anywhere", () => {
  const silenced = [check({ until_s: 1120 })];
  assert.equal(soundsNow(silenced, 1119.9), "");
  assert.equal(soundsNow(silenced, 1120), "high");
});

test("W24: what is always heard pierces a silence", () => {
  assert.equal(soundsNow([check({ until_s: 2000, always_heard: true })], 1000), "high");
});

test("what somebody took does not sound, and what stands beside it does", () => {
  assert.equal(soundsNow([check({ taken: true })], 1000), "");
  assert.equal(soundsNow([check({ taken: true }), check({ priority: "low" })], 1000), "low");
  assert.equal(soundsNow([], 1000), "");
});

test("a heavier one sounds at once, the same one after its time", () => {
  assert.equal(isDue("high", "low", 0), true);
  assert.equal(isDue("high", "high", PATTERNS.high.every_s - 1), false);
  assert.equal(isDue("high", "high", PATTERNS.high.every_s), true);
  assert.equal(isDue("low", "high", 1), false);
  assert.equal(isDue("", "high", 99), false);
});

test("W21: a page that hears nothing, and checks that do not run, are never shown as calm", () => {
  const well = { heard_s: 1, running: true, sounds: false, awake: true, able: true };
  assert.equal(lineOf(well), "");
  assert.match(lineOf({ ...well, heard_s: 16 }), /Nothing heard/);
  assert.match(lineOf({ ...well, running: false }), /not running/);
  assert.match(lineOf({ ...well, sounds: true, awake: false }), /touch the page/);
  assert.match(lineOf({ ...well, sounds: true, able: false }), /cannot make a sound/);
});

test("a page of the chair that does not show the checks says that one sounds, and how heavy it is", () => {
  assert.match(elsewhereOf("high"), /HIGH/);
  assert.equal(elsewhereOf(""), "");
});
