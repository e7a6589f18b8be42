/** The wall: spans that count on, and the second at which the screen calls itself broken. */
import assert from "node:assert/strict";
import test from "node:test";
import { counted, isBroken, spanWords } from "../../src/ebbtide/site/static/js/station.js";

test("it says a span as tiles.py does", () => {
  for (const [seconds, words] of [[0, "0 s"], [119, "119 s"], [120, "2 min"], [7199, "119 min"], [7200, "2 h"]]) assert.equal(spanWords(seconds), words);
});

test("it counts down to nothing and on past it", () => {
  assert.equal(counted("left", 1320, 0), "22 min left");
  assert.equal(counted("left", 1320, 1330), "10 s over");
  assert.equal(counted("due", 60, 20), "in 40 s");
  assert.equal(counted("due", 60, 200), "overdue 2 min");
});

test("it counts up what grows older", () => {
  assert.equal(counted("since", 110, 10), "for 2 min");
  assert.equal(counted("late", 600, 0), "10 min late");
  assert.equal(counted("age", 2, 3), "5 s ago");
});

test("it trusts itself until three readings are missed", () => {
  assert.equal(isBroken(14, 5), false);
  assert.equal(isBroken(15, 5), true);
});
