/** What is charted of a test sound. */
import assert from "node:assert/strict";
import test from "node:test";
import { soundBody, soundWords } from "../../src/ebbtide/site/static/js/sound-test.js";

test("what was heard is a piece of equipment that was looked at", () => {
  assert.deepEqual(soundBody(true), { item: "other", identity: "sound of this tablet", state: "ready" });
  assert.equal(soundBody(false).state, "not_ready");
});

test("it says what to do, and never that something is recorded which is not", () => {
  assert.equal(soundWords(true, true), "Sound heard.");
  assert.match(soundWords(false, true), /turn the tablet up/);
  assert.match(soundWords(true, false), /^Not recorded/);
});
