/* What every portable map does: both languages, panels, and building HTML without parsing any.
   Text from data only ever becomes a text node. No network, no storage, no libraries but Leaflet. */
(function () {
  "use strict";
  var N = (window.Nuanyi = { data: null, language: "zh" });
  var listeners = [];
  /* `#en` or `#zh` behind the address opens the page in that language. */
  var languages = { zh: "zh-CN", en: "en" };

  N.narrow = function () {
    return window.matchMedia("(max-width: 899px)").matches;
  };
  N.still = function () {
    return window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  };

  /* A text of the catalogue: [Chinese, English], placeholders filled. */
  function t(key, values) {
    var pair = N.data.texts[key];
    if (!pair) throw new Error("no text for " + key);
    return pair.map(function (text) {
      return text.replace(/\{(\w+)(?:\|([^{|}]*)\|([^{|}]*))?\}/g, function (whole, name, one, more) {
        if (!values || values[name] === undefined) throw new Error(key + " lacks " + name);
        var value = values[name];
        if (one !== undefined) return String(value) === "1" ? one : more;
        return typeof value === "number" ? N.number(value) : String(value);
      });
    });
  }
  N.t = t;
  /* A coded value by its catalogue section, or the code itself when there is no text for it. */
  N.tAll = function (section, code) {
    return N.data.texts[section + "." + code] || [code, code];
  };

  N.number = function (value) {
    return String(value).replace(/\B(?=(\d{3})+(?!\d))/g, ",");
  };

  /* An element; children are nodes, strings (become text) or [Chinese, English] pairs. */
  N.element = function (tag, attributes, children) {
    var made = document.createElement(tag);
    Object.keys(attributes || {}).forEach(function (name) {
      var value = attributes[name];
      if (value === null || value === undefined || value === false) return;
      if (name === "label") N.label(made, value);
      else if (name === "click") made.addEventListener("click", value);
      else made.setAttribute(name, value === true ? "" : value);
    });
    N.append(made, children);
    return made;
  };
  N.append = function (parent, children) {
    (children === undefined || children === null ? [] : [].concat(children)).forEach(function (child) {
      if (child === null || child === undefined || child === false) return;
      parent.appendChild(child.nodeType ? child : document.createTextNode(String(child)));
    });
  };
  /* Both languages of a pair, of which the page shows one. */
  N.both = function (pair) {
    var holder = document.createDocumentFragment();
    if (pair[0] === pair[1]) {
      holder.appendChild(document.createTextNode(pair[0]));
      return holder;
    }
    holder.appendChild(N.element("span", { class: "zh", lang: "zh-CN" }, [pair[0]]));
    holder.appendChild(N.element("span", { class: "en", lang: "en" }, [pair[1]]));
    return holder;
  };
  N.label = function (element, pair) {
    element.setAttribute("data-label-zh", pair[0]);
    element.setAttribute("data-label-en", pair[1]);
    element.setAttribute("aria-label", pair[N.language === "en" ? 1 : 0]);
  };
  N.svg = function (tag, attributes, children) {
    var made = document.createElementNS("http://www.w3.org/2000/svg", tag);
    Object.keys(attributes || {}).forEach(function (name) {
      made.setAttribute(name, attributes[name]);
    });
    (children || []).forEach(function (child) {
      made.appendChild(child);
    });
    return made;
  };

  N.setLanguage = function (language) {
    N.language = language;
    var root = document.documentElement;
    root.setAttribute("data-language", language);
    root.lang = languages[language];
    document.title = N.data.title[language === "en" ? 1 : 0];
    document.querySelectorAll("[data-set-language]").forEach(function (button) {
      button.setAttribute("aria-pressed", String(button.dataset.setLanguage === language));
    });
    document.querySelectorAll("[data-label-zh]").forEach(function (element) {
      var label = element.getAttribute("data-label-" + language);
      element.setAttribute("aria-label", label);
      if (element.title) element.title = label;
      if (element.placeholder !== undefined && element.placeholder !== "") element.placeholder = label;
    });
    listeners.forEach(function (listener) {
      listener(language);
    });
  };
  N.onLanguage = function (listener) {
    listeners.push(listener);
  };

  /* Panels: beside the map one at a time; on a phone every panel is a sheet, one at a time. */
  N.openPanel = function (id, open, keepFocus) {
    var panel = document.getElementById(id);
    if (!panel) return;
    if (open) {
      document.querySelectorAll(".panel.open").forEach(function (other) {
        var rivals = N.narrow() || other.dataset.place === panel.dataset.place;
        if (other !== panel && rivals) show(other, false);
      });
    }
    show(panel, open);
    if (open && !keepFocus) panel.focus({ preventScroll: true });
  };
  function show(panel, open) {
    panel.classList.toggle("open", open);
    var button = document.querySelector('[data-opens="' + panel.id + '"]');
    if (button) button.setAttribute("aria-expanded", String(open));
  }
  function wirePanels() {
    document.querySelectorAll("[data-opens]").forEach(function (button) {
      button.addEventListener("click", function () {
        var open = button.getAttribute("aria-expanded") !== "true";
        // Beside the map something always stands; a second press does not empty the place.
        if (!open && button.dataset.place === "side" && !N.narrow()) return;
        N.openPanel(button.dataset.opens, open);
      });
    });
    document.querySelectorAll("[data-closes]").forEach(function (button) {
      button.addEventListener("click", function () {
        closePanel(document.getElementById(button.dataset.closes));
      });
    });
    document.addEventListener("keydown", function (event) {
      if (event.key !== "Escape") return;
      if (N.map && N.map._popup && N.map._popup.isOpen()) {
        N.map.closePopup();
        return;
      }
      var open = document.activeElement && document.activeElement.closest(".panel.open");
      if (open && (N.narrow() || open.dataset.place === "wide")) closePanel(open);
    });
    if (N.narrow())
      document.querySelectorAll(".panel.open").forEach(function (panel) {
        show(panel, false);
      });
    document.querySelector(".skip").addEventListener("click", function (event) {
      event.preventDefault();
      N.openPanel("panel-table", true);
    });
  }
  function closePanel(panel) {
    show(panel, false);
    var button = document.querySelector('[data-opens="' + panel.id + '"]');
    if (button) button.focus();
  }

  /* Map furniture: zoom buttons and a metric scale. */
  function furnish(map) {
    var control = L.control.zoom({ position: "topright", zoomInText: "+", zoomOutText: "−" });
    control.addTo(map);
    [
      [control._zoomInButton, t("page.zoom_in")],
      [control._zoomOutButton, t("page.zoom_out")],
    ].forEach(function (pair) {
      N.label(pair[0], pair[1]);
      pair[0].title = pair[1][0];
    });
    if (N.data.bounds) {
      var whole = N.element("a", { href: "#", role: "button", label: t("page.whole_view") }, ["⤢"]);
      whole.title = t("page.whole_view")[0];
      L.DomEvent.on(whole, "click", function (event) {
        L.DomEvent.stop(event);
        N.showAll();
      });
      control.getContainer().appendChild(whole);
    }
    L.control.scale({ imperial: false, position: "bottomright" }).addTo(map);
    var holder = map.getContainer();
    N.label(holder, t("page.map_label"));
  }

  /* Everything in view, clear of what lies over the map. */
  N.showAll = function (options) {
    if (!N.data.bounds) return;
    var legend = document.querySelector(".panel-corner");
    var narrow = N.narrow();
    var room = N.map.getSize();
    // The legend covers a corner only, so most of its width is room enough for areas, and little more
    // than all of it for marks, each of which shall be seen; printed, it lies below.
    var corner = legend ? legend.offsetWidth : 0;
    var left = !narrow && corner < room.x / 2 ? Math.max(12, corner * (N.data.marks ? 1.15 : 0.75)) : 12;
    N.map.fitBounds(
      N.data.bounds,
      Object.assign({ paddingTopLeft: [left, 16], paddingBottomRight: [narrow ? 12 : 24, narrow ? 104 : 24] }, options)
    );
  };

  N.start = function (map) {
    N.data = JSON.parse(document.getElementById("data").textContent);
    N.map = map;
    document.querySelectorAll("[data-set-language]").forEach(function (button) {
      button.addEventListener("click", function () {
        N.setLanguage(button.dataset.setLanguage);
      });
    });
    document.getElementById("print").addEventListener("click", function () {
      window.print();
    });
    window.matchMedia("print").addEventListener("change", function () {
      map.invalidateSize({ animate: false });
      N.showAll({ animate: false });
    });
    wirePanels();
    furnish(map);
    N.showAll({ animate: false });
  };
  N.ready = function () {
    var asked = window.location.hash.slice(1);
    N.setLanguage(languages[asked] ? asked : document.documentElement.getAttribute("data-language"));
  };
})();
