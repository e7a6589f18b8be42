/** The command palette. */
import assert from "node:assert/strict";
import test from "node:test";
import { eachOnce, fitting } from "../../src/ebbtide/site/static/js/palette.js";

const places = [
  { label: "All requests", href: "/a", kind: "page" },
  { label: "Requests", href: "/b", kind: "page" },
  { label: "José Núñez", href: "/c", kind: "patient" },
];

test("it puts what begins with the word first", () => {
  assert.deepEqual(fitting(places, "req").map((place) => place.href), ["/b", "/a"]);
});

test("it finds by kind and without accents", () => {
  assert.deepEqual(fitting(places, "patient nunez").map((place) => place.href), ["/c"]);
});

test("it shows twelve at most and each address once", () => {
  const many = Array.from({ length: 40 }, (_, at) => ({ label: `Page ${at}`, href: `/${at}`, kind: "page" }));
  assert.equal(fitting(many, "").length, 12);
  assert.equal(eachOnce([...places, ...places]).length, 3);
});
