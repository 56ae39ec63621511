// The service worker: the page itself from the phone, whatever the network does. `SHELL` is written
// before this by the service. It keeps the page's own files and nothing that was asked: no answer,
// no position.

const CACHE = `nuanyi-${SHELL.version}`;

importScripts(SHELL.outbox);

self.addEventListener("install", (event) => {
  event.waitUntil((async () => {
    const cache = await caches.open(CACHE);
    const pages = Object.values(SHELL.pages).map((path) => new Request(path, { cache: "reload" }));
    await cache.addAll([...pages, ...SHELL.files, "/manifest.webmanifest"]);
    await self.skipWaiting();
  })());
});

self.addEventListener("activate", (event) => {
  event.waitUntil((async () => {
    // The version before stays: a page that is open may still want a file of it.
    const names = (await caches.keys()).filter((name) => name.startsWith("nuanyi-"));
    await Promise.all(names.slice(0, -2).map((name) => caches.delete(name)));
    await self.clients.claim();
  })());
});

async function pageFor(url) {
  const cache = await caches.open(CACHE);
  const path = SHELL.pages[url.searchParams.get("lang")] ?? SHELL.pages.zh;
  return (await cache.match(path, { ignoreVary: true })) ?? fetch(path);
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
  if (request.mode === "navigate") {
    if (url.pathname === "/") event.respondWith(pageFor(url));
  } else if (url.pathname.startsWith("/web/@") || url.pathname === "/manifest.webmanifest") {
    event.respondWith(caches.match(request, { ignoreVary: true }).then((kept) => kept ?? fetch(request)));
  }
});

// Reports that were written without a network, sent when it is back, also after the page was closed.
self.addEventListener("sync", (event) => {
  if (event.tag !== "reports") return;
  event.waitUntil((async () => {
    const sent = await self.nuanyiOutbox.flush();
    if (!sent) return;
    for (const client of await self.clients.matchAll()) client.postMessage({ sent });
  })());
});
