/**
 * Live regions: one stream per page, events carry no content, each region is asked for again.
 * The page's own timer says how long nothing was heard; it never asks the stream whether the stream is well.
 */

import { ageInWords } from "./words.js";

/** A page that reads itself again does not keep an unused screen open. */
const BY_ITSELF = { "Ebbtide-Background": "1" };

const SILENT_AFTER_S = 30;

/** @param {string[]} topics @returns {string} the address of the stream, topics sorted and once each */
export function streamAddress(topics) {
  return `/live/stream?${new URLSearchParams({ topics: [...new Set(topics)].sort().join(",") })}`;
}

/**
 * @param {number} heard_s seconds since anything was heard, or NaN when nothing ever was
 * @param {number} silentAfter_s
 * @returns {{silent: boolean, words: string}}
 */
export function ageOf(heard_s, silentAfter_s) {
  if (Number.isNaN(heard_s)) return { silent: true, words: "not connected yet" };
  const silent = heard_s >= silentAfter_s;
  return { silent, words: silent ? `no data for ${ageInWords(heard_s)}` : `live, heard ${ageInWords(heard_s)} ago` };
}

/**
 * @param {string} data what an event carried
 * @returns {string} its topic, "" when it cannot be read
 */
export function topicOf(data) {
  try {
    const event = JSON.parse(data);
    return typeof event?.topic === "string" ? event.topic : "";
  } catch {
    return "";
  }
}

/** @param {HTMLElement} region */
async function refresh(region) {
  const address = region.dataset.liveUrl ?? location.href;
  if ("htmx" in globalThis && region.id) {
    await globalThis.htmx.ajax("GET", address, { target: `#${region.id}`, swap: region.dataset.liveSwap ?? "innerHTML", headers: BY_ITSELF });
    return;
  }
  const answer = await fetch(address, { headers: { "HX-Request": "true", ...BY_ITSELF }, credentials: "same-origin" });
  if (answer.ok) region.innerHTML = await answer.text();
}

function start() {
  /** @returns {HTMLElement[]} */
  const regions = () => [...document.querySelectorAll("[data-live-topic]")];
  const topics = regions().flatMap((region) => (region.dataset.liveTopic ?? "").split(/\s+/).filter(Boolean));
  if (!topics.length) return;

  const begunAt = performance.now();
  let heardAt = Number.NaN;
  let opened = false;
  const heard = () => { heardAt = performance.now(); };
  const renew = (/** @type {string} */ topic) => {
    for (const region of regions()) {
      if (!topic || (region.dataset.liveTopic ?? "").split(/\s+/).includes(topic)) void refresh(region).catch(() => {});
    }
  };

  const stream = new EventSource(streamAddress(topics));
  stream.addEventListener("open", () => {
    heard();
    if (opened) renew(""); // after a gap the page reads the state again
    opened = true;
  });
  stream.addEventListener("beat", heard);
  stream.addEventListener("message", (event) => { heard(); renew(topicOf(event.data)); });
  for (const topic of new Set(topics)) stream.addEventListener(topic, () => { heard(); renew(topic); });

  setInterval(() => {
    for (const place of document.querySelectorAll("[data-live-age]")) {
      const region = document.querySelector(place.getAttribute("data-live-age") ?? "");
      const limit = Number(region?.getAttribute("data-live-silent-after") ?? SILENT_AFTER_S);
      const now = performance.now();
      // a page that was never connected says so for a moment, and then for how long it has had nothing
      const since = Number.isNaN(heardAt) && (now - begunAt) / 1000 >= limit ? begunAt : heardAt;
      const age = ageOf((now - since) / 1000, limit);
      place.textContent = age.words;
      place.classList.toggle("live--silent", age.silent);
    }
  }, 1000);
}

if (typeof document !== "undefined") start();
