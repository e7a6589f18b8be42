/** How an entry goes from the tablet to the clinic: one at a time, with the token of the chart in which it was charted. */

import { judged, wire } from "./outbox.js";

export const PATIENCE_MS = 10_000;

/** @returns {string} the token of forms, as it is now */
function token() {
  const cookie = /(?:^|; )csrftoken=([^;]+)/.exec(document.cookie);
  if (cookie) return decodeURIComponent(cookie[1]);
  return JSON.parse(document.body.getAttribute("hx-headers") ?? "{}")["X-CSRFToken"] ?? "";
}

/** @param {import("./outbox.js").Item} item @returns {Promise<import("./outbox.js").Answer>} */
export async function send(item) {
  try {
    const answer = await fetch(item.url, {
      method: "POST", redirect: "manual", credentials: "same-origin", signal: AbortSignal.timeout(PATIENCE_MS),
      headers: { "Content-Type": "application/json", "X-CSRFToken": token(), "Ebbtide-Chart": item.chart ?? "" }, body: wire(item),
    });
    return judged(answer, await answer.json().catch(() => null));
  } catch {
    return { outcome: "unreached" };
  }
}

/** One sender at a time, over all windows of this tablet. @template T @param {() => Promise<T>} work @returns {Promise<T>} */
export const alone = (work) => (navigator.locks ? navigator.locks.request("ebbtide-outbox", work) : work());
