/**
 * The outbox: what was charted on this tablet and is not acknowledged yet. First kept, then sent, then purged.
 *
 * The same entry may be sent any number of times: its id is made here, and the server answers the same. Entries go out in
 * the order in which they were charted. What the clinic refuses stays here with its words until a person has looked at it.
 */

import { MemoryStore } from "./tablet-store.js";

/** @typedef {{id: string, kind: string, body: Record<string, string>, observed_at: string, charted_at: string, seen_at: string | null,
 *   replaces: string | null, withdrawn: boolean, session: string, chart: string, url: string, tablet: string, tablet_number: number,
 *   state?: string, rule?: string, words?: string}} Item */
/** @typedef {{outcome: "kept" | "unreached" | "busy" | "signed_out" | "sign_in" | "denied" | "refused", rule?: string, words?: string, recorded_at?: string}} Answer */

const NOT_A_VALUE = new Set(["csrfmiddlewaretoken", "chart", "key", "entry", "happened_at", "withdrawn", "replaces"]);

/**
 * @param {Iterable<[string, unknown]>} fields of a form
 * @param {Record<string, unknown>} [known] the fields of this kind of entry; what else a form carries is its own affair
 * @returns {{body: Record<string, string>, happened: string, withdrawn: boolean, replaces: string | null}}
 */
export function readForm(fields, known) {
  const told = new Map();
  for (const [name, value] of fields) if (typeof value === "string" && value.trim()) told.set(name, value.trim());
  const body = Object.fromEntries([...told].filter(([name]) => (known ? name in known : !NOT_A_VALUE.has(name))));
  const withdrawn = told.has("withdrawn");
  return { body: withdrawn ? {} : body, happened: told.get("happened_at") ?? "", withdrawn, replaces: told.get("replaces") ?? null };
}

/** @param {Item} item @returns {string} what the entries door reads */
export function wire(item) {
  const { id, kind, body, observed_at, charted_at, seen_at, replaces, withdrawn, tablet, tablet_number } = item;
  return JSON.stringify({
    id, kind, body, observed_at, charted_at, tablet, tablet_number, withdrawn,
    ...(seen_at ? { seen_at } : {}), ...(replaces ? { replaces } : {}),
  });
}

/** How long to wait before the next try (ms). @param {number} failures one after the other */
export function waitMs(failures) {
  return Math.min(60_000, 1000 * 2 ** Math.min(failures, 6));
}

/** @param {{type: string, status: number}} answer @param {any} told its JSON, or null @returns {Answer} */
export function judged(answer, told) {
  const words = { rule: told?.rule ?? "", words: told?.words ?? "" };
  if (answer.type === "opaqueredirect" || (answer.status >= 300 && answer.status < 400)) return { outcome: "signed_out" };
  if (answer.status === 200 && told?.id) return { outcome: "kept", recorded_at: told.recorded_at };
  if (answer.status === 401) return { outcome: told ? "sign_in" : "signed_out", ...words };
  // without words of ours it is the form's token that is not good any more: another sign-in made a new one
  if (answer.status === 403) return told ? { outcome: "denied", ...words } : { outcome: "signed_out" };
  if (answer.status === 404) return { outcome: "denied", ...words };
  if (answer.status === 409 || answer.status === 422) return { outcome: "refused", ...words };
  return { outcome: "busy" };
}

export class Outbox {
  /**
   * @param {{store: any, keys: any, send: (item: Item) => Promise<Answer>, person: string, now: () => number,
   *   alone?: <T>(work: () => Promise<T>) => Promise<T>}} made
   */
  constructor({ store, keys, send, person, now, alone = (work) => work() }) {
    Object.assign(this, { store, keys, send, person, now, alone });
    /** @type {Map<string, Item>} what this page may read now */
    this.open = new Map();
    /** Without a PIN nothing that can be read lies on the tablet: it stays in this page. */
    this.memory = new MemoryStore();
    /** @type {Set<string>} what the clinic acknowledged to this page */
    this.acknowledged = new Set();
    this.signedOut = false;
  }

  /**
   * Keeps an entry; resolved when it is on the disk.
   *
   * @param {Omit<Item, "tablet" | "tablet_number" | "charted_at">} draft
   * @returns {Promise<Item | null>} null when the same button was pressed twice, and the first press stands
   */
  async add(draft) {
    const before = this.open.get(draft.id);
    if (this.acknowledged.has(draft.id) || (before && before.state !== "refused")) return null;
    const place = before ? { tablet: before.tablet, number: before.tablet_number } : await this.store.next();
    const item = { ...draft, charted_at: new Date(this.now()).toISOString(), tablet: place.tablet, tablet_number: place.number, state: "waiting" };
    await this.keep(item);
    return item;
  }

