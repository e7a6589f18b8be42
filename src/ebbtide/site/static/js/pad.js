/**
 * The touch pad for vital signs: each sign opens on the numbers around its last value, one touch sets it and opens the next.
 * Nothing is set by itself: a value that nobody touched, typed or took over from the monitor stays empty.
 */

/** @typedef {{name: string, label: string, unit: string, low: number, high: number, decimals: number, opensAt: number, last: number | null}} Sign */

const COLUMNS = 10;
const ROWS = { sbp_mmHg: 6, spo2_percent: 3, rr_per_min: 4, etco2_mmHg: 4 };
const FLOWS = [0, 0.5, 1, 1.5, 2, 2.5, 3, 4, 5, 6, 7, 8, 9, 10, 12, 15]; // L/min, as a flow meter is marked

/** @param {Sign} sign @returns {number} from one cell to the next */
export function stepOf(sign) {
  return sign.decimals > 0 ? 10 ** -sign.decimals : 1;
}

/** @param {Sign} sign @param {number} value @returns {string} as the body of an entry takes it */
export function written(sign, value) {
  return String(Number(value.toFixed(sign.decimals)));
}

/**
 * The numbers on the pad, ten in a row, so that a number keeps its place.
 * @param {Sign} sign
 * @param {number} shift how many pads lower or higher than the one it opens on
 * @returns {(string | null)[]} null where the sign has no such value
 */
export function cellsOf(sign, shift = 0) {
  if (sign.name === "o2_flow_l_per_min") return FLOWS.filter((one) => one >= sign.low && one <= sign.high).map((one) => written(sign, one));
  const step = stepOf(sign);
  const first = firstRow(sign, shift);
  /** @type {(string | null)[]} */
  const cells = [];
  for (let n = 0; n < rowsOf(sign) * COLUMNS; n += 1) {
    const value = (first * COLUMNS + n) * step;
    cells.push(value < sign.low - step / 2 || value > sign.high + step / 2 ? null : written(sign, value));
  }
  return cells;
}

/** @param {Sign} sign */
function rowsOf(sign) {
  return ROWS[/** @type {keyof ROWS} */ (sign.name)] ?? 5;
}

/** @param {Sign} sign @param {number} shift */
function firstRow(sign, shift) {
  const row = (/** @type {number} */ value) => Math.floor(value / stepOf(sign) / COLUMNS + 1e-9);
  const rows = rowsOf(sign);
  const lowest = row(sign.low);
  const highest = Math.max(lowest, row(sign.high) - rows + 1);
  const wanted = row(sign.opensAt) - Math.floor((rows - 1) / 2) + shift * rows;
  return Math.min(Math.max(wanted, lowest), highest);
}

/** @param {Sign} sign @param {number} shift @returns {boolean} whether there are other numbers that way */
export function canShift(sign, shift) {
  return sign.name !== "o2_flow_l_per_min" && firstRow(sign, shift) !== firstRow(sign, shift < 0 ? shift + 1 : shift - 1);
}

/**
 * @param {string[]} asked the signs that are gone through, in their order
 * @param {string} current the one that was just set
 * @param {Record<string, string>} values what is filled in
 * @returns {string} the next one that is empty, "" when nothing is left to ask
 */
export function nextOf(asked, current, values) {
  const from = asked.indexOf(current);
  return asked.slice(from + 1).find((name) => !values[name]) ?? "";
}

/** @param {string} cell @param {string} name @param {Record<string, string>} values @returns {boolean} whether it cannot be */
export function isImpossible(cell, name, values) {
  if (name === "dbp_mmHg" && values.sbp_mmHg) return Number(cell) >= Number(values.sbp_mmHg);
  if (name === "sbp_mmHg" && values.dbp_mmHg) return Number(cell) <= Number(values.dbp_mmHg);
  return false;
}

/**
 * What the strip above shows live, by sign: what is stale, lost or no measurement is not taken over.
 * @param {{signal: string, live: boolean, number: string}[]} places
 * @returns {Record<string, string>}
 */
