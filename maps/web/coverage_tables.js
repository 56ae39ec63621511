/* The tables that say in words what the coverage map draws: filtered, sorted, saved as CSV.
   Every text from data becomes a text node; see portable.js. */
(function () {
  "use strict";
  var N = window.Nuanyi;
  var t = function (key, values) { return N.t(key, values); };
  var show = null;
  var current = null;
  /* `lead(kind, number, from)` goes to the map. */
  N.tables = function (lead) {
    show = lead;
    var made = { areas: sortable(document.getElementById("areas-table"), "areas") };
    var filter = document.getElementById("table-filter");
    var found = document.getElementById("table-found");
    current = made.areas;
    function narrow() {
      var wanted = filter.value.trim().toLowerCase();
      var count = 0;
      current.rows.forEach(function (one) {
        one.hidden = wanted !== "" && one.cells[0].textContent.toLowerCase().indexOf(wanted) < 0;
        if (!one.hidden) count += 1;
      });
      found.textContent = "";
      found.appendChild(N.both(t("table.found", { n: count, total: current.rows.length })));
    }
    filter.addEventListener("input", narrow);
    narrow();
    document.querySelectorAll("[data-table]").forEach(function (button) {
      button.addEventListener("click", function () {
        var kind = button.dataset.table;
        if (!made[kind]) made[kind] = sortable(stationTable(), kind);
        current = made[kind];
        Object.keys(made).forEach(function (one) { made[one].table.hidden = one !== kind; });
        document.querySelectorAll("[data-table]").forEach(function (other) {
          other.setAttribute("aria-pressed", String(other === button));
        });
        narrow();
      });
    });
    document.getElementById("table-save").addEventListener("click", save);
  };
  /* Made when it is asked for: it may have thousands of rows. */
  function stationTable() {
    var heads = [t("field.name"), t("field.kind"), t("field.state"), t("field.hours")];
    var body = N.element("tbody", {}, N.data.stations.map(function (one, at) {
      var name = one.count ? t("station.grouped", { n: one.count }) : one.name;
      return N.element("tr", { "data-stations": at }, [
        N.element("th", { scope: "row" }, [N.element("button", { type: "button", class: "link" }, N.both(name))]),
        N.element("td", {}, N.both(N.tAll("kind", one.kind))),
        N.element("td", {}, one.count ? "–" : N.both(N.tAll("state", one.state))),
        N.element("td", {}, one.hours || (one.count ? "–" : N.both(t("station.unknown_hours")))),
      ]);
    }));
    var made = N.element("table", { id: "stations-table", class: "data-table" }, [
      N.element("caption", {}, N.both(t("legend.stations"))),
      N.element("thead", {}, N.element("tr", {}, heads.map(function (head) {
        return N.element("th", { scope: "col" }, N.both(head));
      }))),
      body,
    ]);
    document.querySelector(".table-scroll").appendChild(made);
    return made;
  }
  /* Column headings that sort, names that lead to the map. */
  function sortable(made, kind) {
    var body = made.tBodies[0];
    var rows = Array.prototype.slice.call(body.rows);
    body.addEventListener("click", function (event) {
      var button = event.target.closest("button.link");
      if (!button) return;
      var line = button.closest("tr");
      show(kind, Number(kind === "areas" ? line.dataset.area : line.dataset.stations), button);
    });
    Array.prototype.forEach.call(made.tHead.rows[0].cells, function (head, column) {
      var button = N.element("button", { type: "button", class: "sorter" }, []);
      while (head.firstChild) button.appendChild(head.firstChild);
      head.appendChild(button);
      button.addEventListener("click", function () {
        var down = head.getAttribute("aria-sort") === "ascending";
        Array.prototype.forEach.call(head.parentNode.cells, function (other) { other.removeAttribute("aria-sort"); });
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        var sign = down ? -1 : 1;
        rows.sort(function (one, other) {
          var a = one.cells[column], b = other.cells[column];
          if (a.dataset.value === undefined) return sign * a.textContent.localeCompare(b.textContent, "zh-CN");
          /* No data stands last whichever way. */
          if (a.dataset.value === "" || b.dataset.value === "")
            return (a.dataset.value === "") - (b.dataset.value === "");
          return sign * (Number(a.dataset.value) - Number(b.dataset.value));
        });
        rows.forEach(function (one) { body.appendChild(one); });
      });
    });
    return { table: made, rows: rows };
  }
  /* CSV with a byte order mark (spreadsheets then read Chinese); a text that a spreadsheet would
     take for a formula is quoted off with an apostrophe. */
  function save() {
    var other = N.language === "en" ? "zh" : "en";
    var lines = Array.prototype.map.call(current.table.rows, function (one) {
      return Array.prototype.map.call(one.cells, function (cell) {
        var copy = cell.cloneNode(true);
        copy.querySelectorAll("." + other).forEach(function (unshown) { unshown.remove(); });
        var text = copy.textContent.replace(/\s+/g, " ").trim();
        if (/^[=+\-@\t\r]/.test(text)) text = "'" + text;
        if (/^[\d,]+$/.test(text)) text = text.replace(/,/g, "");
        return '"' + text.replace(/"/g, '""') + '"';
      }).join(",");
    });
    var link = N.element("a", {
      href: URL.createObjectURL(new Blob(["\ufeff" + lines.join("\r\n") + "\r\n"], { type: "text/csv" })),
      download: "nuanyi-" + current.table.id.replace("-table", "") + ".csv",
    });
    link.click();
    window.setTimeout(function () { URL.revokeObjectURL(link.href); }, 1000);
  }
})();
