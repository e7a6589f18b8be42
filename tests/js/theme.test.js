/** The light that a person chose. */
import assert from "node:assert/strict";
import test from "node:test";
import { afterTouch, themeFrom, wear } from "../../src/ebbtide/site/static/js/theme.js";

test("it draws only themes that exist", () => {
  assert.deepEqual(["low", "dark", "light", "neon", null, undefined].map(themeFrom), ["low", "dark", "light", "", "", ""]);
});

test("it leaves the wall dark whatever was chosen", () => {
  const wall = { dataset: { theme: "dark", themeFixed: "" } };
  wear(wall, "light");
  assert.equal(wall.dataset.theme, "dark");
});

test("it forgets a theme when the device shall decide", () => {
  const root = { dataset: { theme: "low" } };
  wear(root, "");
  assert.equal("theme" in root.dataset, false);
});

test("it turns low light on with one touch and back with the next", () => {
  assert.equal(afterTouch("low", "dark", "dark"), "low");
  assert.equal(afterTouch("low", "low", "dark"), "dark");
  assert.equal(afterTouch("low", "low", "low"), ""); // it was on already when the page came
});
