/*
 * The service worker of the chair: a reload without the network still shows a page that charts.
 *
 * It keeps, for one session at a time, an empty chairside page (no name, no value, no log), the blank entry forms, and the
 * styles and scripts they need. The network always comes first. What a person may see lies sealed in the page's own
 * database and never here. All of it is dropped at the sign-out and when the sign-in is over.
 */
"use strict";

const CHAIR = "ebbtide-chair-";
const THINGS = "ebbtide-things";
const PATIENCE_MS = 4000; // a page that the network does not bring within this time comes from the copy [design]
// the page of a session, and those of an emergency: without the network all of them are the same copy
const PAGE = /^\/infusion\/sessions\/([0-9a-f-]{36})(?:\/emergency(?:\/of\/[\w-]+)?)?$/;
const PART = /^\/infusion\/sessions\/([0-9a-f-]{36})\/(log|blank)\//;
const LEAVING = /^\/account\/logout\//;
const SIGN_IN = /^\/account\//;

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("message", (event) => {
  const told = event.data ?? {};
  const port = event.ports[0];
  const work = told.type === "keep" ? keep(told) : told.type === "forget" ? forget() : Promise.resolve();
  event.waitUntil(work.then(() => port?.postMessage("done"), () => port?.postMessage("failed")));
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (url.origin !== location.origin) return;
  if (request.method !== "GET") {
    if (LEAVING.test(url.pathname)) event.waitUntil(forget());
    return;
  }
  if (request.mode === "navigate" && PAGE.test(url.pathname)) event.respondWith(page(request, url));
  else if (PART.test(url.pathname) && request.headers.get("HX-Request")) event.respondWith(part(request, url));
  else if (url.pathname.startsWith("/static/")) event.respondWith(thing(request));
});

/** @param {string} session */
const chair = (session) => caches.open(CHAIR + session);
const shellAddress = (session) => `/infusion/sessions/${session}?shell`;
const partAddress = (path) => `${path}?part`;

async function patient(request) {
  let timer;
  const late = new Promise((_, failed) => { timer = setTimeout(() => failed(new Error("late")), PATIENCE_MS); });
  try {
    return await Promise.race([fetch(request), late]);
  } finally {
    clearTimeout(timer);
  }
}

async function page(request, url) {
  const session = PAGE.exec(url.pathname)[1];
  try {
    const answer = await patient(request);
    if (answer.type === "opaqueredirect" || (answer.redirected && SIGN_IN.test(new URL(answer.url).pathname))) await forget();
    return answer;
  } catch (failed) {
    const copy = await (await chair(session)).match(shellAddress(session), { ignoreVary: true });
    if (copy) return copy;
    throw failed;
  }
}

async function part(request, url) {
  const kept = partAddress(url.pathname);
  const session = PART.exec(url.pathname)[1];
  const isKept = await caches.has(CHAIR + session);
  try {
    const answer = await patient(request);
    if (answer.ok && !answer.redirected && isKept) await (await chair(session)).put(kept, answer.clone());
    return answer;
  } catch (failed) {
    const copy = isKept ? await (await chair(session)).match(kept, { ignoreVary: true }) : undefined;
    if (copy) return copy;
    throw failed;
  }
}

async function thing(request) {
  try {
    return await fetch(request);
  } catch (failed) {
    const copy = await (await caches.open(THINGS)).match(request, { ignoreVary: true });
    if (copy) return copy;
    throw failed;
  }
}

/** One session's page, and no other's. @param {{session: string, shell: string, parts: string[], things: string[]}} told */
async function keep({ session, shell, parts, things }) {
  for (const name of await caches.keys()) if (name.startsWith(CHAIR) && name !== CHAIR + session) await caches.delete(name);
  const here = await chair(session);
  await bring(here, shell, shellAddress(session), {});
  for (const address of parts) await bring(here, address, partAddress(address), { "HX-Request": "true" });
  const kept = await caches.open(THINGS);
  for (const address of things) await bring(kept, address, address, {});
}

async function bring(cache, address, key, headers) {
  const answer = await fetch(address, { headers: { "Ebbtide-Background": "1", ...headers }, credentials: "same-origin" });
  if (answer.ok && !answer.redirected) await cache.put(key, answer);
}

async function forget() {
  for (const name of await caches.keys()) if (name.startsWith(CHAIR)) await caches.delete(name);
  await new Promise((done) => {
    const asked = indexedDB.open("ebbtide-tablet");
    asked.onupgradeneeded = () => asked.transaction.abort(); // there is none: nothing to forget
    asked.onerror = () => done();
    asked.onsuccess = () => {
      const database = asked.result;
      const work = database.transaction("pictures", "readwrite");
      work.objectStore("pictures").clear();
      work.oncomplete = work.onabort = () => { database.close(); done(); };
    };
  });
}
