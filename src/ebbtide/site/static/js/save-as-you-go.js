/** A form that saves as you go, and says so in words: "Saved 14:03", or "Not saved" and why. */

const WAIT_MS = 1000;

/**
 * @param {{state: "saving" | "saved" | "refused" | "offline", at?: string}} news
 * @returns {{words: string, saved: boolean}}
 */
export function wordsFor(news) {
  if (news.state === "saving") return { words: "Saving", saved: true };
  if (news.state === "saved") return { words: `Saved ${news.at ?? ""}`.trim(), saved: true };
  if (news.state === "refused") return { words: "Not saved: something here must be corrected first", saved: false };
  return { words: "Not saved: no connection. Leave this page open", saved: false };
}

/** @param {number} status of the answer @returns {"saved" | "refused" | "offline"} */
export function stateFor(status) {
  if (status >= 200 && status < 300) return "saved";
  return status === 422 || status === 400 ? "refused" : "offline";
}

/** @param {Date} moment */
export function clockTime(moment) {
  return `${String(moment.getHours()).padStart(2, "0")}:${String(moment.getMinutes()).padStart(2, "0")}`;
}

/** @param {HTMLFormElement} form */
function start(form) {
  const place = form.querySelector("[data-saving]");
  /** @type {ReturnType<typeof setTimeout> | undefined} */ let timer;
  let unsaved = false;

  /** @param {{state: "saving" | "saved" | "refused" | "offline", at?: string}} news */
  function say(news) {
    const { words, saved } = wordsFor(news);
    if (!place) return;
    place.textContent = words;
    place.classList.toggle("saving--not", !saved);
  }

  async function save() {
    say({ state: "saving" });
    try {
      const answer = await fetch(form.dataset.saveAsYouGo ?? form.action, {
        method: "POST", body: new FormData(form), credentials: "same-origin", headers: { "X-Save-As-You-Go": "1" },
      });
      const state = stateFor(answer.status);
      unsaved = state !== "saved";
      say({ state, at: clockTime(new Date()) });
    } catch {
      say({ state: "offline" });
    }
    if (unsaved) timer = setTimeout(() => void save(), WAIT_MS * 10);
  }

  form.addEventListener("input", () => {
    unsaved = true;
    clearTimeout(timer);
    timer = setTimeout(() => void save(), WAIT_MS);
  });
  form.addEventListener("submit", () => { unsaved = false; clearTimeout(timer); });
  window.addEventListener("beforeunload", (leaving) => { if (unsaved) leaving.preventDefault(); });
}

if (typeof document !== "undefined") {
  for (const form of document.querySelectorAll("form[data-save-as-you-go]")) start(/** @type {HTMLFormElement} */ (form));
}
