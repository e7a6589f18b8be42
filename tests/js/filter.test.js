/** Lists that filter as you type. */
import assert from "node:assert/strict";
import test from "node:test";
import { askedIn, countInWords, hashFor } from "../../src/ebbtide/site/static/js/filter.js";
import { ageInWords, fold, holds } from "../../src/ebbtide/site/static/js/words.js";

test("it finds a name without its accents and in any order of words", () => {
  assert.equal(holds("José Núñez · left hand", "nunez jose"), true);
  assert.equal(holds("José Núñez", "nunes"), false);
  assert.equal(holds("anything", ""), true);
  assert.equal(fold("  ÁRBOL   Uno "), "arbol uno");
});

test("it keeps the word behind the # and reads it back", () => {
  for (const word of ["Núñez & sons", "a=b", "50 %"]) assert.equal(askedIn(hashFor(word)), word);
  assert.equal(hashFor("  "), "");
  assert.equal(askedIn("#main"), "");
});

test("it counts in words", () => {
  assert.equal(countInWords(3, 24, "{shown} of {all}"), "3 of 24");
});

test("it says an age with its unit", () => {
  assert.deepEqual([0, 119, 120, 7199, 7200, -4].map(ageInWords), ["0 s", "119 s", "2 min", "119 min", "2 h", "0 s"]);
});
