/* The table that says in words what the map of clusters draws: filtered, sorted, saved as CSV.
   Every text from data becomes a text node; see portable.js. */
(function () {
  "use strict";
  var N = window.Nuanyi;
  var t = function (key, values) { return N.t(key, values); };

  /* `lead(number, from)` goes to the map. */
  N.clusterTable = function (lead) {
    var table = document.getElementById("clusters-table");
    var body = table.tBodies[0];
    var rows = Array.prototype.slice.call(body.rows);
    var filter = document.getElementById("table-filter");
    var found = document.getElementById("table-found");
    function narrow() {
      var wanted = filter.value.trim().toLowerCase();
      var count = 0;
      rows.forEach(function (one) {
        one.hidden = wanted !== "" && one.cells[0].textContent.toLowerCase().indexOf(wanted) < 0;
        if (!one.hidden) count += 1;
      });
      found.textContent = "";
      found.appendChild(N.both(t("table.found", { n: count, total: rows.length })));
    }
    filter.addEventListener("input", narrow);
    narrow();
    body.addEventListener("click", function (event) {
      var button = event.target.closest("button.link");
      if (button) lead(Number(button.closest("tr").dataset.cluster), button);
    });
    Array.prototype.forEach.call(table.tHead.rows[0].cells, function (head, column) {
      var button = N.element("button", { type: "button", class: "sorter" }, []);
      while (head.firstChild) button.appendChild(head.firstChild);
      head.appendChild(button);
      button.addEventListener("click", function () { sort(head, column); });
    });
    function sort(head, column) {
      var down = head.getAttribute("aria-sort") === "ascending";
      Array.prototype.forEach.call(head.parentNode.cells, function (other) { other.removeAttribute("aria-sort"); });
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      var sign = down ? -1 : 1;
      rows.sort(function (one, other) {
        var a = one.cells[column], b = other.cells[column];
        if (a.dataset.value === undefined) return sign * a.textContent.localeCompare(b.textContent, "zh-CN");
        /* What is not known stands last whichever way. */
        if (a.dataset.value === "" || b.dataset.value === "") return (a.dataset.value === "") - (b.dataset.value === "");
        return sign * (Number(a.dataset.value) - Number(b.dataset.value));
      });
      rows.forEach(function (one) { body.appendChild(one); });
    }
    document.getElementById("table-save").addEventListener("click", function () { save(table); });
  };
  /* CSV with a byte order mark (spreadsheets then read Chinese); a text that a spreadsheet would
     take for a formula is quoted off with an apostrophe. */
  function save(table) {
    var other = N.language === "en" ? "zh" : "en";
    var lines = Array.prototype.map.call(table.rows, function (one) {
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
      download: "nuanyi-clusters.csv",
    });
    link.click();
    window.setTimeout(function () { URL.revokeObjectURL(link.href); }, 1000);
  }
})();
