/** What the tablet shows of itself: the line, what to do, what is not sent yet, the PIN. It draws and asks; it decides nothing. */

import { noteFor, sentence, stateWords, titleOf } from "./tablet-words.js";

/** @param {string} name @param {Record<string, string>} [attributes] @param {(Node | string)[]} children */
export function made(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

/** @param {Element | null} place @param {string} text */
export function write(place, text) {
  if (place && place.textContent !== text) place.textContent = text;
}

/** @param {string} words @param {string} [shape] */
export function notice(words, shape = "note") {
  return made("div", { class: `banner banner--${shape}`, role: "status" }, made("p", {}, words));
}

/**
 * The list of what is not sent yet, apart from the log.
 *
 * @param {Element} list
 * @param {any[]} items
 * @param {{kinds: any, zone: string, session: string, amend: (item: any, changes: any) => void}} how
 */
export function drawUnsent(list, items, how) {
  // a line that says the same stays as it is: somebody may be typing a correction into it
  const there = new Map([...list.children].map((child) => [/** @type {HTMLElement} */ (child).dataset.said, child]));
  const lines = items.map((item) => {
    const said = JSON.stringify([item.id, item.state, item.words, item.kind, item.body]);
    const found = there.get(said) ?? line(item, how);
    /** @type {HTMLElement} */ (found).dataset.said = said;
    return found;
  });
  if (lines.length !== list.children.length || lines.some((one, n) => one !== list.children[n])) list.replaceChildren(...lines);
}

/** @param {any} item @param {any} how */
function line(item, how) {
  const place = made("li", { class: `tablet-unsent tablet-unsent--${item.state}`, "data-entry": item.id },
    made("b", {}, sentence(how.kinds, item, how.zone)), " ", made("span", { class: "tablet-unsent__state" }, stateWords(item)));
  if (item.session !== how.session) place.append(" ", elsewhere(item));
  else if (item.state === "refused") place.append(remedy(item, how));
  return place;
}

/** It is of another person: it is never corrected under this one's name. @param {any} item */
function elsewhere(item) {
  const link = made("a", { href: item.url.replace(/\/entries$/, "") }, "Open that chart");
  return made("span", { class: "tablet-unsent__state" }, "It was charted for another person than the one above.", " ", link);
}

/** Correct what was typed, or set it aside with a reason that is charted. @param {any} item @param {any} how */
function remedy(item, how) {
  const box = made("details", { class: "unfold" }, made("summary", {}, "Correct it, or set it aside with a reason"));
  box.append(correcting(item, how), settingAside(item, how));
  return box;
}

/** @param {any} item @param {any} how */
function correcting(item, how) {
  const form = made("form", { class: "tablet-form", novalidate: "" });
  const fields = how.kinds[item.kind]?.fields ?? {};
  const names = [...new Set([...Object.keys(item.body), ...Object.keys(fields)])];
  for (const name of names) {
    const label = [fields[name]?.label ?? name, fields[name]?.unit].filter(Boolean).join(", ");
    form.append(made("label", {}, label, made("input", { class: "input", name, value: item.body[name] ?? "", autocomplete: "off" })));
  }
  form.append(made("button", { class: "button button--chair", type: "submit" }, "Send corrected"));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const typed = [...new FormData(/** @type {HTMLFormElement} */ (form))].map(([name, value]) => [name, String(value).trim()]);
    how.amend(item, { body: Object.fromEntries(typed.filter(([, value]) => value)) });
  });
  return form;
}

/** @param {any} item @param {any} how */
function settingAside(item, how) {
  const form = made("form", { class: "tablet-form", novalidate: "" },
    made("label", {}, "Why is it set aside?", made("input", { class: "input", name: "why", required: "", autocomplete: "off" })),
    made("button", { class: "button button--chair", type: "submit" }, "Set aside and chart a note"));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const why = String(new FormData(/** @type {HTMLFormElement} */ (form)).get("why") ?? "").trim();
    const field = form.querySelector("input");
    if (!why) return field?.focus();
    const text = noteFor(how.kinds, item, why, how.zone);
    // a time that the clinic refused cannot carry the note either: it is written now, and its words say when
    const when = /^INF-(FUTURE|BEFORE|AFTER)$/.test(item.rule ?? "") ? { observed_at: new Date(how.now()).toISOString() } : {};
    return how.amend(item, { kind: "note", body: { text }, replaces: null, withdrawn: false, ...when });
  });
  return form;
}

/** @param {any} kinds @param {any} item @param {string} wall */
export const recordedWords = (kinds, item, wall) => `Recorded at ${wall}: ${titleOf(kinds, item.kind).toLowerCase()}${item.withdrawn ? " withdrawn" : ""}.`;

/** @param {any} kinds @param {any} item @param {string} wall */
export const keptWords = (kinds, item, wall) => `Kept on this tablet at ${wall}, not sent yet: ${titleOf(kinds, item.kind).toLowerCase()}${item.withdrawn ? " withdrawn" : ""}.`;
