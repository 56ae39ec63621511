// The phone's own small database, and the reports in it that wait for a network. Used by the page
// (as a module) and by the service worker (by importScripts), therefore without import and export.

(() => {
  const NAME = "nuanyi";
  let opened = null;

  function open() {
    opened ??= new Promise((done, failed) => {
      const request = indexedDB.open(NAME, 1);
      request.onupgradeneeded = () => {
        request.result.createObjectStore("area");
        request.result.createObjectStore("outbox", { keyPath: "receipt" });
      };
      request.onsuccess = () => {
        // Another version of the page wants to change the tables: let it.
        request.result.onversionchange = () => request.result.close();
        done(request.result);
      };
      request.onerror = () => failed(request.error);
      request.onblocked = () => failed(new Error("blocked"));
    });
    opened.catch(() => {
      opened = null;
    });
    return opened;
  }

  /** Runs one step on a table and gives its result. */
  async function step(table, mode, work) {
    const database = await open();
    return new Promise((done, failed) => {
      const transaction = database.transaction(table, mode);
      const request = work(transaction.objectStore(table));
      transaction.oncomplete = () => done(request?.result);
      transaction.onerror = () => failed(transaction.error);
      transaction.onabort = () => failed(transaction.error);
    });
  }

  /** Sends one report. True when the service has taken it or will never take it. */
  async function send(report) {
    const { station, receipt, ...rest } = report;
    const answer = await fetch(`/api/stations/${station}/reports`, {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "application/json" },
      body: JSON.stringify({ receipt, ...rest }),
      cache: "no-store",
      referrerPolicy: "no-referrer",
    });
    // 429 and 5xx pass; anything else that is refused would be refused again.
    return { done: answer.ok || (answer.status < 500 && answer.status !== 429), answer };
  }

  /** Sends what waits. The receipt makes a second sending of the same report harmless. */
  async function flush() {
    const waiting = await step("outbox", "readonly", (table) => table.getAll());
    let sent = 0;
    for (const report of waiting) {
      const { done } = await send(report);
      if (!done) break;
      await step("outbox", "readwrite", (table) => table.delete(report.receipt));
      sent += 1;
    }
    return sent;
  }

  self.nuanyiOutbox = {
    step,
    send,
    flush,
    add: (report) => step("outbox", "readwrite", (table) => table.put(report)),
    waiting: () => step("outbox", "readonly", (table) => table.getAll()),
  };
})();
