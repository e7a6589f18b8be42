/** Where a tablet keeps what the clinic does not have yet: IndexedDB, or this page's memory while there is no PIN. */

const NAME = "ebbtide-tablet";
const VERSION = 1;
/** Each shelf by its key; service worker and page open the same database. */
export const SHELVES = { meta: "name", vaults: "id", outbox: "id", pictures: "session" };

/** @typedef {{id: string, person: string, session: string, number: number, kept_ms: number, vault: string, sealed?: any, plain?: any}} Kept */

/** @template T @param {IDBRequest<T>} asked @returns {Promise<T>} */
function answered(asked) {
  return new Promise((done, failed) => {
    asked.onsuccess = () => done(asked.result);
    asked.onerror = () => failed(asked.error);
  });
}

/** @param {IDBTransaction} work @returns {Promise<void>} resolved when it is on the disk */
function finished(work) {
  return new Promise((done, failed) => {
    work.oncomplete = () => done();
    work.onabort = work.onerror = () => failed(work.error);
  });
}

/** @returns {Promise<TabletStore>} */
export async function openStore() {
  const asked = indexedDB.open(NAME, VERSION);
  asked.onupgradeneeded = () => {
    for (const [shelf, key] of Object.entries(SHELVES)) asked.result.createObjectStore(shelf, { keyPath: key });
  };
  return new TabletStore(await answered(asked));
}

export class TabletStore {
  /** @param {IDBDatabase} database */
  constructor(database) { this.database = database; }

  /** @param {string} shelf @param {string} key @returns {Promise<any>} */
  get(shelf, key) { return answered(this.database.transaction(shelf).objectStore(shelf).get(key)); }

  /** @param {string} shelf @returns {Promise<any[]>} */
  all(shelf) { return answered(this.database.transaction(shelf).objectStore(shelf).getAll()); }

  /** Durable when it resolves. @param {string} shelf @param {any} row */
  async put(shelf, row) {
    const work = this.database.transaction(shelf, "readwrite", { durability: "strict" });
    work.objectStore(shelf).put(row);
    await finished(work);
  }

  /** @param {string} shelf @param {string} key */
  async remove(shelf, key) {
    const work = this.database.transaction(shelf, "readwrite");
    work.objectStore(shelf).delete(key);
    await finished(work);
  }

  /** The tablet's next number, given out once however many pages ask. @returns {Promise<{tablet: string, number: number}>} */
  async next() {
    const work = this.database.transaction("meta", "readwrite", { durability: "strict" });
    const shelf = work.objectStore("meta");
    const row = (await answered(shelf.get("tablet"))) ?? { name: "tablet", id: `tablet-${crypto.randomUUID()}`, number: 0 };
    row.number += 1;
    shelf.put(row);
    await finished(work);
    return { tablet: row.id, number: row.number };
  }
}

/** The same in memory: it ends with the page, and the screen says so. */
export class MemoryStore {
  constructor() {
    /** @type {Record<string, Map<string, any>>} */
    this.shelves = Object.fromEntries(Object.keys(SHELVES).map((name) => [name, new Map()]));
  }
  /** @param {string} shelf @param {string} key */
  async get(shelf, key) { return this.shelves[shelf].get(key); }
  /** @param {string} shelf */
  async all(shelf) { return [...this.shelves[shelf].values()]; }
  /** @param {string} shelf @param {any} row */
  async put(shelf, row) { this.shelves[shelf].set(row[SHELVES[/** @type {keyof SHELVES} */ (shelf)]], structuredClone(row)); }
  /** @param {string} shelf @param {string} key */
  async remove(shelf, key) { this.shelves[shelf].delete(key); }
  async next() {
    const row = this.shelves.meta.get("tablet") ?? { name: "tablet", id: `tablet-${crypto.randomUUID()}`, number: 0 };
    row.number += 1;
    this.shelves.meta.set("tablet", row);
    return { tablet: row.id, number: row.number };
  }
}
