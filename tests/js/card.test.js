import assert from "node:assert/strict";
import { test } from "node:test";

import { isDeaf } from "../../src/ebbtide/site/static/js/card.js";

test("the card says that it hears nothing after three missed readings", () => {
  assert.equal(isDeaf(14.9, 5), false);
  assert.equal(isDeaf(15, 5), true);
});