  /** @param {Item} item */
  async keep(item) {
    const row = { id: item.id, person: this.person, session: item.session, number: item.tablet_number, kept_ms: Date.parse(item.charted_at) };
    const locked = await this.keys.lock(item, `${this.person}/${item.id}`);
    const shelf = this.keys.sealing ? this.store : this.memory;
    await shelf.put("outbox", { ...row, ...locked });
    this.open.set(item.id, item);
  }

  /** A PIN was chosen: what only this page had goes onto the disk, sealed. */
  async seal() {
    for (const row of await this.memory.all("outbox")) {
      await this.keep(row.plain);
      await this.memory.remove("outbox", row.id);
    }
  }

  /** @param {string} id */
  async remove(id) {
    await this.memory.remove("outbox", id);
    await this.store.remove("outbox", id);
  }

  /** The key is forgotten, and everything that it opened. */
  close() {
    this.keys.forget();
    if (this.keys.sealing) this.open.clear();
  }

  /** @returns {Promise<any[]>} what waits here of this person, in the order of charting */
  async rows() {
    const all = [...(await this.store.all("outbox")), ...(await this.memory.all("outbox"))];
    return all.filter((/** @type {any} */ row) => row.person === this.person).sort((/** @type {any} */ a, /** @type {any} */ b) => a.number - b.number);
  }

  /** @param {any} row @returns {Promise<Item | null>} null while it is sealed */
  async read(row) {
    const known = this.open.get(row.id);
    if (known) return known;
    const item = await this.keys.unlock(row, `${row.person}/${row.id}`);
    if (item) this.open.set(row.id, { ...item, state: item.state ?? "waiting" });
    return this.open.get(row.id) ?? null;
  }

  /** @returns {Promise<{items: Item[], standing: import("./tablet-words.js").Standing}>} */
  async look() {
    const rows = await this.rows();
    const items = [];
    for (const row of rows) {
      const item = await this.read(row);
      if (item) items.push(item);
    }
    const others = (await this.store.all("outbox")).filter((/** @type {any} */ row) => row.person !== this.person);
    const in_ = (/** @type {string} */ state) => items.filter((one) => one.state === state).length;
    const oldest = Math.min(...rows.map((row) => row.kept_ms));
    return {
      items,
      standing: {
        waiting: rows.length, oldest_s: rows.length ? (this.now() - oldest) / 1000 : 0, refused: in_("refused"), dose: in_("sign_in"),
        denied: in_("denied"), sealed: rows.length - items.length, others: others.length, memory: !this.keys.sealing, signedOut: this.signedOut,
      },
    };
  }

  /**
   * Sends what can be sent, one after the other.
   *
   * @param {(item: Item, answer: Answer) => void} [told] hears each answer
   * @returns {Promise<"done" | "unreached" | "busy" | "signed_out">}
   */
  pump(told = () => {}) {
    return this.alone(async () => {
      for (const row of await this.rows()) {
        const item = await this.read(row);
        if (!item || item.state === "refused") continue;
        const answer = await this.send(item);
        await this.take(item, answer);
        told(item, answer);
        if (answer.outcome === "unreached" || answer.outcome === "busy" || answer.outcome === "signed_out") return answer.outcome;
      }
      return "done";
    });
  }

  /** @param {Item} item @param {Answer} answer */
  async take(item, answer) {
    this.signedOut = answer.outcome === "signed_out";
    if (answer.outcome === "kept") {
      await this.remove(item.id);
      this.open.delete(item.id);
      this.acknowledged.add(item.id);
    } else if (answer.rule === "INF-TABLET") {
      const place = await this.store.next();
      await this.keep({ ...item, tablet: place.tablet, tablet_number: place.number });
    } else if (["sign_in", "denied", "refused"].includes(answer.outcome)) {
      const now = { ...item, state: answer.outcome, rule: answer.rule, words: answer.words };
      if (this.open.has(item.id)) this.open.set(item.id, now);
    }
  }

  /** A person has looked at it: other contents under the same id, which the clinic never took. @param {Item} item @param {Partial<Item>} changes */
  async amend(item, changes) {
    const { rule: _rule, words: _words, ...rest } = item;
    await this.keep({ ...rest, ...changes, state: "waiting" });
  }
}