export function shownBy(places) {
  const names = { hr: "hr_per_min", spo2: "spo2_percent", rr: "rr_per_min", etco2: "etco2_mmHg", o2_flow: "o2_flow_l_per_min", temp: "temp_c" };
  /** @type {Record<string, string>} */
  const found = {};
  for (const { signal, live, number } of places) {
    if (!live) continue;
    const pair = /^(\d+)\/(\d+)$/.exec(number.trim());
    if (signal === "sbp" && pair) [found.sbp_mmHg, found.dbp_mmHg] = [pair[1], pair[2]];
    const name = names[/** @type {keyof names} */ (signal)];
    if (name && /^\d+(\.\d+)?$/.test(number.trim())) found[name] = String(Number(number));
  }
  return found;
}

/** @param {Record<string, string>} taken @param {Record<string, string>} values @returns {string[]} what still reads as the monitor does */
export function stillAsMonitor(taken, values) {
  return Object.keys(taken).filter((name) => values[name] === taken[name]);
}

/** The pad of one form. */
export class Pad {
  /** @param {HTMLFormElement} form */
  constructor(form) {
    this.form = form;
    /** @type {HTMLInputElement[]} */
    this.inputs = [...form.querySelectorAll("input[data-sign]")];
    this.asked = this.inputs.filter((one) => "asked" in one.dataset).map((one) => one.name);
    /** @type {Record<string, string>} */
    this.taken = {};
    this.current = "";
    this.shift = 0;
    this.box = document.createElement("div");
    this.box.className = "pad";
    this.box.setAttribute("role", "group");
  }

  start() {
    this.form.querySelector("[name=taken_over]")?.remove(); // this page keeps count by itself
    this.form.querySelector(".chair-fields")?.after(this.box);
    for (const input of this.inputs) {
      input.inputMode = "none"; // the pad is the keyboard; one that is plugged in still types
      input.addEventListener("focus", () => this.open(input.name));
      input.addEventListener("input", () => this.tell());
    }
    this.box.addEventListener("click", (event) => this.touched(/** @type {HTMLElement} */ (event.target).closest("button")));
    this.form.querySelector("[data-take-monitor]")?.addEventListener("click", (event) => this.takeOver(event));
    this.open(nextOf(["", ...this.asked], "", this.values()));
  }

  /** @returns {Record<string, string>} */
  values() {
    return Object.fromEntries(this.inputs.map((one) => [one.name, one.value.trim()]));
  }

  /** @param {string} name @returns {HTMLInputElement | undefined} */
  input(name) {
    return this.inputs.find((one) => one.name === name);
  }

  /** @param {string} name @returns {Sign | null} */
  sign(name) {
    const input = this.input(name);
    if (!input) return null;
    const { low, high, decimals, opensAt, last } = input.dataset;
    const field = input.closest(".field");
    return {
      name, label: field?.querySelector("label")?.textContent?.trim() ?? name,
      unit: field?.querySelector(".field__unit")?.textContent?.trim() ?? "",
      low: Number(low), high: Number(high), decimals: Number(decimals), opensAt: Number(opensAt), last: last ? Number(last) : null,
    };
  }

  /** @param {string} name */
  open(name) {
    if (name !== this.current) this.shift = 0;
    this.current = name;
    for (const one of this.inputs) one.closest(".field")?.classList.toggle("field--open", one.name === name);
    this.draw();
    if (!name) this.form.querySelector("[data-record]")?.scrollIntoView({ block: "nearest" });
  }

  draw() {
    const sign = this.sign(this.current);
    this.box.hidden = !sign;
    if (!sign) return;
    const values = this.values();
    this.box.setAttribute("aria-label", `${sign.label}, ${sign.unit}`);
    const title = document.createElement("p");
    title.className = "pad__title";
    title.textContent = `${sign.label}, ${sign.unit}`;
    const acts = document.createElement("div");
    acts.className = "pad__acts";
    const steps = stepOf(sign);
    acts.append(
      this.button("lower", "Lower", !canShift(sign, this.shift - 1)), this.button("minus", `− ${steps}`, false),
      this.button("plus", `+ ${steps}`, false), this.button("higher", "Higher", !canShift(sign, this.shift + 1)),
      this.button("none", "Not measured", false),
    );
    const grid = document.createElement("div");
    grid.className = "pad__grid";
    grid.append(...cellsOf(sign, this.shift).map((cell) => this.cell(cell, sign, values)));
    this.box.replaceChildren(title, acts, grid);
  }

