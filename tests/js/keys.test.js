/** The keys of staff pages. */
import assert from "node:assert/strict";
import test from "node:test";
import { askedFor, nextRow } from "../../src/ebbtide/site/static/js/keys.js";

test("it knows its four keys and no other", () => {
  assert.deepEqual(["/", "j", "k", "?", "x"].map((key) => askedFor({ key }, false)), ["search", "next", "previous", "help", ""]);
});

test("it keeps quiet while somebody types or holds a modifier", () => {
  assert.equal(askedFor({ key: "j" }, true), "");
  assert.equal(askedFor({ key: "k", ctrlKey: true }, false), "");
});

test("it stops at both ends of a list", () => {
  assert.deepEqual([nextRow(-1, 3, 1), nextRow(-1, 3, -1), nextRow(2, 3, 1), nextRow(0, 3, -1), nextRow(0, 0, 1)], [0, 2, 2, 0, -1]);
});
