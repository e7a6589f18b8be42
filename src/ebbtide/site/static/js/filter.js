/**
 * A list filters as you type. The word is kept after the # of the address: a reload, the back button and a
 * bookmark find it again, and no server, proxy or log ever sees it, because it may be a person's name.
 */

import { holds } from "./words.js";

/**
 * @param {string} hash location.hash
 * @returns {string} what was searched
 */
export function askedIn(hash) {
  return new URLSearchParams(hash.replace(/^#/, "")).get("find") ?? "";
}

/** @param {string} asked @returns {string} the part after the path, "" for nothing asked */
export function hashFor(asked) {
  return asked.trim() ? `#${new URLSearchParams({ find: asked.trim() })}` : "";
}

/** @param {number} shown @param {number} all @param {string} template words with {shown} and {all} */
export function countInWords(shown, all, template) {
  return template.replace("{shown}", String(shown)).replace("{all}", String(all));
}

/** @param {HTMLInputElement} input */
function apply(input) {
  const list = document.querySelector(input.dataset.filter ?? "");
  if (!list) return;
  const rows = [...list.querySelectorAll("[data-row]")];
  for (const row of rows) row.toggleAttribute("hidden", !holds(row.textContent ?? "", input.value));
  const shown = rows.filter((row) => !row.hasAttribute("hidden")).length;
  for (const count of document.querySelectorAll(`[data-filter-count="${input.dataset.filter}"]`)) {
    count.textContent = countInWords(shown, rows.length, count.getAttribute("data-words") ?? "{shown} of {all}");
  }
}

/** @param {HTMLInputElement} input */
function start(input) {
  input.value = askedIn(location.hash) || input.value;
  apply(input);
  input.addEventListener("input", () => {
    apply(input);
    history.replaceState(history.state, "", location.pathname + location.search + hashFor(input.value));
  });
  input.addEventListener("keydown", (press) => {
    if (press.key !== "Enter") return;
    press.preventDefault();
    const first = document.querySelector(`${input.dataset.filter} [data-row]:not([hidden]) a[href]`);
    if (first instanceof HTMLElement) first.focus();
  });
  document.addEventListener("htmx:afterSettle", () => apply(input));
}

if (typeof document !== "undefined") {
  for (const input of document.querySelectorAll("input[data-filter]")) start(/** @type {HTMLInputElement} */ (input));
}
