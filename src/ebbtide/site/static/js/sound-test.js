/** The sound of this tablet, tried by a person who listens: at the start gate and at the chair. What they heard is an entry of the log. */

import { canSound, tick } from "./sound.js";

/** @param {boolean} heard @returns {{item: string, identity: string, state: string}} the body of the entry: a piece of equipment, looked at */
export function soundBody(heard) {
  return { item: "other", identity: "sound of this tablet", state: heard ? "ready" : "not_ready" };
}

/** @param {boolean} heard @param {boolean} isKept @returns {string} */
export function soundWords(heard, isKept) {
  if (!isKept) return "Not recorded: the clinic was not reached. Play it again.";
  return heard ? "Sound heard." : "No sound: turn the tablet up, then play it again.";
}

/** @param {string} tag @param {string} name @param {string} words */
function made(tag, name, words) {
  const element = document.createElement(tag);
  element.className = name;
  element.textContent = words;
  if (element instanceof HTMLButtonElement) element.type = "button";
  return element;
}

/**
 * A browser makes no sound until somebody has touched the page: this touch unlocks it, and the person says whether they heard it.
 * @param {HTMLElement} box @param {(heard: boolean) => Promise<boolean>} record keeps the answer; whether it is kept
 */
export function offerSoundTest(box, record) {
  const button = made("button", "button button--chair", "Play the test sound");
  const said = made("span", "", "");
  said.setAttribute("role", "status");
  const answered = async (/** @type {boolean} */ heard) => {
    const isKept = await record(heard).catch(() => false);
    said.textContent = soundWords(heard, isKept);
    box.replaceChildren(said, " ", button);
    button.focus();
  };
  button.addEventListener("click", async () => {
    if (!(canSound() && (await tick().catch(() => false)))) return answered(false);
    const yes = made("button", "button button--chair", "I heard it");
    const no = made("button", "button button--chair", "I did not");
    yes.addEventListener("click", () => void answered(true));
    no.addEventListener("click", () => void answered(false));
    said.textContent = "Did you hear the tick?";
    box.replaceChildren(said, " ", yes, " ", no, " ", button);
    yes.focus();
    return undefined;
  });
  box.replaceChildren(said, button);
}

/** At the gate the clinic is there: the answer goes straight into the log. @param {HTMLElement} box */
function atTheGate(box) {
  const opened = performance.now();
  const token = /** @type {HTMLInputElement|null} */ (document.querySelector("[name=csrfmiddlewaretoken]"))?.value ?? "";
  const chart = /** @type {HTMLInputElement|null} */ (document.querySelector("[name=chart]"))?.value ?? "";
  offerSoundTest(box, async (heard) => {
    // the clinic's time when the page was made, and what passed since: a tablet's own clock may be wrong
    const at = new Date(Date.parse(box.dataset.at ?? "") + performance.now() - opened).toISOString();
    const entry = { id: crypto.randomUUID(), kind: "equipment", body: soundBody(heard), observed_at: at };
    const answer = await fetch(box.dataset.soundTest ?? "", {
      method: "POST", credentials: "same-origin", headers: { "Content-Type": "application/json", "X-CSRFToken": token, "Ebbtide-Chart": chart }, body: JSON.stringify(entry),
    });
    return answer.ok;
  });
  box.hidden = false;
}

if (typeof document !== "undefined") {
  for (const box of document.querySelectorAll("[data-sound-test]")) atTheGate(/** @type {HTMLElement} */ (box));
}
