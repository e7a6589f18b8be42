/** What a tablet says of what it has not sent. Pure. */

import { ageInWords } from "./words.js";
import { wallOf } from "./tablet-clock.js";

/** @typedef {Record<string, {title: string, fields: Record<string, {label: string, unit: string}>}>} Kinds */
/** @typedef {{waiting: number, oldest_s: number, refused: number, dose: number, denied: number, sealed: number, others: number,
 *   memory: boolean, signedOut: boolean}} Standing */

/** Words that need no label before them. */
const SAYS_ITSELF = new Set(["text", "reason", "name", "drug", "event", "step"]);

/** @param {number} n @param {string} one @param {string} many */
const counted = (n, one, many) => `${n} ${n === 1 ? one : many}`;

/** @param {Standing} standing @returns {string} the line that always stands there */
export function lineOf({ waiting, oldest_s }) {
  return waiting ? `${waiting} not sent yet, oldest ${ageInWords(oldest_s)}` : "sent ✓ all";
}

/** @param {Standing} standing @returns {string[]} what somebody should do, most pressing first */
export function todo({ refused, dose, denied, sealed, others, memory, signedOut, waiting }) {
  const said = [];
  if (signedOut && waiting) said.push(`You are signed out: sign in again to send ${counted(waiting, "entry", "entries")}.`);
  else if (dose) said.push(`Sign in again to send ${counted(dose, "dose entry", "dose entries")}.`);
  if (sealed) said.push(`Enter your PIN to read and send ${counted(sealed, "entry", "entries")} kept on this tablet.`);
  if (refused) said.push(`${counted(refused, "entry was", "entries were")} not accepted: look at ${refused === 1 ? "it" : "them"} below.`);
  if (denied) said.push(`${counted(denied, "entry", "entries")} may not be sent by you any more: ask whoever runs the day to put this person in your care.`);
  if (others) said.push(`${counted(others, "entry", "entries")} of somebody else wait here: they sign in on this tablet and enter their PIN.`);
  if (memory && waiting) said.push("They are kept in this open page only: choose a PIN, and do not close it before.");
  return said;
}

/**
 * @param {Kinds} kinds
 * @param {string} kind
 * @returns {string}
 */
export function titleOf(kinds, kind) {
  return kinds[kind]?.title ?? kind.replaceAll("_", " ");
}

/**
 * @param {Kinds} kinds
 * @param {{kind: string, body: Record<string, string>, withdrawn?: boolean, replaces?: string | null}} item
 * @returns {string} its values, each with its label and unit
 */
export function valuesOf(kinds, item) {
  if (item.withdrawn) return "withdrawn";
  const fields = kinds[item.kind]?.fields ?? {};
  const said = Object.entries(item.body).map(([name, value]) => {
    const field = fields[name];
    const label = SAYS_ITSELF.has(name) ? "" : (field?.label ?? name);
    return `${label} ${value} ${field?.unit ?? ""}`.trim();
  });
  return (item.replaces ? ["correction", ...said] : said).join(" · ");
}

/**
 * @param {Kinds} kinds
 * @param {any} item
 * @param {string} zone
 * @returns {string} one line in words: "14:05 Vital signs by hand: Oxygen saturation 97 %"
 */
export function sentence(kinds, item, zone) {
  const values = valuesOf(kinds, item);
  return `${wallOf(Date.parse(item.observed_at), zone)} ${titleOf(kinds, item.kind)}${values ? `: ${values}` : ""}`;
}

/** @param {any} item @returns {string} where it stands */
export function stateWords(item) {
  if (item.state === "refused") return `Not accepted: ${item.words}`;
  if (item.state === "sign_in") return "Waits for you to sign in again";
  if (item.state === "denied") return "You may not chart for this person any more";
  return "Waits for the network";
}

/**
 * The note that takes the place of an entry which was not accepted; nothing that was typed is left out.
 *
 * @param {Kinds} kinds
 * @param {any} item
 * @param {string} why
 * @param {string} zone
 * @returns {string}
 */
export function noteFor(kinds, item, why, zone) {
  return `Set aside at the tablet, not charted as typed: ${sentence(kinds, item, zone)}. The clinic said: ${item.words} Reason: ${why.trim()}`;
}

/**
 * @param {number | null} sinceMs when the clinic was heard last
 * @param {string} zone
 * @param {number | null} [seenMs] of when the log is that stands below; null when its own caption says so
 * @returns {string}
 */
export function offlineWords(sinceMs, zone, seenMs = null) {
  const since = sinceMs === null ? "Offline" : `Offline since ${wallOf(sinceMs, zone)}`;
  const log = seenMs === null ? "" : ` The state and the log below are those of ${wallOf(seenMs, zone)}.`;
  return `${since}, charting goes on; live values are not shown. Read the bedside monitor.${log}`;
}
