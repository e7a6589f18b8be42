/** Live regions: the page's own timer decides. */
import assert from "node:assert/strict";
import test from "node:test";
import { ageOf, streamAddress, topicOf } from "../../src/ebbtide/site/static/js/live.js";

test("it asks for each topic once, in order", () => {
  assert.equal(streamAddress(["b", "a", "b"]), "/live/stream?topics=a%2Cb");
});

test("it says silence in words at the stated second", () => {
  assert.deepEqual(ageOf(29, 30), { silent: false, words: "live, heard 29 s ago" });
  assert.deepEqual(ageOf(30, 30), { silent: true, words: "no data for 30 s" });
});

test("it never calls a stream live that was never heard", () => {
  assert.deepEqual(ageOf(Number.NaN, 30), { silent: true, words: "not connected yet" });
});

test("it reads a topic and nothing else from an event", () => {
  assert.equal(topicOf('{"topic": "access.queue", "id": "x"}'), "access.queue");
  for (const broken of ["", "{", "null", '{"topic": 4}']) assert.equal(topicOf(broken), "");
});
