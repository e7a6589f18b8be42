/**
 * The chairside page on a tablet: every entry is kept first, then sent; what is not sent yet always stands on the screen.
 * Without a secure connection nothing can be kept, the page says so, and its forms work as on any other page.
 */

import { Outbox, readForm, waitMs } from "./outbox.js";
import { offerSoundTest, soundBody } from "./sound-test.js";
import { clinicClock, instantOf, wallOf } from "./tablet-clock.js";
import { bringSteps, correctedBy, freshen, mark, stay, stepsOf, tapped } from "./tablet-forms.js";
import { Keys } from "./tablet-keys.js";
import { drawUnsent, keptWords, made, notice, recordedWords, write } from "./tablet-panel.js";
import { drawPin } from "./tablet-pin.js";
import { PATIENCE_MS, alone, send } from "./tablet-send.js";
import { openStore } from "./tablet-store.js";
import { lineOf, offlineWords, todo } from "./tablet-words.js";
import { canLock } from "./vault.js";

const BY_ITSELF = { "Ebbtide-Background": "1" };
const IDLE_MS = 180_000; // then the PIN is asked again [design]
const PROBE_MS = 15_000;
const ANSWER_SOON_MS = 1500; // a form waits so long for the clinic's answer, then it says that the entry is kept

class Tablet {
  /** @param {HTMLElement} place @param {any} data @param {any} store */
  constructor(place, data, store) {
    this.place = place;
    this.data = data;
    this.store = store;
    this.isCopy = place.dataset.from === "copy";
    this.clock = clinicClock();
    this.keys = new Keys(store, data.person);
    this.outbox = new Outbox({ store, keys: this.keys, send, person: data.person, now: this.clock.now, alone });
    this.offline = this.isCopy;
    /** @type {number | null} */ this.heardMs = null;
    /** @type {number | null} */ this.seenMs = null;
    this.failures = 0;
    this.pinAsked = "";
  }

  /** @param {string} name @returns {any} */
  part(name) { return this.place.querySelector(`[data-tablet-${name}]`); }

  async start() {
    const known = await this.store.get("meta", `session/${this.data.session}`);
    if (this.isCopy) this.clock.setByOwn((await this.store.get("meta", "clock"))?.off_ms ?? 0);
    else await this.hear(this.data.at);
    this.heardMs = this.isCopy ? ((await this.store.get("meta", "heard"))?.ms ?? null) : this.clock.now();
    if (this.isCopy) this.seenMs = known?.seen_ms ?? null;
    else await this.saw(this.clock.now());
    await this.keys.load();
    this.listen();
    this.part("head").hidden = false;
    this.sound();
    void this.stayAwake();
    await this.draw();
    await this.picture();
    await this.keepPage();
    setInterval(() => void this.draw(), 5000);
    setInterval(() => void this.probe(), PROBE_MS);
    if (this.isCopy) await this.steps(location.pathname);
    await (this.isCopy ? this.probe() : this.go());
    this.place.dataset.ready = "yes";
  }

  /** @param {string} at the clinic's time */
  async hear(at) {
    this.clock.set(Date.parse(at));
    await this.store.put("meta", { name: "clock", off_ms: this.clock.off() });
  }

  /** The log was read. @param {number} ms */
  async saw(ms) {
    this.seenMs = ms;
    await this.store.put("meta", { name: `session/${this.data.session}`, seen_ms: ms });
  }

