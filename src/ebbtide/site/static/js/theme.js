/** Remembers the light a person chose on this device: as the device, day, dark, or low light at the chair. */

const KEY = "ebbtide.theme";
const THEMES = ["light", "dark", "low"];

/**
 * @param {string | null | undefined} choice what was stored or chosen
 * @returns {string} a theme we draw, or "" for the device's own wish
 */
export function themeFrom(choice) {
  return THEMES.includes(choice ?? "") ? String(choice) : "";
}

/** @param {HTMLElement} root @param {string} theme */
export function wear(root, theme) {
  if ("themeFixed" in root.dataset) return;
  if (theme) root.dataset.theme = theme;
  else delete root.dataset.theme;
}

/** @returns {string} */
function remembered() {
  try {
    return themeFrom(localStorage.getItem(KEY));
  } catch {
    return ""; // a browser that keeps nothing still shows the page
  }
}

/** @param {string} theme */
function remember(theme) {
  try {
    if (theme) localStorage.setItem(KEY, theme);
    else localStorage.removeItem(KEY);
  } catch {
    // not kept: the choice lasts as long as the page
  }
}

/**
 * @param {string} wanted the theme of the button
 * @param {string} worn the one that is on
 * @param {string} before the one that was on before it
 * @returns {string} the one after a touch: on, or back to what it was
 */
export function afterTouch(wanted, worn, before) {
  if (worn !== wanted) return wanted;
  return before === wanted ? "" : before;
}

/** A button for one light, such as low light at the chair: one touch on, one touch back. */
function offerTouches() {
  const root = document.documentElement;
  for (const offer of document.querySelectorAll("[data-theme-touch]")) {
    const button = offer.querySelector("button");
    const wanted = themeFrom(offer.getAttribute("data-theme-touch"));
    if (!button || !wanted) continue;
    let before = remembered();
    const show = () => button.setAttribute("aria-pressed", String(root.dataset.theme === wanted));
    button.addEventListener("click", () => {
      const worn = themeFrom(root.dataset.theme);
      const theme = afterTouch(wanted, worn, before);
      if (worn !== wanted) before = worn;
      remember(theme);
      wear(root, theme);
      document.dispatchEvent(new CustomEvent("themechange"));
    });
    document.addEventListener("themechange", show);
    show();
    offer.removeAttribute("hidden");
  }
}

function offerSwitches() {
  offerTouches();
  for (const offer of document.querySelectorAll("[data-theme-switch]")) {
    const select = offer.querySelector("select");
    if (!select) continue;
    select.value = remembered();
    select.addEventListener("change", () => {
      const theme = themeFrom(select.value);
      remember(theme);
      wear(document.documentElement, theme);
      document.dispatchEvent(new CustomEvent("themechange"));
    });
    document.addEventListener("themechange", () => { select.value = remembered(); });
    offer.removeAttribute("hidden");
  }
}

if (typeof document !== "undefined") {
  wear(document.documentElement, remembered());
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", offerSwitches);
  else offerSwitches();
}
