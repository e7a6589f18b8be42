/** The command palette: Ctrl K, a few letters, Enter. Entries come from the page: its links and its list of places. */

import { holds } from "./words.js";

/** @typedef {{label: string, href: string, kind: string}} Place */

/**
 * @param {Place[]} places
 * @param {string} asked
 * @returns {Place[]} what fits, those that begin with the word first, at most twelve
 */
export function fitting(places, asked) {
  const found = places.filter((place) => holds(`${place.label} ${place.kind}`, asked));
  const begins = (/** @type {Place} */ place) => place.label.toLowerCase().startsWith(asked.trim().toLowerCase());
  return [...found.filter(begins), ...found.filter((place) => !begins(place))].slice(0, 12);
}

/**
 * @param {Place[]} places
 * @returns {Place[]} each address once, the first name it was given
 */
export function eachOnce(places) {
  const seen = new Set();
  return places.filter((place) => !seen.has(place.href) && seen.add(place.href));
}

/** @returns {Place[]} */
function placesOnThisPage() {
  const written = document.getElementById("palette-entries");
  const listed = written ? /** @type {Place[]} */ (JSON.parse(written.textContent ?? "[]")) : [];
  const links = [...document.querySelectorAll("a[data-palette][href]")].map((link) => ({
    label: (link.textContent ?? "").trim(),
    href: link.getAttribute("href") ?? "",
    kind: link.getAttribute("data-palette") ?? "",
  }));
  return eachOnce([...listed, ...links]);
}

/** @param {HTMLDialogElement} dialog */
function start(dialog) {
  const search = /** @type {HTMLInputElement} */ (dialog.querySelector("input"));
  const list = /** @type {HTMLElement} */ (dialog.querySelector("[role=listbox]"));
  /** @type {Place[]} */ let shown = [];
  let chosen = 0;

  function draw() {
    shown = fitting(placesOnThisPage(), search.value);
    chosen = Math.min(chosen, Math.max(0, shown.length - 1));
    list.replaceChildren(...shown.map((place, index) => {
      const entry = document.createElement("li");
      entry.id = `palette-entry-${index}`;
      entry.className = "palette__entry";
      entry.setAttribute("role", "option");
      entry.setAttribute("aria-selected", String(index === chosen));
      const kind = document.createElement("span");
      kind.className = "palette__kind";
      kind.textContent = place.kind;
      entry.append(place.label, kind);
      entry.addEventListener("click", () => location.assign(place.href));
      return entry;
    }));
    if (shown.length) search.setAttribute("aria-activedescendant", `palette-entry-${chosen}`);
    else search.removeAttribute("aria-activedescendant");
  }

  search.addEventListener("input", () => { chosen = 0; draw(); });
  search.addEventListener("keydown", (press) => {
    const steps = /** @type {Record<string, number>} */ ({ ArrowDown: 1, ArrowUp: -1 });
    if (press.key in steps) {
      press.preventDefault();
      chosen = (chosen + steps[press.key] + shown.length) % Math.max(1, shown.length);
      draw();
    } else if (press.key === "Enter") {
      press.preventDefault();
      const place = shown[chosen];
      if (place) location.assign(place.href);
    }
  });
  document.addEventListener("keydown", (press) => {
    if (press.key.toLowerCase() !== "k" || !(press.ctrlKey || press.metaKey)) return;
    press.preventDefault();
    search.value = "";
    chosen = 0;
    draw();
    if (!dialog.open) dialog.showModal();
  });
}

if (typeof document !== "undefined") {
  const dialog = document.getElementById("palette");
  if (dialog instanceof HTMLDialogElement) start(dialog);
}