  listen() {
    document.addEventListener("submit", (event) => this.submitted(event), true);
    for (const form of document.querySelectorAll("form[data-entry-kind]")) freshen(/** @type {HTMLFormElement} */ (form));
    document.body.addEventListener("htmx:load", (event) => {
      const part = /** @type {HTMLElement} */ (event.target);
      for (const form of part.querySelectorAll?.("form[data-entry-kind]") ?? []) freshen(form);
      if (part.querySelectorAll) void this.marked(part);
    });
    /** @type {number | null} */ let asked = null;
    const isNow = (/** @type {any} */ event) => event.detail?.target?.id === "now";
    document.body.addEventListener("htmx:beforeRequest", (event) => { if (isNow(event)) asked = this.clock.now(); });
    document.body.addEventListener("htmx:afterSwap", (event) => {
      if (isNow(event) && asked !== null) void this.saw(asked).then(() => this.picture());
    });
    window.addEventListener("offline", () => this.unreached());
    window.addEventListener("online", () => void this.probe());
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") { void this.stayAwake(); void this.probe(); }
    });
    for (const touch of ["pointerdown", "keydown"]) document.addEventListener(touch, () => this.touched(), { capture: true, passive: true });
    this.touched();
  }

  /** Somebody is here; after three idle minutes the key is forgotten. */
  touched() {
    clearTimeout(this.idle);
    this.idle = setTimeout(() => { this.outbox.close(); void this.draw(); }, IDLE_MS);
  }

  // — charting —

  /** @param {Event} event */
  submitted(event) {
    const form = /** @type {HTMLFormElement | null} */ (/** @type {HTMLElement} */ (event.target).closest?.("form[data-entry-kind]") ?? null);
    if (!form) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    void this.chart(form, /** @type {SubmitEvent} */ (event).submitter);
  }

  /** @param {HTMLFormElement} form @param {HTMLElement | null} submitter */
  async chart(form, submitter) {
    const isRate = form.getAttribute("action")?.endsWith("/rate");
    const kind = isRate ? "rate" : (form.dataset.entryKind ?? "");
    const told = readForm(new FormData(form, submitter), this.data.kinds[kind]?.fields);
    const nowMs = this.clock.now();
    const happened = told.happened ? instantOf(told.happened, nowMs, this.data.zone) : nowMs;
    const item = await this.keep({
      id: form.querySelector("[name=entry]")?.value || crypto.randomUUID(),
      // the form says itself whose chart it was shown for: the page may be another one's by now
      chart: form.querySelector("[name=chart]")?.value ?? "",
      kind, body: told.body, withdrawn: told.withdrawn, replaces: told.replaces ?? correctedBy(form.getAttribute("action") ?? ""),
      observed_at: new Date(happened ?? nowMs).toISOString(),
    });
    if (!item) return;
    const then = form.dataset.entryThen; // where a script of an emergency goes on, once the clinic has its opening
    const soon = new Promise((done) => { setTimeout(done, ANSWER_SOON_MS, null); });
    const answer = await Promise.race([this.go(item.id), soon]);
    if (then && answer?.outcome === "kept") return location.assign(then);
    this.answer(form, item, answer);
    if (then && answer?.outcome !== "refused") await this.steps(then);
  }

  /** @param {any} draft */
  async keep(draft) {
    const seen_at = this.seenMs === null ? null : new Date(this.seenMs).toISOString();
    const item = await this.outbox.add({ ...draft, seen_at, session: this.data.session, url: this.data.entries_url });
    void this.draw();
    return item;
  }

  /** What the form says after the press. @param {HTMLFormElement} form @param {any} item @param {any} answer */
  answer(form, item, answer) {
    form.querySelector("[data-tablet-said]")?.remove();
    if (answer?.outcome === "refused") {
      const said = notice(answer.words, "wrong");
      said.dataset.tabletSaid = "";
      form.prepend(said);
      said.scrollIntoView({ block: "nearest" });
      return;
    }
    if ("entryStays" in form.dataset) return stay(form, this.saidOf(item.observed_at, answer?.outcome === "kept"));
    freshen(form);
    const entry = form.closest("#entry") ?? (form.getAttribute("hx-target") || form.dataset.entryThen ? document.querySelector("#entry") : null);
    if (!entry) return;
    const wall = wallOf(this.clock.now(), this.data.zone);
    const said = notice(answer?.outcome === "kept" ? recordedWords(this.data.kinds, item, wall) : keptWords(this.data.kinds, item, wall));
    if (entry.contains(form) || !entry.querySelector("form")) { entry.replaceChildren(said); return; }
    // somebody types in another form already: the answer stands above it, and takes nothing away
    said.dataset.tabletSaid = "";
    entry.querySelector("[data-tablet-said]")?.remove();
    entry.prepend(said);
  }

  // — an emergency without the network: the script that the tablet keeps —

  /** @param {string} path of the script's page */
  async steps(path) {
    const entry = document.querySelector("#entry");
    const address = stepsOf(path);
    if (!entry || !address || !(await bringSteps(entry, address))) return;
    await this.marked(entry);
    document.getElementById("emergency-bar")?.removeAttribute("open"); // the choice is made: it covers the steps
    entry.scrollIntoView({ block: "start" });
  }

  /** @param {ParentNode} root */
  async marked(root) {
    if (!root.querySelector("form[data-entry-kind=emergency_step]")) return;
    mark(root, tapped((await this.outbox.look()).items, this.data.session), (at) => this.saidOf(at, false));
  }

  /** @param {string} at @param {boolean} isKept by the clinic */
  saidOf(at, isKept) {
    const wall = wallOf(Date.parse(at), this.data.zone);
    return isKept ? `recorded ${wall}` : `kept at ${wall}, not sent yet`;
  }

  // — sending —

  /** Sends what waits. @param {string} [wanted] @returns {Promise<any>} the answer to the entry that was asked for */
  async go(wanted = "") {
    clearTimeout(this.again);
    let found = null;
    let kept = "";
    const ended = await this.outbox.pump((item, answer) => {
      if (item.id === wanted) found = answer;
      if (answer.outcome === "kept") kept = item.id;
    });
    if (ended === "unreached") this.unreached();
    else this.reached();
    this.failures = ended === "done" ? 0 : this.failures + 1;
    if (ended !== "done") this.again = setTimeout(() => void this.go(), waitMs(this.failures));
    await this.draw();
    if (ended === "done" && this.place.dataset.waiting === "0") this.leaveCopy();
    if (kept) document.body.dispatchEvent(new CustomEvent("charted", { bubbles: true, detail: { entry: kept } }));
    return found;
  }

  /** Is the clinic there, and what time is it there? */
  async probe() {
    try {
      const answer = await fetch(this.data.tick_url, { headers: BY_ITSELF, redirect: "manual", cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS) });
      if (answer.ok) await this.hear((await answer.json()).at);
      this.outbox.signedOut = answer.type === "opaqueredirect";
    } catch {
      return this.unreached();
    }
    const wasOffline = this.offline;
    this.reached();
    const { standing } = await this.outbox.look();
    return wasOffline || standing.waiting > standing.refused ? this.go() : this.draw();
  }

  reached() {
    this.heardMs = this.clock.now();
    void this.store.put("meta", { name: "heard", ms: this.heardMs });
    if (!this.offline) return;
    this.offline = false;
    if (!this.isCopy) document.body.dispatchEvent(new CustomEvent("charted", { bubbles: true, detail: {} }));
    void this.draw();
  }

  unreached() { this.offline = true; void this.draw(); }

  /** The network is back and everything is in: the whole page again, unless somebody is typing. */
  leaveCopy() {
    if (this.isCopy && !document.querySelector("#entry form")) location.reload();
  }

  // — what is shown —

  async draw() {
    const { items, standing } = await this.outbox.look();
    write(this.part("line"), lineOf(standing));
    this.place.dataset.waiting = String(standing.waiting);
    document.body.classList.toggle("body--offline", this.offline || this.isCopy);
    const banner = this.part("offline");
    banner.hidden = !(this.offline || this.isCopy);
    write(banner.querySelector("p"), this.offline ? offlineWords(this.heardMs, this.data.zone, this.isCopy ? null : this.seenMs) : "The network is back. This is still the tablet's copy of the page: open the page again.");
    banner.querySelector("a").hidden = this.offline;
    this.part("buttons").hidden = banner.hidden;
    this.part("todo").replaceChildren(...todo(standing).map((words) => this.toDo(words)));
    drawUnsent(this.part("unsent"), items, { kinds: this.data.kinds, zone: this.data.zone, session: this.data.session, now: this.clock.now, amend: (item, changes) => void this.amend(item, changes) });
    this.pin(standing);
    await this.rest(standing);
  }

  /** @param {string} words */
  toDo(words) {
    const line = made("li", {}, words);
    const back = `?next=${encodeURIComponent(location.pathname)}`;
    if (words.startsWith("You are signed out")) line.append(" ", made("a", { href: this.data.sign_in_url + back }, "Sign in"));
    else if (words.startsWith("Sign in again")) line.append(" ", made("a", { href: this.data.again_url + back }, "Sign in again"));
    return line;
  }

  /** A person has looked at it, under the name above: from now on it is of this chart. @param {any} item @param {any} changes */
  amend(item, changes) { return this.outbox.amend(item, { ...changes, chart: this.data.chart }).then(() => this.go()); }

  /** @param {import("./tablet-words.js").Standing} standing */
  pin(standing) {
    const wanted = this.keys.sealing ? (!this.keys.isOpen && (standing.sealed || this.isCopy) ? "enter" : "") : "choose";
    if (wanted === this.pinAsked) return;
    this.pinAsked = wanted;
    drawPin(this.part("pin"), wanted, {
      enter: async (pin) => {
        if (!(await this.keys.enter(pin))) return false;
        await this.opened();
        return true;
      },
      choose: async (pin) => {
        await this.keys.choose(pin, this.clock.now());
        await this.outbox.seal();
        void navigator.storage?.persist?.();
        await this.opened();
      },
    });
  }

  async opened() {
    this.pinAsked = "?";
    await this.draw();
    await this.picture();
    await this.go();
  }

  // — the sealed picture of the page, and its empty copy —

  /** Who this is and what the log said: sealed on the tablet, or opened again on the page that came from the copy. */
  async picture() {
    const label = `${this.data.person}/picture/${this.data.session}`;
    const now = document.getElementById("now");
    if (!this.keys.sealing || !now) return;
    if (!this.isCopy) {
      const head = document.querySelector(".chair-head")?.outerHTML ?? "";
      const sealed = await this.keys.lock({ head, now: now.innerHTML, at: this.clock.now() }, label);
      await this.store.put("pictures", { session: this.data.session, person: this.data.person, ...sealed });
      return;
    }
    const row = await this.store.get("pictures", this.data.session);
    const picture = row && row.person === this.data.person ? await this.keys.unlock(row, label) : null;
    if (!picture) return;
    document.getElementById("tablet-person")?.replaceChildren(document.createRange().createContextualFragment(picture.head));
    const words = `What the log said at ${wallOf(picture.at, this.data.zone)}. Anything later is not on this tablet.`;
    now.replaceChildren(made("p", { class: "tablet-asof" }, words), document.createRange().createContextualFragment(picture.now));
    // the numbers in it may have been used since it was sealed: an entry under one of them would take another one's place
    for (const form of document.querySelectorAll("form[data-entry-kind]")) freshen(/** @type {HTMLFormElement} */ (form));
  }

  async keepPage() {
    if (this.isCopy || !navigator.serviceWorker || !document.getElementById("now")) return;
    try {
      await navigator.serviceWorker.register("/sw.js", { scope: "/" });
      const things = performance.getEntriesByType("resource").map((one) => new URL(one.name)).filter((url) => url.origin === location.origin && url.pathname.startsWith("/static/"));
      const parts = [...document.querySelectorAll("[hx-get*='/log/'], [hx-get*='/blank/']")].map((link) => link.getAttribute("hx-get"));
      for (const form of document.querySelectorAll("form[data-entry-then]")) parts.push(stepsOf(/** @type {HTMLElement} */ (form).dataset.entryThen ?? ""));
      await this.tell({ type: "keep", session: this.data.session, shell: this.data.shell_url, parts: [...new Set(parts)], things: [...new Set(things.map((url) => url.pathname))] });
      this.place.dataset.kept = "yes";
    } catch {
      write(this.part("aside"), "This browser keeps no copy of the page: do not close or reload it without the network.");
    }
  }

  /** @param {any} told */
  async tell(told) {
    const worker = (await navigator.serviceWorker.ready).active;
    const { port1, port2 } = new MessageChannel();
    await new Promise((done) => { port1.onmessage = done; worker?.postMessage(told, [port2]); });
  }

  /** Once the infusion is stopped and everything is in, nothing of it stays here. @param {any} standing */
  async rest(standing) {
    const over = document.querySelector("#now [data-phase]")?.getAttribute("data-phase") === "stopped";
    if (!over || standing.waiting || this.isCopy || this.forgotten || !this.place.dataset.kept) return;
    this.forgotten = true;
    await this.tell({ type: "forget" });
  }

  // — the screen and the sound —

  async stayAwake() {
    try {
      await navigator.wakeLock.request("screen");
      write(this.part("awake"), "Screen stays on.");
    } catch {
      write(this.part("awake"), "This browser lets the screen go dark: set the tablet itself to stay on.");
    }
  }

  sound() {
    offerSoundTest(this.part("sound"), async (yes) => {
      const item = { id: crypto.randomUUID(), chart: this.data.chart, kind: "equipment", body: soundBody(yes), withdrawn: false, replaces: null, observed_at: new Date(this.clock.now()).toISOString() };
      await this.keep(item);
      void this.go();
      return true;
    });
  }
}

/** @param {HTMLElement} place */
async function start(place) {
  const data = JSON.parse(document.getElementById("tablet-data")?.textContent ?? "null");
  const store = canLock() && globalThis.indexedDB ? await openStore().catch(() => null) : null;
  if (store) return new Tablet(place, data, store).start();
  const head = /** @type {HTMLElement} */ (place.querySelector("[data-tablet-head]"));
  head.hidden = false;
  write(head.querySelector("[data-tablet-line]"), "Nothing can be kept on this tablet, because this address is not secure (https) or this browser does not allow it: chart while the network is there.");
  return undefined;
}

if (typeof document !== "undefined") {
  const place = document.getElementById("tablet");
  if (place) void start(place);
}
