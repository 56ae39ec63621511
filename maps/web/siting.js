/* The map of a plan: numbered sites with their cards, linked to the list. Every text from data
   becomes a text node; see portable.js. */
(function () {
  "use strict";
  var N = window.Nuanyi;
  var S = (N.siting = {});
  var drawn = { areas: [], people: [], stations: [], sites: [] };
  var layers = {};
  var returnTo = null;
  var t = function (key, values) { return N.t(key, values); };

  Object.keys(drawn).forEach(function (kind) {
    S[kind] = function (feature, layer) { drawn[kind][feature.properties.i] = layer; };
  });

  function people(n) {
    var many = N.number(n);
    return N.data.hours > 1 ? t("siting_sheet.unit_hours", { n: many }) : t("siting_sheet.unit_people", { n: many });
  }
  function facts(rows) {
    return N.element("dl", { class: "facts" }, rows.filter(Boolean).map(function (row) {
      return N.element("div", {}, [
        N.element("dt", {}, N.both(row[0])),
        N.element("dd", {}, typeof row[1] === "object" ? N.both(row[1]) : String(row[1])),
      ]);
    }));
  }
  function several(rows) {
    return rows.map(function (row) { return row[0] + "（" + N.number(row[1]) + "）"; }).join("；");
  }
  function siteCard(at) {
    var one = N.data.sites[at];
    return N.element("div", { class: "card", tabindex: "-1" }, [
      N.element("p", { class: "card-kind" }, [String(at + 1), " · ", N.both(one.kind)]),
      N.element("h3", {}, [one.name]),
      one.at ? N.element("p", { class: "card-says" }, [one.at]) : null,
      N.element("p", { class: "card-why" }, N.both(one.why)),
      facts([
        [t("siting_sheet.adds_last"), people(one.adds)],
        [t("siting_sheet.alone"), people(one.alone)],
        one.cost === null ? null : [t("siting_sheet.cost"), N.number(one.cost)],
        one.chain ? [t("siting_sheet.chain"), one.chain] : null,
        one.area ? [t("siting_sheet.district"), one.area] : null,
        one.overlap.length ? [t("siting_sheet.overlaps"), several(one.overlap)] : null,
        one.instead.length ? [t("siting_sheet.candidates"), several(one.instead)] : null,
      ]),
    ]);
  }
  function bind() {
    var hovers = window.matchMedia("(hover: hover)").matches;
    drawn.sites.forEach(function (layer, at) {
      layer.bindPopup(function () { return siteCard(at); }, { maxWidth: Math.min(340, N.map.getSize().x - 72), minWidth: 220, maxHeight: Math.max(240, N.map.getSize().y - 140) });
      if (hovers) layer.bindTooltip(function () { return N.element("b", {}, [N.data.sites[at].name]); }, { direction: "top", className: "hint", opacity: 1 });
      L.marker(layer.getLatLng(), { interactive: false, keyboard: false,
        icon: L.divIcon({ className: "site-number", html: N.element("span", {}, [String(at + 1)]), iconSize: [0, 0] }) }).addTo(N.map);
    });
    if (!hovers) return;
    drawn.stations.forEach(function (layer, at) {
      layer.bindTooltip(function () { return N.element("b", {}, [N.data.stations[at]]); }, { direction: "top", className: "hint", opacity: 1 });
    });
    drawn.areas.forEach(function (layer, at) {
      layer.bindTooltip(function () { return N.element("span", {}, [N.element("b", {}, [N.data.areas[at][0]]), N.element("i", {}, [N.data.areas[at][1]])]); }, { sticky: true, direction: "top", className: "hint", opacity: 1 });
    });
  }
  function show(at, from) {
    returnTo = from;
    if (N.narrow())
      document.querySelectorAll(".panel.open").forEach(function (panel) { N.openPanel(panel.id, false); });
    N.map.setView(drawn.sites[at].getLatLng(), Math.max(15, N.map.getZoom()), { animate: false });
    drawn.sites[at].openPopup();
  }
  function list() {
    var holder = document.getElementById("site-list");
    N.data.sites.forEach(function (one, at) {
      holder.appendChild(N.element("li", {}, [
        N.element("button", { type: "button", class: "rank-row", click: function (event) { show(at, event.currentTarget); } }, [
          N.element("span", { class: "rank-place" }, [String(at + 1)]),
          N.element("span", { class: "rank-name" }, [one.name]),
          N.element("span", { class: "rank-value" }, ["+" + N.number(one.adds)]),
          N.element("span", { class: "rank-words" }, N.both(one.kind)),
          N.element("span", { class: "rank-side" }, one.cost === null ? [] : N.both(t("siting_sheet.yuan", { n: N.number(one.cost) }))),
        ]),
      ]));
    });
  }
  S.start = function (given) {
    layers = given;
    document.querySelectorAll("[data-layer]").forEach(function (box) {
      box.addEventListener("change", function () {
        var layer = layers[box.dataset.layer];
        if (layer && box.checked) N.map.addLayer(layer);
        else if (layer) N.map.removeLayer(layer);
        if (layers.sites) layers.sites.bringToFront();
      });
    });
    if (layers.areas) layers.areas.bringToBack();
    if (layers.sites) layers.sites.bringToFront();
    bind();
    list();
    N.showAll({ maxZoom: 15, animate: false });
    N.map.on("popupopen", function (event) {
      var close = event.popup.getElement().querySelector(".leaflet-popup-close-button");
      if (close) N.label(close, t("page.close"));
      if (returnTo) event.popup.getElement().querySelector(".card").focus({ preventScroll: true });
    });
    N.map.on("popupclose", function () {
      if (returnTo) (returnTo.offsetParent ? returnTo : N.map.getContainer()).focus({ preventScroll: true });
      returnTo = null;
    });
  };
})();
