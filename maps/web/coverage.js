/* The coverage map: popups, ranking and layers over the records of the data block.
   Every text from data becomes a text node; see portable.js. */
(function () {
  "use strict";
  var N = window.Nuanyi;
  var PAGE = 60;
  var drawn = { areas: [], clusters: [], stations: [] };
  var layers = {};
  var returnTo = null;
  var C = (N.coverage = {});
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
        N.element("dd", {}, row[1].nodeType ? row[1] : typeof row[1] === "object" ? N.both(row[1]) : String(row[1])),
      ]);
    }));
  }
  function card(name, kind, children) {
    return N.element("div", { class: "card", tabindex: "-1" }, [
      N.element("p", { class: "card-kind" }, N.both(kind)),
      N.element("h3", {}, N.both(name)),
    ].concat(children));
  }
  function areaCard(area) {
    var has = area.t !== undefined;
    var chip = N.svg("svg", { viewBox: "0 0 12 12", class: "chip", "aria-hidden": "true" }, [
      N.svg("rect", { width: 12, height: 12, rx: 2, fill: fill(area), stroke: "#8a929a", "stroke-width": 0.5 }),
    ]);
    var target = null;
    if (area.g === 0) target = t("area.target_met");
    else if (area.g) target = N.data.gap.map(function (text) { return text.replace("{n}", N.number(area.g)); });
    return card(area.name, N.tAll("kind", area.kind), [
      N.element("p", { class: "card-figure" }, [chip, has ? area.t : N.both(t("legend.no_data")),
        N.element("small", {}, N.both(N.data.measure))]),
      has ? bar(area, 264) : null,
      target ? N.element("p", { class: area.g ? "card-gap" : "card-gap reached" }, N.both(target)) : null,
      area.s ? N.element("p", { class: "card-warning" }, N.both(t("legend.small"))) : null,
      facts([
        [N.data.numerator, N.number(area.n)],
        [N.data.denominator, N.number(area.d)],
        area.ci ? [t("field.interval"), area.ci[2]] : null,
        area.sh ? [t("field.shrunk"), area.sh] : null,
        area.r ? [t("field.rank"), area.r] : null,
        [t("field.missing_share"), area.m === undefined ? "–" : area.m],
        N.data.targetText ? [t("field.target"), N.data.targetText] : null,
        N.data.targetText && N.data.targetSource ? [t("field.target_source"), N.data.targetSource] : null,
        area.as ? [t("field.as_of"), area.as] : null,
        area.ed ? [t("field.edition"), "#" + area.ed] : null,
        area.unnamed ? [t("field.id"), area.id] : null,
      ]),
      area.scope || N.data.scope
        ? N.element("p", { class: "card-scope" }, [N.both(t("field.scope")), "：", N.both(area.scope || N.data.scope)])
        : null,
    ]);
  }
  function clusterCard(cluster) {
    return card(cluster.name, t("legend.clusters"), [
      N.element("p", { class: "card-figure" }, [N.number(cluster.u), N.element("small", {}, N.both(t("field.units")))]),
      cluster.share ? N.element("p", { class: "card-says" }, N.both(cluster.share)) : null,
      facts([
        [t("field.employees"), N.number(cluster.e)],
        [t("field.units_25"), N.number(cluster.u25)],
        [t("field.tier"), tier(cluster)],
        cluster["in"] ? [t("field.place"), cluster["in"]] : null,
        cluster.unnamed ? [t("field.id"), cluster.id] : null,
      ]),
    ]);
  }
  function tier(cluster) { return N.tAll("clusters_tier", cluster.tier || "confirmed"); }
  function stationCard(station) {
    var kind = N.tAll("kind", station.kind);
    if (station.count) return card(t("station.grouped", { n: station.count }), kind, []);
    return card(station.name, kind, [
      facts([
        [t("field.state"), N.element("span", { class: "state state-" + (/^\w+$/.test(station.state) ? station.state : "unknown") },
          [N.both(N.tAll("state", station.state))])],
        [t("field.hours"), station.hours || t("station.unknown_hours")],
      ]),
    ]);
  }

  /* A rate as a bar: interval as a thin line, target as a tick. 0 to 100 %. */
  function bar(area, width) {
    var at = function (share) { return Math.max(0, Math.min(1, share)) * width; };
    var parts = [N.svg("rect", { x: 0, y: 3, width: width, height: 6, rx: 3, class: "bar-back" })];
    if (area.v !== undefined)
      parts.push(N.svg("rect", { x: 0, y: 3, width: at(area.v), height: 6, rx: 3, fill: colour(area), class: "bar-value" }));
    if (area.ci)
      parts.push(N.svg("path", { d: "M" + at(area.ci[0]) + " 6H" + at(area.ci[1]), class: "bar-interval" }));
    if (area.target !== undefined)
      parts.push(N.svg("path", { d: "M" + at(area.target) + " 0V12", class: "bar-target" }));
    return N.svg("svg", { viewBox: "0 0 " + width + " 12", preserveAspectRatio: "none", class: "bar", "aria-hidden": "true" }, parts);
  }
  function colour(area) { return area.c < 0 ? "#c9cdd2" : N.data.colours[area.c]; }
  function fill(area) {
    if (area.c < 0) return "url(#pattern-no-data)";
    return area.s ? "url(#pattern-small-" + area.c + ")" : colour(area);
  }

  /* Hatching for no data, dots in the class colour for small denominators. */
  function patterns() {
    function pattern(id, back, children, size) {
      return N.svg("pattern", { id: id, width: size, height: size, patternUnits: "userSpaceOnUse" },
        [N.svg("rect", { width: size, height: size, fill: back })].concat(children));
    }
    var made = [pattern("pattern-no-data", "#eceded", [
      N.svg("path", { d: "M-2 2l4 -4M0 8l8 -8M6 10l4 -4", stroke: "#b9bdc3", "stroke-width": 1 })], 8)];
    function dots(id, ink) {
      return pattern(id, "#f7f6f2", [
        N.svg("circle", { cx: 2, cy: 2, r: 1.35, fill: ink, stroke: "#7d7466", "stroke-width": 0.25 }),
        N.svg("circle", { cx: 5.5, cy: 5.5, r: 1.35, fill: ink, stroke: "#7d7466", "stroke-width": 0.25 })], 7);
    }
    N.data.colours.forEach(function (ink, at) { made.push(dots("pattern-small-" + at, ink)); });
    made.push(dots("pattern-small", "#9a8f7d"));
    document.body.appendChild(N.svg("svg", { width: 0, height: 0, class: "patterns", "aria-hidden": "true" },
      [N.svg("defs", {}, made)]));
  }

  /* --- showing one thing ------------------------------------------------------------------- */
  function hint(kind, record) {
    return N.element("span", {}, [
      N.element("b", {}, N.both(record.count ? t("station.grouped", { n: record.count }) : record.name)),
      kind === "areas" ? N.element("i", {}, record.t === undefined ? N.both(t("empty.value")) : record.t) : null,
      kind === "clusters" ? N.element("i", {}, N.both(t("cluster.units", { n: record.u }))) : null,
      kind === "stations" ? N.element("i", {}, N.both(N.tAll("kind", record.kind))) : null,
    ]);
  }
  function bind(kind, build) {
    var hovers = window.matchMedia("(hover: hover)").matches;
    drawn[kind].forEach(function (layer, at) {
      layer.bindPopup(function () { return build(N.data[kind][at]); },
        { maxWidth: 300, minWidth: 220, autoPanPaddingTopLeft: [24, 24], autoPanPaddingBottomRight: [24, N.narrow() ? 80 : 36] });
      if (hovers)
        layer.bindTooltip(function () { return hint(kind, N.data[kind][at]); }, { sticky: true, direction: "top", className: "hint", opacity: 1 });
      /* A listener for focus makes a path a stop of the tab key; hundreds of them would stand
         before the legend. Lists and tables lead to every mark instead. */
      layer.on("add", unstop);
      unstop({ target: layer });
      if (kind !== "stations" && layer.setStyle) {
        // Under a finger nothing hovers, and nothing would take the emphasis away again.
        layer.on(hovers ? "mouseover popupopen" : "popupopen", function () { emphasise(layer, kind, true); });
        if (hovers) layer.on("mouseout", function () { if (!layer.isPopupOpen()) emphasise(layer, kind, false); });
        layer.on("popupclose", function () { emphasise(layer, kind, false); });
      }
    });
  }
  function unstop(event) {
    var path = event.target.getElement();
    if (path) path.setAttribute("tabindex", "-1");
  }
  function emphasise(layer, kind, on) {
    if (!on) return layers[kind].resetStyle(layer);
    layer.setStyle({ weight: kind === "areas" ? 2.5 : 3, color: kind === "areas" ? "#22303c" : "#4a0f37" });
    if (kind === "areas") {
      layer.bringToFront();
      raise();
    }
  }
  function raise() {
    ["clusters", "stations"].forEach(function (kind) {
      if (layers[kind] && N.map.hasLayer(layers[kind])) layers[kind].bringToFront();
    });
  }
  function show(kind, at, from) {
    var layer = drawn[kind][at];
    if (!layer) return;
    returnTo = from;
    ensureShown(kind, N.data[kind][at].kind);
    if (N.narrow())
      document.querySelectorAll(".panel.open").forEach(function (panel) { N.openPanel(panel.id, false); });
    else N.openPanel("panel-table", false);
    var bounds = layer.getBounds ? layer.getBounds() : L.latLngBounds([layer.getLatLng()]);
    var animate = !N.still();
    var waiting = true;
    function arrive() {
      if (!waiting) return;
      waiting = false;
      N.map.off("moveend", arrive);
      layer.openPopup(bounds.getCenter());
    }
    N.map.on("moveend", arrive);
    /* The thing takes the middle two fifths: its surroundings stay in sight, and so does its card. */
    N.map.fitBounds(bounds, { maxZoom: 15, padding: N.map.getSize().multiplyBy(0.3), animate: animate, duration: 0.5 });
    // Where nothing has to move, no move ends.
    window.setTimeout(arrive, animate ? 700 : 0);
  }
  function ensureShown(kind, only) {
    document.querySelectorAll('[data-layer="' + kind + '"]').forEach(function (box) {
      if (!box.checked && (!box.dataset.kind || box.dataset.kind === only)) {
        box.checked = true;
        box.dispatchEvent(new Event("change"));
      }
    });
  }

  /* --- lists ------------------------------------------------------------------------------- */
  function list(holder, order, row) {
    holder.textContent = "";
    var shown = 0;
    (function more() {
      var button = holder.querySelector(".more");
      if (button) button.remove();
      order.slice(shown, shown + PAGE).forEach(function (at, place) { holder.appendChild(row(at, shown + place + 1)); });
      shown = Math.min(shown + PAGE, order.length);
      if (shown < order.length)
        holder.appendChild(N.element("li", { class: "more" }, [N.element("button", { type: "button", click: more },
          [N.both(t("rank.more", { n: Math.min(PAGE, order.length - shown), total: order.length }))])]));
    })();
  }
  function row(kind, at, children) {
    var there = Boolean(drawn[kind][at]);
    var attributes = { class: "rank-row" };
    if (there) {
      attributes.type = "button";
      attributes.click = function (event) { show(kind, at, event.currentTarget); };
    }
    return N.element("li", {}, [N.element(there ? "button" : "div", attributes, children)]);
  }
  function rankBy(key) {
    var areas = N.data.areas;
    /* Firm rates first, small denominators behind them, no data last. */
    function tier(area) { return area.v === undefined ? 2 : area.s ? 1 : 0; }
    var order = areas.map(function (area, at) { return at; }).sort(function (one, other) {
      var a = areas[one], b = areas[other];
      if (tier(a) !== tier(b)) return tier(a) - tier(b);
      /* By rate: the shrunk one, so that a few units do not decide the place. */
      function worth(area) { return area.sv === undefined ? area.v || 0 : area.sv; }
      var difference = key === "gap" ? (b.g || 0) - (a.g || 0) : 0;
      return difference || worth(a) - worth(b) || one - other;
    });
    list(document.getElementById("rank"), order, function (at, place) {
      var area = areas[at];
      var side = area.g === 0 ? N.element("span", { class: "reached" }, N.both(t("area.target_met")))
        : area.g ? N.element("span", {}, N.both(t("rank.short", { n: area.g }))) : null;
      return row("areas", at, [
        N.element("span", { class: "rank-place" }, [tier(area) === 0 ? String(place) : "–"]),
        N.element("span", { class: "rank-name" }, N.both(area.name)),
        N.element("span", { class: "rank-value" }, area.t === undefined ? N.both(t("empty.value")) : area.t),
        N.element("span", { class: "rank-bar" }, area.t === undefined ? null : bar(area, 200)),
        N.element("span", { class: "rank-side" }, area.s && area.t !== undefined ? N.both(t("area.small")) : side),
      ]);
    });
    document.querySelectorAll("[data-rank]").forEach(function (button) {
      button.setAttribute("aria-pressed", String(button.dataset.rank === key));
    });
  }
  function clusterList() {
    var holder = document.getElementById("cluster-list");
    if (!holder) return;
    var clusters = N.data.clusters;
    list(holder, clusters.map(function (one, at) { return at; }), function (at, place) {
      var cluster = clusters[at];
      return row("clusters", at, [
        N.element("span", { class: "rank-place" }, [String(place)]),
        N.element("span", { class: "rank-name" }, N.both(cluster.name)),
        N.element("span", { class: "rank-value" }, N.both(t("cluster.employees", { n: cluster.e }))),
        N.element("span", { class: "rank-bar rank-words" },
          [cluster.tier ? N.element("i", {}, N.both(tier(cluster))) : null, cluster["in"] || null]),
        N.element("span", { class: "rank-side" }, N.both(t("cluster.units", { n: cluster.u }))),
      ]);
    });
  }

  /* --- layers and names -------------------------------------------------------------------- */
  function toggles() {
    document.querySelectorAll("[data-layer]").forEach(function (box) {
      box.addEventListener("change", function () {
        var kind = box.dataset.layer;
        var layer = layers[kind];
        if (!layer) return;
        if (box.dataset.kind) {
          drawn.stations.forEach(function (dot, at) {
            if (N.data.stations[at].kind !== box.dataset.kind) return;
            if (box.checked) layer.addLayer(dot);
            else layer.removeLayer(dot);
          });
        } else if (box.checked) N.map.addLayer(layer);
        else N.map.removeLayer(layer);
        if (kind === "areas") {
          if (box.checked) layer.bringToBack();
          names();
          pins();
        }
        raise();
      });
    });
  }
  /* Names where they fit into their area: the largest circle inside it must hold the text. */
  var written = null;
  function names() {
    if (written) written.remove();
    written = L.layerGroup();
    var scale = metres();
    var view = N.map.getBounds().pad(0.1);
    if (!layers.areas || !N.map.hasLayer(layers.areas)) return;
    N.data.areas.forEach(function (area) {
      if (!area.at || area.unnamed || !view.contains([area.at[0], area.at[1]])) return;
      // A remark in brackets at the end is for the card and the table.
      var text = area.name[N.language === "en" ? 1 : 0].replace(/.[(（][^()（）]*[)）]$/, function (end) { return end[0]; });
      var length = 0;
      for (var at = 0; at < text.length; at += 1) length += text.charCodeAt(at) > 0x2e80 ? 12.5 : 6.8;
      if (length > 190 || area.at[2] / scale < length * 0.52) return;
      var words = N.element("span", {}, [N.element("b", {}, [text]), area.t && !area.s ? N.element("i", {}, [area.t]) : null]);
      written.addLayer(L.marker([area.at[0], area.at[1]], {
        interactive: false, keyboard: false,
        icon: L.divIcon({ className: "area-name", html: words, iconSize: [0, 0] }),
      }));
    });
    written.addTo(N.map);
  }

  /* Areas too small to be seen, as buildings are on the map of a city, get a square in the colour of
     their class until one comes near enough. */
  var SMALLEST = 4;
  var pinned = null;
  function pins() {
    if (pinned) pinned.remove();
    pinned = L.layerGroup();
    if (!layers.areas || !N.map.hasLayer(layers.areas)) return;
    var scale = metres();
    var view = N.map.getBounds().pad(0.1);
    N.data.areas.forEach(function (area, at) {
      if (!area.at || area.at[2] / scale >= SMALLEST || !view.contains([area.at[0], area.at[1]])) return;
      var square = N.svg("svg", { viewBox: "0 0 10 10", width: 10, height: 10 }, [
        N.svg("rect", { x: 0.75, y: 0.75, width: 8.5, height: 8.5, fill: fill(area), stroke: "#22303c", "stroke-width": 1 })]);
      var pin = L.marker([area.at[0], area.at[1]], {
        keyboard: false, icon: L.divIcon({ className: "area-pin", html: square, iconSize: [10, 10] }),
      });
      pin.on("click", function () { drawn.areas[at].openPopup([area.at[0], area.at[1]]); });
      if (window.matchMedia("(hover: hover)").matches)
        pin.bindTooltip(function () { return hint("areas", area); }, { direction: "top", className: "hint", opacity: 1 });
      pinned.addLayer(pin);
    });
    pinned.addTo(N.map);
  }
  function metres() {
    return (40075016.686 * Math.cos((N.map.getCenter().lat * Math.PI) / 180)) / Math.pow(2, N.map.getZoom() + 8);
  }

  /* Many dots and outlines start small and grow to their size as one comes nearer. */
  var MANY = 400;
  var first = null;
  function dots() {
    if (drawn.stations.length + drawn.clusters.length <= MANY) return;
    if (first === null) first = N.map.getZoom();
    var least = (drawn.stations.length > 1500 ? 0.5 : 0.62) * (N.narrow() ? 0.8 : 1);
    var factor = Math.max(least, Math.min(1, least + 0.12 * (N.map.getZoom() - first)));
    if (dots.factor === factor) return;
    dots.factor = factor;
    drawn.clusters.forEach(function (outline) { outline.setStyle({ weight: 1.5 * factor }); });
    drawn.stations.forEach(function (dot) {
      if (dot.full === undefined) dot.full = dot.getRadius();
      dot.setStyle({ radius: dot.full * factor, weight: dot.options.fillColor === "#ffffff" ? 2 * factor : 1.25 * factor });
    });
  }

  C.start = function (given) {
    layers = given;
    patterns();
    bind("areas", areaCard);
    bind("clusters", clusterCard);
    bind("stations", stationCard);
    toggles();
    if (document.getElementById("rank")) {
      rankBy(N.data.target === null ? "rate" : "gap");
      document.querySelectorAll("[data-rank]").forEach(function (button) {
        button.addEventListener("click", function () { rankBy(button.dataset.rank); });
      });
    }
    clusterList();
    N.tables(show);
    N.map.on("moveend", names);
    N.map.on("moveend", pins);
    pins();
    N.map.on("zoomend", dots);
    dots();
    N.onLanguage(names);
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
