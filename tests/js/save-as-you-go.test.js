/** Forms that save as you go. */
import assert from "node:assert/strict";
import test from "node:test";
import { clockTime, stateFor, wordsFor } from "../../src/ebbtide/site/static/js/save-as-you-go.js";

test("it says saved only after an answer that saved", () => {
  assert.deepEqual([200, 204, 422, 400, 403, 500, 503].map(stateFor), ["saved", "saved", "refused", "refused", "offline", "offline", "offline"]);
});

test("it says the time, and that it is not saved", () => {
  assert.deepEqual(wordsFor({ state: "saved", at: "14:03" }), { words: "Saved 14:03", saved: true });
  assert.equal(wordsFor({ state: "offline" }).saved, false);
  assert.match(wordsFor({ state: "refused" }).words, /^Not saved/);
  assert.equal(clockTime(new Date(2026, 10, 3, 9, 5)), "09:05");
});
