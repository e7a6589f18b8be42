/** The forms of entries: one touch for a scale, usual words to touch, drugs that fill the form, ten seconds to undo. */

import { Pad } from "./pad.js";

/**
 * How long undo is still offered. The server says both times, so a tablet's wrong clock changes nothing.
 * @param {string} recordedAt when the entry was recorded @param {string} shownAt the server's time when the page was made
 * @param {number} passed_s since the page was made @param {number} for_s how long it is offered
 * @returns {number} whole seconds left, 0 when it is over
 */
export function secondsLeft(recordedAt, shownAt, passed_s, for_s = 10) {
  const age_s = (Date.parse(shownAt) - Date.parse(recordedAt)) / 1000 + passed_s;
  return Number.isNaN(age_s) ? 0 : Math.max(0, Math.ceil(for_s - age_s));
}

/** @param {{drug: string, amount: string, unit: string, route: string}} told @returns {string} what the button repeats */
export function recordWords({ drug, amount, unit, route }) {
  if (!drug.trim() || !amount.trim() || !unit || !route) return "Record drug";
  return `Record ${drug.trim()} ${amount.trim()} ${unit}, ${route}`;
}

/** @param {HTMLElement} undo */
function countDown(undo) {
  const opened = performance.now();
  const place = undo.querySelector("[data-undo-left]");
  const tick = () => {
    const left = secondsLeft(undo.dataset.undoUntil ?? "", undo.dataset.undoNow ?? "", (performance.now() - opened) / 1000);
    if (!left || !undo.isConnected) {
      clearInterval(timer);
      undo.remove();
    } else if (place) {
      place.textContent = ` (${left} s)`;
    }
  };
  const timer = setInterval(tick, 250);
  tick();
}

/** A finger records at once; a keyboard chooses first and then presses Record. @param {HTMLFormElement} form */
function touchRecords(form) {
  form.classList.add("is-touch");
  form.addEventListener("click", (event) => {
    const byFinger = /** @type {MouseEvent} */ (event).detail > 0;
    if (byFinger && event.target instanceof HTMLInputElement && event.target.type === "radio") form.requestSubmit();
  });
}

/** Usual words fill their field. @param {HTMLElement} offers */
function offerWords(offers) {
  offers.hidden = false;
  offers.addEventListener("click", (event) => {
    const button = /** @type {HTMLElement} */ (event.target).closest("button");
    const field = offers.closest("form")?.elements.namedItem(offers.dataset.offers ?? "");
    if (!button || !(field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement)) return;
    field.value = button.value;
    for (const one of offers.querySelectorAll("button")) one.setAttribute("aria-pressed", String(one === button));
  });
}

/** @param {HTMLElement} offers */
function offerDrugs(offers) {
  const form = offers.parentElement?.querySelector("form[data-entry-kind]");
  if (!(form instanceof HTMLFormElement)) return;
  offers.hidden = false;
  const names = /** @type {const} */ (["drug", "amount", "unit", "route"]);
  const repeat = () => {
    const told = new FormData(form);
    const typed = Object.fromEntries(names.map((name) => [name, String(told.get(name) ?? "")]));
    const record = form.querySelector("[data-record]");
    if (record) record.textContent = recordWords(/** @type {any} */ (typed));
  };
  form.addEventListener("input", repeat);
  offers.addEventListener("click", (event) => {
    const button = /** @type {HTMLElement} */ (event.target).closest("button");
    if (!button) return;
    for (const name of names) fill(form, name, button.dataset[name] ?? "");
    repeat();
    form.querySelector("[data-record]")?.scrollIntoView({ block: "nearest" });
  });
}

/** @param {HTMLFormElement} form @param {string} name @param {string} value */
function fill(form, name, value) {
  const field = form.elements.namedItem(name);
  if (field instanceof RadioNodeList) for (const one of field) /** @type {HTMLInputElement} */ (one).checked = /** @type {HTMLInputElement} */ (one).value === value;
  else if (field instanceof HTMLInputElement) field.value = value;
}

/** @type {WeakSet<Element>} */
const seen = new WeakSet();

/** @param {ParentNode} root */
function enhance(root) {
  const each = (/** @type {string} */ which, /** @type {(one: any) => void} */ act) => {
    for (const one of [...(root instanceof Element && root.matches(which) ? [root] : []), ...root.querySelectorAll(which)]) {
      if (seen.has(one)) continue;
      seen.add(one);
      act(one);
    }
  };
  each("form.pad-form", (form) => new Pad(form).start());
  each("form[data-touch-records]", touchRecords);
  each("[data-offers]", offerWords);
  each("[data-drug-offers]", offerDrugs);
  each("[data-undo-until]", countDown);
}

if (typeof document !== "undefined") {
  enhance(document);
  // what a tablet keeps for the time without a network is put in without htmx: look at whatever comes
  new MutationObserver((changes) => {
    for (const change of changes) for (const one of change.addedNodes) if (one instanceof Element && one.isConnected) enhance(one);
  }).observe(document.body, { childList: true, subtree: true });
  document.addEventListener("click", (event) => {
    const close = /** @type {HTMLElement} */ (event.target).closest?.("#entry [data-close-entry]");
    if (!close) return;
    event.preventDefault(); // beside the log there is nothing to go back to
    document.querySelector("#entry")?.replaceChildren();
    document.querySelector("#now .chair-state")?.scrollIntoView({ block: "start" });
  });
}
