/** Signatures, drawn or typed. */
import assert from "node:assert/strict";
import test from "node:test";
import { howSigned, onCanvas } from "../../src/ebbtide/site/static/js/signature.js";

test("it puts the pen where the finger is, whatever the scale", () => {
  assert.deepEqual(onCanvas({ clientX: 60, clientY: 30 }, { left: 10, top: 10, width: 100, height: 50 }, { width: 200, height: 100 }), { x: 100, y: 40 });
});

test("it takes a typed name from whoever cannot draw", () => {
  assert.deepEqual([howSigned(true, ""), howSigned(false, "Ada Brown"), howSigned(false, " ")], ["drawn", "typed", "none"]);
});
