/** The keys of every staff page: / searches, j and k move between rows, ? explains. Enter is the browser's own. */

/**
 * @param {{key: string, ctrlKey?: boolean, metaKey?: boolean, altKey?: boolean}} press
 * @param {boolean} typing whether the person is writing in a field
 * @returns {"search" | "next" | "previous" | "help" | ""} what the key asks for
 */
export function askedFor(press, typing) {
  if (typing || press.ctrlKey || press.metaKey || press.altKey) return "";
  const asks = /** @type {Record<string, "search" | "next" | "previous" | "help">} */ ({
    "/": "search", j: "next", k: "previous", "?": "help",
  });
  return asks[press.key] ?? "";
}

/**
 * @param {number} now the row that has the focus, -1 for none
 * @param {number} count how many rows can be seen
 * @param {1 | -1} step
 * @returns {number} the row to go to, -1 when there is none
 */
export function nextRow(now, count, step) {
  if (count === 0) return -1;
  if (now < 0) return step > 0 ? 0 : count - 1;
  return Math.min(count - 1, Math.max(0, now + step));
}

/** @param {Element | null} element */
function isTyping(element) {
  return element instanceof HTMLElement && (element.isContentEditable || element.matches("input, textarea, select"));
}

/** @param {1 | -1} step */
function move(step) {
  const rows = [...document.querySelectorAll("[data-row]:not([hidden])")];
  const to = nextRow(rows.findIndex((row) => row.contains(document.activeElement)), rows.length, step);
  const target = rows[to]?.querySelector("a[href], button");
  if (target instanceof HTMLElement) target.focus();
}

/** @param {KeyboardEvent} press */
function onPress(press) {
  if (document.querySelector("dialog[open]")) return;
  const asked = askedFor(press, isTyping(document.activeElement));
  if (!asked) return;
  press.preventDefault();
  if (asked === "next") move(1);
  if (asked === "previous") move(-1);
  if (asked === "search") /** @type {HTMLElement | null} */ (document.querySelector("[data-filter], [data-search]"))?.focus();
  if (asked === "help") /** @type {HTMLDialogElement | null} */ (document.getElementById("keys-help"))?.showModal();
}

if (typeof document !== "undefined") document.addEventListener("keydown", onPress);
