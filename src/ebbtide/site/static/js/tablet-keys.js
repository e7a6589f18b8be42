/** Whose key is in this page's memory, and what it locks and opens. */

import { makeVault, openVault, seal, sealingKey, unseal } from "./vault.js";

export class Keys {
  /** @param {any} store @param {string} person */
  constructor(store, person) {
    this.store = store;
    this.person = person;
    /** @type {import("./vault.js").Vault[]} newest last */
    this.vaults = [];
    /** @type {CryptoKey | null} */
    this.sealing = null;
    /** @type {Map<string, CryptoKey>} by vault; never written anywhere */
    this.opening = new Map();
  }

  async load() {
    const all = await this.store.all("vaults");
    this.vaults = all.filter((/** @type {any} */ one) => one.person === this.person).sort((/** @type {any} */ a, /** @type {any} */ b) => a.made_ms - b.made_ms);
    if (this.vaults.length) this.sealing = await sealingKey(this.newest);
  }

  get newest() { return this.vaults[this.vaults.length - 1]; }

  get isOpen() { return this.opening.has(this.newest?.id); }

  /** A new PIN; what an older one has sealed stays under the older one. @param {string} pin @param {number} nowMs */
  async choose(pin, nowMs) {
    const vault = { ...(await makeVault(pin, this.person)), made_ms: nowMs };
    await this.store.put("vaults", vault);
    await this.load();
    await this.enter(pin);
  }

  /** @param {string} pin @returns {Promise<boolean>} whether it opened anything */
  async enter(pin) {
    for (const vault of this.vaults) {
      const key = await openVault(vault, pin);
      if (key) this.opening.set(vault.id, key);
    }
    return this.opening.size > 0;
  }

  forget() { this.opening.clear(); }

  /** @param {any} value @param {string} label */
  async lock(value, label) {
    if (!this.sealing) return { vault: "", plain: value };
    return { vault: this.newest.id, sealed: await seal(this.sealing, value, label) };
  }

  /** @param {any} row @param {string} label @returns {Promise<any>} null while the PIN is missing */
  async unlock(row, label) {
    if (row.plain) return row.plain;
    const key = this.opening.get(row.vault);
    return key ? unseal(key, row.sealed, label).catch(() => null) : null;
  }
}
