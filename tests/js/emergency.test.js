import assert from "node:assert/strict";
import { test } from "node:test";

import { elapsed } from "../../src/ebbtide/site/static/js/emergency.js";

for (const [seconds, words] of [[0, "0:00"], [7.9, "0:07"], [59, "0:59"], [60, "1:00"], [750, "12:30"], [3723, "1:02:03"], [-4, "0:00"]]) {
  test(`${seconds} s stand on the clock as ${words}`, () => assert.equal(elapsed(seconds), words));
}
