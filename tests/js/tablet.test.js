/** The tablet's clock and words. */
import assert from "node:assert/strict";
import test from "node:test";
import { clinicClock, instantOf, wallOf } from "../../src/ebbtide/site/static/js/tablet-clock.js";
import { lineOf, noteFor, offlineWords, sentence, stateWords, todo } from "../../src/ebbtide/site/static/js/tablet-words.js";

const ZONE = "America/Chicago";
const iso = (ms) => new Date(ms).toISOString();
const KINDS = { observation: { title: "Vital signs by hand", fields: { spo2_percent: { label: "Oxygen saturation", unit: "%" } } }, stop: { title: "Stopped", fields: {} } };
const STANDING = { waiting: 0, oldest_s: 0, refused: 0, dose: 0, denied: 0, sealed: 0, others: 0, memory: false, signedOut: false };

for (const [wall, now, wanted] of [
  ["09:00", "2026-11-23T15:05:30Z", "2026-11-23T15:00:00.000Z"],
  ["09:05", "2026-11-23T15:05:30Z", "2026-11-23T15:05:00.000Z"],
  ["09:06", "2026-11-23T15:05:30Z", "2026-11-22T15:06:00.000Z"],
  ["23:59", "2026-11-23T06:01:00Z", "2026-11-23T05:59:00.000Z"],
  ["00:30", "2026-03-08T09:00:00Z", "2026-03-08T06:30:00.000Z"], // the clocks went forward between
  ["00:30", "2026-11-01T09:00:00Z", "2026-11-01T05:30:00.000Z"], // and back
]) {
  test(`${wall} on the wall at ${now} is ${wanted}`, () => assert.equal(iso(instantOf(wall, Date.parse(now), ZONE)), wanted));
}

test("what is no time is none", () => assert.equal(instantOf("soon", 0, ZONE), null));
test("it shows the clinic's wall", () => assert.equal(wallOf(Date.parse("2026-11-23T20:05:00Z"), ZONE), "14:05"));

test("a tablet whose clock is wrong charts in the clinic's time, asleep or awake", () => {
  let own = 5_000_000, page = 0;
  const clock = clinicClock({ wall: () => own, monotonic: () => page });
  clock.set(1_000_000);
  own += 60_000; page += 60_000;
  assert.equal(clock.now(), 1_060_000);
  own += 600_000; // it slept: the page's own count stood still
  assert.equal(clock.now(), 1_660_000);
  own -= 3_600_000; page += 1000; // somebody set it back
  assert.equal(clock.now(), 1_061_000);
});

test("a page from the copy runs by the correction that was kept", () => {
  let own = 9_000_000;
  const clock = clinicClock({ wall: () => own, monotonic: () => 0 });
  clock.setByOwn(-500_000);
  own += 1000;
  assert.equal(clock.now(), 8_501_000);
  assert.equal(clock.off(), -500_000);
});

test("the line always says what is not sent", () => {
  assert.equal(lineOf(STANDING), "sent ✓ all");
  assert.equal(lineOf({ ...STANDING, waiting: 3, oldest_s: 250 }), "3 not sent yet, oldest 4 min");
});

for (const [standing, words] of [
  [{ dose: 1, waiting: 1 }, "Sign in again to send 1 dose entry."],
  [{ dose: 2, waiting: 2 }, "Sign in again to send 2 dose entries."],
  [{ signedOut: true, waiting: 2 }, "You are signed out: sign in again to send 2 entries."],
  [{ sealed: 3, waiting: 3 }, "Enter your PIN to read and send 3 entries kept on this tablet."],
  [{ refused: 1, waiting: 1 }, "1 entry was not accepted: look at it below."],
  [{ others: 2 }, "2 entries of somebody else wait here: they sign in on this tablet and enter their PIN."],
  [{ memory: true, waiting: 1 }, "They are kept in this open page only: choose a PIN, and do not close it before."],
]) {
  test(`it says what to do: ${words}`, () => assert.deepEqual(todo({ ...STANDING, ...standing }), [words]));
}

test("an unsent entry stands there in words, with units", () => {
  const item = { kind: "observation", body: { spo2_percent: "97" }, observed_at: "2026-11-23T20:05:00Z" };
  assert.equal(sentence(KINDS, item, ZONE), "14:05 Vital signs by hand: Oxygen saturation 97 %");
  assert.equal(sentence(KINDS, { ...item, kind: "stop", body: {} }, ZONE), "14:05 Stopped");
  assert.equal(sentence(KINDS, { ...item, body: {}, withdrawn: true }, ZONE), "14:05 Vital signs by hand: withdrawn");
  assert.equal(sentence({ note: { title: "Note", fields: { text: { label: "Note", unit: "" } } } }, { ...item, kind: "note", body: { text: "quiet" } }, ZONE), "14:05 Note: quiet");
  assert.equal(stateWords({ state: "refused", words: "Correct it." }), "Not accepted: Correct it.");
});

test("what is set aside becomes a note that leaves nothing out", () => {
  const item = { kind: "observation", body: { spo2_percent: "9" }, observed_at: "2026-11-23T20:05:00Z", words: "It must be 30 to 100 %." };
  const note = noteFor(KINDS, item, " typed 9 for 97 ", ZONE);
  for (const part of ["14:05", "Oxygen saturation 9 %", "It must be 30 to 100 %.", "Reason: typed 9 for 97"]) assert.ok(note.includes(part));
});

test("offline it says since when, and that no live value is shown", () => {
  assert.equal(offlineWords(Date.parse("2026-11-23T20:05:00Z"), ZONE), "Offline since 14:05, charting goes on; live values are not shown. Read the bedside monitor.");
  assert.match(offlineWords(0, ZONE, Date.parse("2026-11-23T20:01:00Z")), /The state and the log below are those of 14:01\.$/);
  assert.match(offlineWords(null, ZONE), /^Offline, charting goes on/);
});
