/** The vault: what lies on the tablet is unreadable without the PIN, and a locked tablet still takes entries. */
import assert from "node:assert/strict";
import test from "node:test";
import { PIN_ROUNDS, canLock, makeVault, openVault, pinFault, seal, sealingKey, unseal } from "../../src/ebbtide/site/static/js/vault.js";

const FEW = 1000; // rounds, so that a test is quick; one test holds the product to its own number
const VAULT = await makeVault("482915", "nurse", FEW);
const ENTRY = { kind: "note", body: { text: "restless" } };

test("it seals without a PIN and opens with it alone", async () => {
  const vault = VAULT;
  const sealed = await seal(await sealingKey(vault), ENTRY, "nurse/1");
  assert.equal(new TextDecoder().decode(sealed.data).includes("restless"), false);
  assert.equal(await openVault(vault, "482916"), null);
  const key = await openVault(vault, "482915");
  assert.deepEqual(await unseal(key, sealed, "nurse/1"), ENTRY);
});

test("it opens a thing under its own label alone, and nothing that was changed", async () => {
  const vault = VAULT;
  const key = await openVault(vault, "482915");
  const sealed = await seal(await sealingKey(vault), ENTRY, "nurse/1");
  await assert.rejects(unseal(key, sealed, "nurse/2"));
  new Uint8Array(sealed.data)[0] ^= 1;
  await assert.rejects(unseal(key, sealed, "nurse/1"));
});

test("it keeps a key in memory that cannot be read out", async () => {
  const key = await openVault(VAULT, "482915");
  assert.equal(key.extractable, false);
  await assert.rejects(crypto.subtle.exportKey("pkcs8", key));
});

test("it uses a key of its own for each thing, and a vault opens no other", async () => {
  const [mine, other] = [VAULT, await makeVault("482915", "other", FEW)];
  const key = await sealingKey(mine);
  const [one, two] = [await seal(key, ENTRY, "a"), await seal(key, ENTRY, "a")];
  assert.notDeepEqual(new Uint8Array(one.data), new Uint8Array(two.data));
  await assert.rejects(unseal(await openVault(other, "482915"), one, "a"));
});

test("it derives the wrapping key as slowly as the product says", async () => {
  assert.ok(PIN_ROUNDS >= 600_000);
  const vault = await makeVault("482915", "nurse");
  assert.equal(vault.rounds, PIN_ROUNDS);
  assert.notEqual(await openVault(vault, "482915"), null);
});

test("it refuses a PIN that is easily guessed, in words", () => {
  for (const weak of ["48291", "111111", "121212", "123456", "987654"]) assert.match(pinFault(weak), /choose|use|mix/);
  assert.equal(pinFault("482915"), "");
});

test("it says whether this browser can lock anything", () => assert.equal(canLock(), true));
