/** The outbox: kept first, sent in order, purged when acknowledged; nothing that was typed is ever dropped. */
import assert from "node:assert/strict";
import test from "node:test";
import { Outbox, judged, readForm, waitMs, wire } from "../../src/ebbtide/site/static/js/outbox.js";
import { Keys } from "../../src/ebbtide/site/static/js/tablet-keys.js";
import { MemoryStore } from "../../src/ebbtide/site/static/js/tablet-store.js";
import { makeVault } from "../../src/ebbtide/site/static/js/vault.js";

const NOW = Date.parse("2026-11-23T15:00:00Z");
const KEPT = { outcome: "kept", recorded_at: "2026-11-23T15:00:01Z" };
const VAULT = { ...(await makeVault("482915", "nurse", 1000)), made_ms: 1 }; // a key takes a second to make
let count = 0;

function draft(text, more = {}) {
  return { id: `00000000-0000-4000-8000-${String(++count).padStart(12, "0")}`, kind: "note", body: { text }, observed_at: new Date(NOW).toISOString(),
    seen_at: null, replaces: null, withdrawn: false, session: "s", url: "/entries", ...more };
}

/** A clinic that answers as it is told, and remembers what it took. */
function clinic(answers = []) {
  const took = [];
  const send = async (item) => {
    const answer = answers.shift() ?? KEPT;
    if (answer.outcome === "kept") took.push(item.body.text);
    return answer;
  };
  return { took, send };
}

async function tablet(send, { pin = "", store = new MemoryStore(), person = "nurse" } = {}) {
  const keys = new Keys(store, person);
  if (pin && !(await store.all("vaults")).length) await store.put("vaults", VAULT);
  await keys.load();
  return { store, keys, box: new Outbox({ store, keys, send, person, now: () => NOW }) };
}

test("it is sent and purged once the clinic has it", async () => {
  const { took, send } = clinic();
  const { box, store } = await tablet(send, { pin: "482915" });
  await box.add(draft("quiet"));
  assert.equal((await box.look()).standing.waiting, 1);
  assert.equal(await box.pump(), "done");
  assert.deepEqual([took, await store.all("outbox"), (await box.look()).standing.waiting], [["quiet"], [], 0]);
});

test("it stays, in its order, while the clinic cannot be reached", async () => {
  const { took, send } = clinic([{ outcome: "unreached" }, { outcome: "busy" }]);
  const { box } = await tablet(send);
  for (const text of ["one", "two", "three"]) await box.add(draft(text));
  assert.equal(await box.pump(), "unreached");
  assert.equal(await box.pump(), "busy");
  assert.deepEqual(took, []);
  assert.equal(await box.pump(), "done");
  assert.deepEqual(took, ["one", "two", "three"]);
});

test("it lies on the tablet unreadable, and a killed page's entries all come back with the PIN", async () => {
  const lost = await tablet(clinic([{ outcome: "unreached" }]).send, { pin: "482915" });
  for (const text of ["one", "two"]) await lost.box.add(draft(text));
  await lost.box.pump();
  const rows = await lost.store.all("outbox");
  assert.ok(rows.every((row) => row.sealed && !row.plain));
  const { took, send } = clinic();
  const again = await tablet(send, { pin: "482915", store: lost.store });
  assert.equal((await again.box.look()).standing.sealed, 2);
  await again.box.pump();
  assert.deepEqual(took, []);
  assert.equal(await again.keys.enter("000000"), false);
  assert.equal((await again.box.look()).standing.waiting, 2);
  assert.equal(await again.keys.enter("482915"), true);
  await again.box.pump();
  assert.deepEqual(took, ["one", "two"]);
});

test("it goes on charting while it is locked, and sends what was just typed", async () => {
  const { took, send } = clinic();
  const { box } = await tablet(send, { pin: "482915" });
  await box.add(draft("before the lock"));
  box.close();
  await box.add(draft("after the lock"));
  await box.pump();
  assert.deepEqual(took, ["after the lock"]);
  assert.equal((await box.look()).standing.sealed, 1);
});

test("without a PIN nothing readable is written, and a PIN chosen later seals what waits", async () => {
  const { took, send } = clinic([{ outcome: "unreached" }]);
  const { box, keys, store } = await tablet(send);
  await box.add(draft("typed before the PIN"));
  await box.pump();
  assert.deepEqual(await store.all("outbox"), []);
  assert.equal((await box.look()).standing.memory, true);
  await keys.choose("482915", 1);
  await box.seal();
  const rows = await store.all("outbox");
  assert.deepEqual([rows.length, rows[0].plain], [1, undefined]);
  await box.pump();
  assert.deepEqual(took, ["typed before the PIN"]);
});

test("what the clinic refuses stays with its words, lets others pass, and goes once it is corrected", async () => {
  const { took, send } = clinic([{ outcome: "refused", rule: "INF-BODY", words: "It must be 30 to 100 %." }]);
  const { box } = await tablet(send);
  await box.add(draft("wrong"));
  await box.add(draft("right"));
  await box.pump();
  assert.deepEqual(took, ["right"]);
  const [item] = (await box.look()).items;
  assert.deepEqual([item.state, item.words], ["refused", "It must be 30 to 100 %."]);
  await box.pump();
  assert.deepEqual(took, ["right"]); // nobody has looked at it
  await box.amend(item, { body: { text: "corrected" } });
  await box.pump();
  assert.deepEqual(took, ["right", "corrected"]);
});

