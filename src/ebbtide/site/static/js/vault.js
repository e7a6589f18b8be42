/**
 * What an unsent entry is locked with: WebCrypto alone, nothing of our own making.
 *
 * A person's vault on a tablet is an RSA-OAEP pair. The public half seals: an AES-GCM key of its own for each thing, so
 * that a locked tablet goes on taking entries. The private half opens; it lies on the tablet wrapped by a key that PBKDF2
 * derives from the PIN, and once unwrapped it lives in this page's memory and cannot be read out of it.
 */

/** PBKDF2 with HMAC-SHA-256, as the OWASP Password Storage Cheat Sheet asks [recalled]. */
export const PIN_ROUNDS = 600_000;
export const PIN_SHORTEST = 6;
const RSA = { name: "RSA-OAEP", modulusLength: 3072, publicExponent: new Uint8Array([1, 0, 1]), hash: "SHA-256" };
const AES = { name: "AES-GCM", length: 256 };
const IV_BYTES = 12;
const SALT_BYTES = 16;

/** @typedef {{id: string, person: string, salt: Uint8Array, rounds: number, iv: Uint8Array, wrapped: ArrayBuffer, spki: ArrayBuffer}} Vault */
/** @typedef {{iv: Uint8Array, key: ArrayBuffer, data: ArrayBuffer}} Sealed */

/** @returns {boolean} whether this browser, at this address, has what a vault is made of */
export function canLock() {
  return Boolean(globalThis.crypto?.subtle) && typeof globalThis.crypto.randomUUID === "function";
}

/** @param {string} pin @returns {string} what is wrong with a PIN that somebody chooses, "" when nothing is */
export function pinFault(pin) {
  if (pin.length < PIN_SHORTEST) return `A PIN has at least ${PIN_SHORTEST} digits or letters: choose a longer one.`;
  if (new Set(pin).size < 3) return "This PIN is easily guessed: use at least 3 different digits or letters.";
  if ("01234567890123456789".includes(pin) || "98765432109876543210".includes(pin)) return "This PIN is a row of numbers: mix them.";
  return "";
}

/** @param {string} text */
const bytes = (text) => new TextEncoder().encode(text);

/** @param {number} count */
const chance = (count) => crypto.getRandomValues(new Uint8Array(count));

/** @param {string} pin @param {Uint8Array} salt @param {number} rounds */
async function wrappingKey(pin, salt, rounds) {
  const typed = await crypto.subtle.importKey("raw", bytes(pin), "PBKDF2", false, ["deriveKey"]);
  return crypto.subtle.deriveKey({ name: "PBKDF2", hash: "SHA-256", salt, iterations: rounds }, typed, AES, false, ["wrapKey", "unwrapKey"]);
}

/**
 * @param {string} pin
 * @param {string} person whose vault it is
 * @param {number} [rounds]
 * @returns {Promise<Vault>} all of it may lie on the tablet
 */
export async function makeVault(pin, person, rounds = PIN_ROUNDS) {
  const id = crypto.randomUUID();
  const pair = await crypto.subtle.generateKey(RSA, true, ["wrapKey", "unwrapKey"]);
  const salt = chance(SALT_BYTES);
  const iv = chance(IV_BYTES);
  const key = await wrappingKey(pin, salt, rounds);
  const wrapped = await crypto.subtle.wrapKey("pkcs8", pair.privateKey, key, { name: "AES-GCM", iv, additionalData: bytes(`${person}/${id}`) });
  return { id, person, salt, rounds, iv, wrapped, spki: await crypto.subtle.exportKey("spki", pair.publicKey) };
}

/** @param {Vault} vault @returns {Promise<CryptoKey>} what seals; it needs no PIN */
export function sealingKey(vault) {
  return crypto.subtle.importKey("spki", vault.spki, RSA, false, ["wrapKey"]);
}

/**
 * @param {Vault} vault
 * @param {string} pin
 * @returns {Promise<CryptoKey | null>} what opens, and cannot be read out; null when the PIN is wrong
 */
export async function openVault(vault, pin) {
  const key = await wrappingKey(pin, vault.salt, vault.rounds);
  const how = { name: "AES-GCM", iv: vault.iv, additionalData: bytes(`${vault.person}/${vault.id}`) };
  try {
    return await crypto.subtle.unwrapKey("pkcs8", vault.wrapped, key, how, RSA, false, ["unwrapKey"]);
  } catch {
    return null;
  }
}

/**
 * @param {CryptoKey} publicKey
 * @param {unknown} value anything that JSON can say
 * @param {string} label what it is; it opens under the same label alone
 * @returns {Promise<Sealed>}
 */
export async function seal(publicKey, value, label) {
  const dataKey = await crypto.subtle.generateKey(AES, true, ["encrypt"]);
  const iv = chance(IV_BYTES);
  const data = await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData: bytes(label) }, dataKey, bytes(JSON.stringify(value)));
  return { iv, data, key: await crypto.subtle.wrapKey("raw", dataKey, publicKey, { name: "RSA-OAEP" }) };
}

/** @param {CryptoKey} privateKey @param {Sealed} sealed @param {string} label @returns {Promise<any>} */
export async function unseal(privateKey, sealed, label) {
  const dataKey = await crypto.subtle.unwrapKey("raw", sealed.key, privateKey, { name: "RSA-OAEP" }, AES, false, ["decrypt"]);
  const data = await crypto.subtle.decrypt({ name: "AES-GCM", iv: sealed.iv, additionalData: bytes(label) }, dataKey, sealed.data);
  return JSON.parse(new TextDecoder().decode(data));
}
