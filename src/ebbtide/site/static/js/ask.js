/** The public questions: the crisis line appears while somebody writes words of self-harm, before anything is sent. */

import { fold } from "./words.js";

/**
 * @param {string} text what is being written
 * @param {string} pattern the words of self-harm, as the server looks for them
 */
export function speaksOfSelfHarm(text, pattern) {
  return pattern !== "" && new RegExp(pattern).test(fold(text.replaceAll("\u2019", "'")));
}

function start() {
  const form = document.querySelector("[data-ask]");
  const crisis = document.querySelector("[data-crisis]");
  if (!(form instanceof HTMLFormElement) || !(crisis instanceof HTMLElement)) return;
  const pattern = form.dataset.selfHarmWords ?? "";
  form.addEventListener("input", () => {
    const texts = [...form.querySelectorAll("textarea, input[type=text]")].map((field) => /** @type {HTMLInputElement} */ (field).value);
    // shown once, it stays: whoever deletes the words may still need the number
    if (texts.some((text) => speaksOfSelfHarm(text, pattern))) crisis.hidden = false;
  });
}

if ("document" in globalThis) start();