test("a dose entry waits for the fresh sign-in, and nothing waits for the dose entry", async () => {
  const { took, send } = clinic([{ outcome: "sign_in" }]);
  const { box } = await tablet(send);
  await box.add(draft("start", { kind: "start" }));
  await box.add(draft("observation"));
  await box.pump();
  assert.deepEqual([took, (await box.look()).standing.dose], [["observation"], 1]);
  await box.pump();
  assert.deepEqual(took, ["observation", "start"]);
});

test("a second press of the same button is the first one", async () => {
  const { took, send } = clinic();
  const { box } = await tablet(send);
  const pressed = draft("quiet");
  assert.notEqual(await box.add(pressed), null);
  assert.equal(await box.add(pressed), null);
  await box.pump();
  assert.equal(await box.add(pressed), null);
  await box.pump();
  assert.deepEqual(took, ["quiet"]);
});

test("a number that another entry has is given up for the next one", async () => {
  const { took, send } = clinic([{ outcome: "refused", rule: "INF-TABLET", words: "" }]);
  const { box } = await tablet(send);
  const first = await box.add(draft("quiet"));
  await box.pump();
  assert.ok((await box.look()).items[0].tablet_number > first.tablet_number);
  await box.pump();
  assert.deepEqual(took, ["quiet"]);
});

test("another person's entries are counted, and neither read nor sent", async () => {
  const mine = await tablet(clinic().send, { pin: "482915", person: "nurse" });
  await mine.box.add(draft("theirs"));
  const { took, send } = clinic();
  const other = await tablet(send, { store: mine.store, person: "second" });
  const { items, standing } = await other.box.look();
  assert.deepEqual([items, standing.waiting, standing.others], [[], 0, 1]);
  await other.box.pump();
  assert.deepEqual(took, []);
});

test("entries keep their order also where the numbers have other widths", async () => {
  const { took, send } = clinic();
  const { box } = await tablet(send);
  const texts = [...Array(12).keys()].map(String);
  for (const text of texts) await box.add(draft(text));
  await box.pump();
  assert.deepEqual(took, texts);
});

test("it reads a form as the entries door does", () => {
  const fields = [["csrfmiddlewaretoken", "x"], ["key", "k"], ["entry", "e"], ["spo2_percent", " 97 "], ["hr_per_min", ""], ["happened_at", "14:05"]];
  assert.deepEqual(readForm(fields), { body: { spo2_percent: "97" }, happened: "14:05", withdrawn: false, replaces: null });
  assert.deepEqual(readForm([["spo2_percent", "97"], ["as_monitor", "x"]], { spo2_percent: {} }).body, { spo2_percent: "97" });
  assert.deepEqual(readForm([["withdrawn", "on"], ["text", "x"], ["replaces", "r"]]), { body: {}, happened: "", withdrawn: true, replaces: "r" });
});

test("it sends the same words each time", () => {
  const item = { ...draft("x", { id: "i" }), charted_at: "c", tablet: "t", tablet_number: 3, state: "waiting", words: "w" };
  assert.deepEqual(Object.keys(JSON.parse(wire(item))).sort(), ["body", "charted_at", "id", "kind", "observed_at", "tablet", "tablet_number", "withdrawn"]);
  assert.equal(JSON.parse(wire({ ...item, seen_at: "s", replaces: "r" })).replaces, "r");
});

for (const [type, status, told, outcome] of [
  ["basic", 200, { id: "i" }, "kept"], ["basic", 200, null, "busy"], ["opaqueredirect", 0, null, "signed_out"], ["basic", 401, { rule: "STEP-UP" }, "sign_in"],
  ["basic", 401, null, "signed_out"], ["basic", 403, { rule: "DENIED" }, "denied"], ["basic", 403, null, "signed_out"], ["basic", 404, null, "denied"],
  ["basic", 409, { rule: "INF-ORDER", words: "w" }, "refused"], ["basic", 422, { rule: "INF-JSON" }, "refused"], ["basic", 500, null, "busy"], ["basic", 503, null, "busy"],
]) {
  test(`an answer of ${status} (${type}) means ${outcome}`, () => assert.equal(judged({ type, status }, told).outcome, outcome));
}

test("it waits longer after each failure, and never longer than a minute", () => {
  assert.deepEqual([1, 2, 3, 9, 99].map(waitMs), [2000, 4000, 8000, 60_000, 60_000]);
});

test("it is sent as of the chart in which it was charted, until a person has looked at it under another name", async () => {
  const sent = [];
  const answers = [{ outcome: "refused", rule: "INF-CHART", words: "Typed in another person's chart." }, KEPT];
  const { box } = await tablet(async (item) => { sent.push(item.chart); return answers.shift() ?? KEPT; });
  const item = await box.add(draft("restless", { chart: "of A" }));
  assert.equal(await box.pump(), "done");
  const { items: [held] } = await box.look();
  assert.deepEqual([held.state, held.body.text, held.words], ["refused", "restless", "Typed in another person's chart."]);
  await box.pump(); // nothing of it goes out by itself
  assert.deepEqual(sent, ["of A"]);
  await box.amend(held, { chart: "of B" });
  await box.pump();
  assert.deepEqual([sent, item.id === held.id, (await box.look()).standing.waiting], [["of A", "of B"], true, 0]);
});
