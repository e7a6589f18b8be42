/** The forms at the chair: each under a number of its own, what it corrects, and the taps of an emergency that stay where they are. */

import { made } from "./tablet-panel.js";

/** Each form has a number of its own, also when it came from the tablet's copy. @param {HTMLFormElement} form */
export function freshen(form) {
  for (const name of ["entry", "key"]) {
    const field = /** @type {HTMLInputElement | null} */ (form.querySelector(`input[type=hidden][name=${name}]`));
    if (field) field.value = crypto.randomUUID();
  }
}

/** A form that posts to the correction of an entry names that entry. @param {string} action */
export function correctedBy(action) {
  return /\/entries\/([0-9a-f-]{36})\/correct$/.exec(action)?.[1] ?? null;
}

/** Where the tablet's copy of a script lies. @param {string} path of its page @returns {string} "" for any other page */
export function stepsOf(path) {
  const found = /^(\/infusion\/sessions\/[0-9a-f-]{36})\/emergency\/of\/([\w-]+)$/.exec(path);
  return found ? `${found[1]}/blank/script/${found[2]}` : "";
}

/**
 * The taps of a script that wait on this tablet.
 *
 * @param {import("./outbox.js").Item[]} items
 * @param {string} session
 * @returns {Map<string, string>} by script and step, when it was tapped first
 */
export function tapped(items, session) {
  const found = new Map();
  for (const { kind, body, withdrawn, session: of, observed_at } of items) {
    const name = `${body.script}/${body.step}`;
    if (kind === "emergency_step" && of === session && !withdrawn && !found.has(name)) found.set(name, observed_at);
  }
  return found;
}

/** What was tapped, in the place of its button; the next tap is another step. @param {HTMLElement} form @param {string} words */
export function stay(form, words) {
  const what = form.querySelector("button")?.textContent?.trim() ?? "";
  form.replaceWith(made("p", { class: "script-step__kept", role: "status" }, made("b", {}, what), " ", made("span", {}, words)));
}

/**
 * Marks the steps that wait already, so that nobody taps them twice.
 *
 * @param {ParentNode} root
 * @param {Map<string, string>} taps
 * @param {(at: string) => string} said
 */
export function mark(root, taps, said) {
  for (const form of root.querySelectorAll("form[data-entry-kind=emergency_step]:not([data-entry-undo])")) {
    const told = new FormData(/** @type {HTMLFormElement} */ (form));
    const at = taps.get(`${told.get("script")}/${told.get("step")}`);
    if (at) stay(/** @type {HTMLElement} */ (form), said(at));
  }
}

/** @param {Element} place @param {string} address @returns {Promise<boolean>} whether the tablet has the script */
export async function bringSteps(place, address) {
  const answer = await fetch(address, { headers: { "HX-Request": "true" }, credentials: "same-origin" }).catch(() => null);
  if (!answer?.ok) return false;
  place.replaceChildren(document.createRange().createContextualFragment(await answer.text()));
  for (const form of place.querySelectorAll("form[data-entry-kind]")) freshen(/** @type {HTMLFormElement} */ (form));
  return true;
}
