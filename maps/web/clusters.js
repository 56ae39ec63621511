/* The map of clusters: popups, ranking linked to outlines, and layers over the records of the data
   block. Every text from data becomes a text node; see portable.js. */
(function () {
  "use strict";
  var N = window.Nuanyi;
  var PAGE = 60;
  var drawn = { areas: [], clusters: [], stations: [] };
  var layers = {};
  var lines = [];
  var returnTo = null;
  var C = (N.clusters = {});
  var t = function (key, values) { return N.t(key, values); };

  /* folium's hooks: remember the layer under the number of its record. */
  C.area = function (feature, layer) { drawn.areas[feature.properties.i] = layer; };
  C.cluster = function (feature, layer) { drawn.clusters[feature.properties.i] = layer; };
  C.station = function (feature, layer) { drawn.stations[feature.properties.i] = layer; };

  /* --- popups ------------------------------------------------------------------------------ */
  function facts(rows) {
    return N.element("dl", { class: "facts" }, rows.filter(Boolean).map(function (row) {
      return N.element("div", {}, [
        N.element("dt", {}, N.both(row[0])),
        N.element("dd", {}, typeof row[1] === "object" ? N.both(row[1]) : String(row[1])),
      ]);
    }));
  }
  function existing(old) {
    var name = old.name ? [old.name, old.name] : t("clusters_map.existing_unnamed");
    if (old.m === null) return name;
    if (old.m === 0) return [0, 1].map(function (at) { return t("clusters_map.existing_inside", { name: name[at] })[at]; });
    return [0, 1].map(function (at) { return t("clusters_map.existing_metres", { name: name[at], n: old.m })[at]; });
  }
  function station(near) {
    if (near.straight) return t("clusters_map.station_straight", { name: near.name, metres: near.m });
    return t("clusters_map.station_walk", { name: near.name, metres: near.m, minutes: near.min });
  }
  function clusterCard(one) {
    var law = one.rule && N.data.laws[one.rule];
    return N.element("div", { class: "card", tabindex: "-1" }, [
      N.element("p", { class: "card-kind" }, [N.both(N.tAll("clusters_tier", one.tier)), " · ", N.both(N.tAll("clusters_kind", one.kind))]),
      N.element("h3", {}, N.both(one.name)),
      N.element("p", { class: "card-figure" }, [N.number(one.u), N.element("small", {}, N.both(t("field.units")))]),
      N.element("p", { class: "card-says" }, N.both(one.says)),
      N.element("div", { class: "card-form" }, [
        N.element("b", {}, N.both(one.form)),
        N.element("p", {}, N.both(one.why)),
        law ? N.element("p", { class: "card-law" }, [N.both(law[0]), "：", N.both(law[1])]) : null,
      ]),
      facts([
        [t("clusters_map.units_all"), N.number(one.ua)],
        [t("field.employees"), N.number(one.e)],
        one.eu ? [t("clusters_map.unstated"), N.number(one.eu)] : null,
        [t("field.units_25"), N.number(one.u25)],
        [t("clusters_map.units_100"), N.number(one.u100)],
        one.seat ? [t("clusters_map.seat"), one.seat] : null,
        [t("clusters_map.upper"), one.upper || t("clusters_map.unknown_upper")],
        one.old ? [t("clusters_map.existing"), existing(one.old)] : null,
        one.station ? [t("clusters_map.station"), station(one.station)] : null,
        [t("clusters_map.diameter"), t("clusters_map.metres", { n: one.d })],
        [t("clusters_map.first_seen"), one.seen],
        [t("field.id"), one.id],
      ]),
    ]);
  }
  function stationCard(one) {
    return N.element("div", { class: "card", tabindex: "-1" }, [
      N.element("p", { class: "card-kind" }, N.both(N.tAll("kind", one.kind))),
      N.element("h3", {}, [one.name]),
      one.at ? N.element("p", { class: "card-says" }, [one.at]) : null,
    ]);
  }

  /* --- showing one thing ------------------------------------------------------------------- */
  function unstop(event) {
    var path = event.target.getElement();
    if (path) path.setAttribute("tabindex", "-1");
  }
  function bind(kind, build, tip) {
    var hovers = window.matchMedia("(hover: hover)").matches;
    drawn[kind].forEach(function (layer, at) {
      if (build)
        layer.bindPopup(function () { return build(N.data[kind][at]); },
          { maxWidth: Math.min(340, N.map.getSize().x - 72), minWidth: 220, maxHeight: Math.max(240, N.map.getSize().y - (N.narrow() ? 210 : 120)), autoPanPaddingTopLeft: [24, 24], autoPanPaddingBottomRight: [24, N.narrow() ? 120 : 36] });
      if (hovers && tip)
        layer.bindTooltip(function () { return tip(N.data[kind][at]); }, { sticky: true, direction: "top", className: "hint", opacity: 1 });
      /* Lists and the table lead to every mark; a stop of the tab key each would be in the way. */
      layer.on("add", unstop);
      unstop({ target: layer });
      if (kind !== "clusters") return;
      layer.on(hovers ? "mouseover popupopen" : "popupopen", function () { emphasise(at, true); });
      if (hovers) layer.on("mouseout", function () { if (!layer.isPopupOpen()) emphasise(at, false); });
      layer.on("popupclose", function () { emphasise(at, false); });
    });
  }
  function clusterTip(one) {
    return N.element("span", {}, [N.element("b", {}, N.both(one.name)), N.element("i", {}, N.both(one.form))]);
  }
  function stationTip(one) {
    return N.element("span", {}, [N.element("b", {}, [one.name])]);
  }
  /* The outline and its line in the list stand out together. */
  function emphasise(at, on) {
    var layer = drawn.clusters[at];
    if (layer && on) layer.setStyle({ weight: 3.5, color: "#4a0f37" });
    else if (layer) layers.clusters.resetStyle(layer);
    if (lines[at]) lines[at].classList.toggle("on", on);
  }
  function show(at, from) {
    var layer = drawn.clusters[at];
    if (!layer) return;
    returnTo = from;
    var box = document.querySelector('[data-tier="' + N.data.clusters[at].tier + '"]');
    if (box && !box.checked) {
      box.checked = true;
      box.dispatchEvent(new Event("change"));
    }
    if (N.narrow())
      document.querySelectorAll(".panel.open").forEach(function (panel) { N.openPanel(panel.id, false); });
    else N.openPanel("panel-table", false);
    var bounds = layer.getBounds();
    var animate = !N.still();
    var waiting = true;
    function arrive() {
      if (!waiting) return;
      waiting = false;
      N.map.off("moveend", arrive);
      layer.openPopup(bounds.getCenter());
    }
    N.map.on("moveend", arrive);
    N.map.fitBounds(bounds, { maxZoom: 16, padding: N.map.getSize().multiplyBy(0.3), animate: animate, duration: 0.5 });
    // Where nothing has to move, no move ends.
    window.setTimeout(arrive, animate ? 700 : 0);
  }

  /* --- the list ---------------------------------------------------------------------------- */
  function listBy(key) {
    var holder = document.getElementById("cluster-list");
    var clusters = N.data.clusters;
    var order = clusters.map(function (one, at) { return at; }).sort(function (one, other) {
      return clusters[other][key] - clusters[one][key] || one - other;
    });
    var shown = 0;
    lines = [];
    holder.textContent = "";
    (function more() {
      var button = holder.querySelector(".more");
      if (button) button.remove();
      order.slice(shown, shown + PAGE).forEach(function (at, place) { holder.appendChild(line(at, shown + place + 1)); });
      shown = Math.min(shown + PAGE, order.length);
      if (shown < order.length)
        holder.appendChild(N.element("li", { class: "more" }, [N.element("button", { type: "button", click: more },
          [N.both(t("rank.more", { n: Math.min(PAGE, order.length - shown), total: order.length }))])]));
    })();
    document.querySelectorAll("[data-order]").forEach(function (button) {
      button.setAttribute("aria-pressed", String(button.dataset.order === key));
    });
  }
  function line(at, place) {
    var one = N.data.clusters[at];
    var there = Boolean(drawn.clusters[at]);
    var attributes = { class: "rank-row", "data-cluster": at };
    if (there) {
      attributes.type = "button";
      attributes.click = function (event) { show(at, event.currentTarget); };
    }
    var made = N.element(there ? "button" : "div", attributes, [
      N.element("span", { class: "rank-place" }, [String(place)]),
      N.element("span", { class: "rank-name rank-tier " + (one.tier === "confirmed" ? "confirmed" : "to_check") }, N.both(one.name)),
      N.element("span", { class: "rank-value" }, N.both(t("cluster.employees", { n: one.e }))),
      N.element("span", { class: "rank-form" }, N.both(one.form)),
      N.element("span", { class: "rank-side" }, N.both(t("cluster.units", { n: one.u }))),
    ]);
    if (there && window.matchMedia("(hover: hover)").matches) {
      made.addEventListener("mouseenter", function () { emphasise(at, true); });
      made.addEventListener("mouseleave", function () { if (!drawn.clusters[at].isPopupOpen()) emphasise(at, false); });
    }
    lines[at] = made;
    return N.element("li", {}, [made]);
  }

  /* --- layers ------------------------------------------------------------------------------ */
  function toggles() {
    document.querySelectorAll("[data-layer]").forEach(function (box) {
      box.addEventListener("change", function () {
        var layer = layers[box.dataset.layer];
        if (!layer) return;
        if (box.dataset.tier) {
          drawn.clusters.forEach(function (outline, at) {
            if (N.data.clusters[at].tier !== box.dataset.tier) return;
            if (box.checked) layer.addLayer(outline);
            else layer.removeLayer(outline);
          });
        } else if (box.checked) N.map.addLayer(layer);
        else N.map.removeLayer(layer);
        raise();
      });
    });
  }
  function raise() {
    if (layers.areas && N.map.hasLayer(layers.areas)) layers.areas.bringToBack();
    if (layers.stations && N.map.hasLayer(layers.stations)) layers.stations.bringToFront();
  }

  /* Names of the areas for orientation, in the middle of each that is large enough on the screen. */
  var written = null;
  function names() {
    if (written) written.remove();
    written = L.layerGroup();
    if (layers.areas && N.map.hasLayer(layers.areas))
      drawn.areas.forEach(function (layer, at) {
        // A remark in brackets at the end is for lists.
        var name = N.data.areas[at].replace(/.[(（][^()（）]*[)）]$/, function (end) { return end[0]; });
        var bounds = layer.getBounds();
        if (!name || !N.map.getBounds().intersects(bounds)) return;
        var wide = N.map.latLngToLayerPoint(bounds.getNorthEast()).x - N.map.latLngToLayerPoint(bounds.getSouthWest()).x;
        if (wide < name.length * 16) return;
        written.addLayer(L.marker(bounds.getCenter(), {
          interactive: false, keyboard: false,
          icon: L.divIcon({ className: "area-name", html: N.element("span", {}, [N.element("b", {}, [name])]), iconSize: [0, 0] }),
        }));
      });
    written.addTo(N.map);
  }

  C.start = function (given) {
    layers = given;
    bind("areas", null, null);
    bind("clusters", clusterCard, clusterTip);
    bind("stations", stationCard, stationTip);
    toggles();
    if (document.getElementById("cluster-list")) {
      listBy("e");
      document.querySelectorAll("[data-order]").forEach(function (button) {
        button.addEventListener("click", function () { listBy(button.dataset.order); });
      });
    }
    N.clusterTable(show);
    N.map.on("moveend", names);
    names();
    raise();
    N.map.on("popupopen", function (event) {
      var made = event.popup.getElement();
      N.map.getContainer().classList.add("reading");
      var close = made.querySelector(".leaflet-popup-close-button");
      if (close) N.label(close, t("page.close"));
      if (returnTo) made.querySelector(".card").focus({ preventScroll: true });
    });
    N.map.on("popupclose", function () {
      N.map.getContainer().classList.remove("reading");
      // On a phone the list has closed over the map; then the map itself takes the focus.
      if (returnTo) (returnTo.offsetParent ? returnTo : N.map.getContainer()).focus({ preventScroll: true });
      returnTo = null;
    });
    if (!N.data.bounds)
      document.querySelector(".map").appendChild(N.element("p", { class: "empty" }, N.both(t("empty.map"))));
  };
})();
