/** The clock of the recovery. */
import assert from "node:assert/strict";
import test from "node:test";
import { dueHere, dueWords, minutesLeft, minutesOf } from "../../src/ebbtide/site/static/js/recovery.js";

const AT = Date.parse("2026-11-23T16:15:00Z");
const MIN = 60_000;

test("it counts whole minutes and goes below zero", () => {
  assert.deepEqual([0, 1, 60_000, -1, -60_000].map((ms) => minutesLeft(AT + ms, AT)), [0, 0, 1, -1, -1]);
});

test("it says the words of the server", () => {
  assert.deepEqual([12, 1, 0, -3].map(dueWords), ["next in 12 min", "next in 1 min", "due now", "late by 3 min"]);
});

test("it reads back what the server said", () => {
  assert.deepEqual([12, 0, -3].map((n) => minutesOf(dueWords(n))), [12, 0, -3]);
  assert.equal(minutesOf("not recorded"), null);
});

test("a tablet whose clock is wrong counts from what the server said", () => {
  assert.equal(dueHere(AT, 15, AT - 15 * MIN), AT);
  assert.equal(dueHere(AT, 15, AT + 180 * MIN), AT + 195 * MIN);
});
