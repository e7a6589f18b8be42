/** Asking for the PIN, or for a new one. */

import { made, write } from "./tablet-panel.js";
import { pinFault } from "./vault.js";

const LONGEST = 64;

/** @param {string} label @param {string} name @param {string} remember */
function field(label, name, remember) {
  const input = made("input", { class: "input", type: "password", name, inputmode: "numeric", maxlength: String(LONGEST), autocomplete: remember, required: "" });
  return made("label", {}, label, input);
}

/** @param {Element} form @param {string} name */
const typed = (form, name) => String(new FormData(/** @type {HTMLFormElement} */ (form)).get(name) ?? "");

/**
 * @param {Element} place
 * @param {string} wanted "enter", "choose" or ""
 * @param {{enter: (pin: string) => Promise<boolean>, choose: (pin: string) => Promise<void>}} acts
 */
export function drawPin(place, wanted, acts) {
  if (wanted === "enter") place.replaceChildren(entering(acts), choosing(acts, "I forgot my PIN: choose a new one"));
  else if (wanted === "choose") place.replaceChildren(choosing(acts, "Choose a PIN to chart without the network"));
  else place.replaceChildren();
}

/** @param {any} acts */
function entering(acts) {
  const said = made("p", { class: "tablet-pin__said", role: "status" });
  const button = /** @type {HTMLButtonElement} */ (made("button", { class: "button button--primary button--chair", type: "submit" }, "Open"));
  const form = made("form", { class: "tablet-form", novalidate: "" }, field("Your PIN on this tablet", "pin", "off"), button, said);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    write(said, "Opening");
    const opened = await acts.enter(typed(form, "pin"));
    button.disabled = false;
    if (opened) return;
    write(said, "This PIN opens nothing here: try again. What is kept on this tablet stays kept.");
    /** @type {HTMLFormElement} */ (form).reset();
    form.querySelector("input")?.focus();
  });
  return form;
}

/** @param {any} acts @param {string} title */
function choosing(acts, title) {
  const said = made("p", { class: "tablet-pin__said", role: "status" });
  const button = /** @type {HTMLButtonElement} */ (made("button", { class: "button button--primary button--chair", type: "submit" }, "Use this PIN"));
  const words = "It locks what this tablet keeps until the clinic has it. Nobody can read it back for you; entries under a forgotten PIN wait for that PIN.";
  const form = made("form", { class: "tablet-form", novalidate: "" }, field("New PIN, 6 or more", "pin", "off"), field("The same again", "again", "off"), button, said);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const pin = typed(form, "pin");
    const fault = pinFault(pin) || (pin === typed(form, "again") ? "" : "The two differ: type the same PIN twice.");
    write(said, fault || "Making the key, a moment");
    if (fault) return;
    button.disabled = true;
    await acts.choose(pin);
  });
  return made("details", { class: "unfold tablet-pin" }, made("summary", {}, title), made("p", { class: "small muted" }, words), form);
}