  /** @param {string} act @param {string} words @param {boolean} off */
  button(act, words, off) {
    const made = document.createElement("button");
    made.type = "button";
    made.className = "button button--chair";
    made.dataset.act = act;
    made.disabled = off;
    made.textContent = words;
    return made;
  }

  /** @param {string | null} cell @param {Sign} sign @param {Record<string, string>} values */
  cell(cell, sign, values) {
    if (cell === null) return document.createElement("span");
    const made = document.createElement("button");
    made.type = "button";
    made.className = "pad__cell";
    made.value = cell;
    made.textContent = cell;
    made.disabled = isImpossible(cell, sign.name, values);
    if (Number(cell) === sign.last) {
      made.classList.add("pad__cell--last");
      made.setAttribute("aria-label", `${cell}, as last time`);
    }
    made.setAttribute("aria-pressed", String(values[sign.name] === cell));
    return made;
  }

  /** @param {HTMLButtonElement | null} button */
  touched(button) {
    if (!button || button.disabled) return;
    if (button.dataset.act) this.act(button.dataset.act);
    else this.set(button.value, true);
  }

  /** @param {string} act */
  act(act) {
    if (act === "lower" || act === "higher") {
      this.shift += act === "lower" ? -1 : 1;
      this.draw();
    } else if (act === "none") {
      this.set("", true);
    } else {
      const sign = this.sign(this.current);
      const from = this.input(this.current)?.value || sign?.last || "";
      if (!sign || from === "") return; // a step from nothing would make a value up
      const to = Number(from) + (act === "minus" ? -1 : 1) * stepOf(sign);
      if (to >= sign.low && to <= sign.high) this.set(written(sign, to), false);
    }
  }

  /** @param {string} value @param {boolean} goOn to the next sign */
  set(value, goOn) {
    const input = this.input(this.current);
    if (!input) return;
    input.value = value;
    this.tell();
    if (goOn) this.open(nextOf(this.asked, this.current, this.values()));
    else this.draw();
  }

  /** @param {Event} event */
  takeOver(event) {
    const places = [...document.querySelectorAll("#vitals [data-signal]")];
    if (!places.length) return; // a page of its own: the link brings the draft
    event.preventDefault();
    const found = shownBy(places.map((one) => ({
      signal: one.getAttribute("data-signal") ?? "", live: one.classList.contains("vital--live"),
      number: one.querySelector(".vital__number")?.textContent ?? "",
    })));
    const known = Object.fromEntries(Object.entries(found).filter(([name]) => this.input(name)));
    this.taken = { ...this.taken, ...known };
    for (const [name, value] of Object.entries(known)) /** @type {HTMLInputElement} */ (this.input(name)).value = value;
    this.tell();
    if (!Object.keys(known).length) this.say("The monitor shows nothing live now: measure by hand.");
    this.open(nextOf(["", ...this.asked], "", this.values()));
  }

  /** What comes from the monitor is said, in the form and to whoever looks. */
  tell() {
    const same = stillAsMonitor(this.taken, this.values());
    const kept = this.form.querySelector("[name=as_monitor]");
    if (kept instanceof HTMLInputElement) kept.value = same.join(" ");
    for (const one of this.inputs) one.closest(".field")?.classList.toggle("field--from-monitor", same.includes(one.name));
    this.say(same.length ? "Read off the monitor, not recorded yet: look at the person, correct what differs, then record." : "");
  }

  /** @param {string} words */
  say(words) {
    const place = this.form.querySelector("[data-taken]");
    if (place) place.textContent = words;
  }
}
