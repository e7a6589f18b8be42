/** The forms of entries: undo counts by the server's times, a drug's button repeats its numbers. */
import assert from "node:assert/strict";
import test from "node:test";
import { recordWords, secondsLeft } from "../../src/ebbtide/site/static/js/entry.js";

test("it counts ten seconds from the server's own times", () => {
  const at = (/** @type {number} */ s) => new Date(1_800_000_000_000 + s * 1000).toISOString();
  assert.equal(secondsLeft(at(0), at(0), 0), 10);
  assert.equal(secondsLeft(at(0), at(2), 3.2), 5);
  assert.equal(secondsLeft(at(0), at(2), 8), 0);
  assert.equal(secondsLeft("", at(2), 0), 0);
});

test("it repeats a whole dose and never half of one", () => {
  assert.equal(recordWords({ drug: "midazolam", amount: "2", unit: "mg", route: "iv" }), "Record midazolam 2 mg, iv");
  assert.equal(recordWords({ drug: "midazolam", amount: "", unit: "mg", route: "iv" }), "Record drug");
});
