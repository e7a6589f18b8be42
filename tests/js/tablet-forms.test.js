/** The forms at the chair: which entry one corrects, where a script's copy lies, and which of its steps wait already. */
import assert from "node:assert/strict";
import test from "node:test";
import { correctedBy, stepsOf, tapped } from "../../src/ebbtide/site/static/js/tablet-forms.js";

const SESSION = "00000000-0000-4000-8000-000000000001";

/** @param {string} step @param {any} [more] */
function tap(step, more = {}) {
  return { kind: "emergency_step", body: { script: "hypertension", step }, withdrawn: false, session: SESSION, observed_at: "2026-11-23T15:00:00Z", ...more };
}

test("a correction names the entry of its address, and no other form names one", () => {
  assert.equal(correctedBy(`/infusion/entries/${SESSION}/correct`), SESSION);
  assert.equal(correctedBy(`/infusion/sessions/${SESSION}/log/note`), null);
});

test("the copy of a script lies beside its session", () => {
  const page = `/infusion/sessions/${SESSION}`;
  assert.equal(stepsOf(`${page}/emergency/of/hypertension`), `${page}/blank/script/hypertension`);
  for (const other of ["", page, `${page}/emergency`, `${page}/emergency/of/hypertension/step`]) assert.equal(stepsOf(other), "");
});

test("a step that waits keeps the time of its first tap; another session's, and one taken back, are none", () => {
  const items = [
    tap("Call the prescriber"),
    tap("Call the prescriber", { observed_at: "2026-11-23T15:04:00Z" }),
    tap("Repeat the cuff", { session: "another" }),
    tap("Dim the light", { withdrawn: true }),
    tap("restless", { kind: "note" }),
  ];
  assert.deepEqual([...tapped(/** @type {any} */ (items), SESSION)], [["hypertension/Call the prescriber", "2026-11-23T15:00:00Z"]]);
});
