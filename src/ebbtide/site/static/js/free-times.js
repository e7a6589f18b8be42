/** Booking an evaluation: another day or clinician shows its free times without a press. Without this file the button does it. */

/** @param {HTMLButtonElement} look */
export function follow(look) {
  const form = look.form;
  for (const name of ["clinician", "on"]) {
    const field = form?.elements.namedItem(name);
    if (field instanceof HTMLSelectElement) field.addEventListener("change", () => form?.requestSubmit(look));
    // a date is typed in parts, so it waits for the field to be left
    else if (field instanceof HTMLInputElement) {
      const before = field.value;
      field.addEventListener("blur", () => { if (field.value && field.value !== before) form?.requestSubmit(look); });
    }
  }
}

if ("document" in globalThis) {
  const look = document.querySelector("[data-look]");
  if (look instanceof HTMLButtonElement) follow(look);
}
