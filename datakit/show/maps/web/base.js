/* Shared by the kit's map layers: decoding, tooltips, first view, outline. No library beside Leaflet. */
(function () {
  "use strict";
  const dk = (window.datakit = window.datakit || {});

  /* Little-endian unsigned integers of `width` bytes, packed in base64. */
  dk.ints = function (text, width, n) {
    const raw = atob(text);
    const out = width === 1 ? new Uint8Array(n) : width === 2 ? new Uint16Array(n) : new Uint32Array(n);
    for (let i = 0, j = 0; i < n; i++, j += width) {
      let v = 0;
      for (let b = width - 1; b >= 0; b--) v = v * 256 + raw.charCodeAt(j + b);
      out[i] = v;
    }
    return out;
  };

  /* What is known of row i, as elements: text is set as text, so nothing in the data can become markup. */
  dk.card = function (columns, n, i) {
    const box = document.createElement("div");
    box.className = "dk-card";
    for (const column of columns) {
      if (!column.index) column.index = dk.ints(column.data, column.width, n);
      const row = document.createElement("div");
      if (column.label) {
        const name = document.createElement("span");
        name.textContent = dk.words.row.replace("{label}", () => column.label);
        row.appendChild(name);
      } else {
        row.className = "dk-head";
      }
      row.appendChild(document.createTextNode(column.values[column.index[i]]));
      box.appendChild(row);
    }
    return box;
  };

  /* Rings or lines as [lat, lng], from differences counted in units of 10^-digits degree. */
  dk.path = function (flat, unit) {
    const out = new Array(flat.length / 2);
    let x = 0, y = 0;
    for (let i = 0, j = 0; i < flat.length; i += 2, j++) {
      x += flat[i];
      y += flat[i + 1];
      out[j] = [y / unit, x / unit];
    }
    return out;
  };

  dk.pane = function (map, name, z, mouse) {
    const pane = map.getPane(name) || map.createPane(name);
    pane.style.zIndex = z;
    if (!mouse) pane.style.pointerEvents = "none";
    return name;
  };

  /* First view. A map in a hidden tab has no size yet: it is fitted when it gets one. */
  dk.start = function (map, bounds, options) {
    dk.words = options.words;
    map.attributionControl.setPrefix("Leaflet");
    setTimeout(function () { /* the switch of layers comes last */
      for (const [name, text] of Object.entries(dk.words.buttons)) {
        const button = map.getContainer().querySelector(".leaflet-control-" + name);
        if (button) { button.title = text; button.setAttribute("aria-label", text); }
      }
    });
    L.control.scale({ imperial: false, maxWidth: 140 }).addTo(map);
    map.options.zoomSnap = options.snap;
    /* The wheel scrolls the notebook until the map has been clicked. */
    map.scrollWheelZoom.disable();
    map.on("click focus dragstart", () => map.scrollWheelZoom.enable());
    map.on("blur", () => map.scrollWheelZoom.disable());
    const legend = document.querySelector(".dk-legend"); /* by keyboard too, where it scrolls */
    const reach = function () {
      if (legend && legend.scrollHeight > legend.clientHeight + 1) legend.tabIndex = 0;
      else if (legend) legend.removeAttribute("tabindex");
    };
    reach();
    let fitted = false;
    const fit = function () {
      if (fitted || !map.getSize().x) return;
      fitted = true;
      map.fitBounds(bounds, { padding: [12, 12], maxZoom: options.maxFit, animate: false });
    };
    fit();
    if (window.ResizeObserver) {
      new ResizeObserver(function () { map.invalidateSize({ animate: false }); fit(); reach(); }).observe(map.getContainer());
    }
  };

  dk.outline = function (map, spec) {
    const group = L.layerGroup();
    const under = dk.pane(map, "dk-under", 350, false);
    const over = dk.pane(map, "dk-over", 450, false);
    const shapes = spec.shapes.map((s) => s.map((p) => p.map((r) => dk.path(r, spec.unit))));
    for (const s of shapes) {
      const fill = spec.fill && { fill: true, fillColor: "#f7f6f2", fillOpacity: 1 };
      L.polygon(s, { pane: under, interactive: false, weight: 1, color: "#8a8a8a", fill: false, ...fill }).addTo(group);
      if (spec.over) {
        L.polygon(s, { pane: over, interactive: false, weight: 1.1, color: "#333", opacity: 0.75, fill: false }).addTo(group);
      }
    }
    if (spec.names) dk.names(map, spec, group);
    return group;
  };

  /* Names of places, the largest first. A name that finds no room beside larger ones is hidden until there is, and so
     are those of all smaller places: a hamlet is never named where a town is not. */
  dk.names = function (map, spec, group) {
    const pane = dk.pane(map, "dk-names", 460, false);
    const markers = spec.names.map(function (name) {
      const icon = L.divIcon({ className: "dk-name", iconSize: [0, 0], html: document.createElement("span") });
      icon.options.html.textContent = name[0];
      return L.marker([name[2] / spec.unit, name[1] / spec.unit], { icon, pane, interactive: false, keyboard: false }).addTo(group);
    });
    const clash = (box, others) => others.some((b) => box[0] < b[2] && box[2] > b[0] && box[1] < b[3] && box[3] > b[1]);
    const place = function () {
      const bubbles = [], taken = [];
      for (const el of map.getPane("markerPane").getElementsByClassName("dk-cluster")) {
        const p = L.DomUtil.getPosition(el), r = el.offsetWidth / 2;
        bubbles.push([p.x - r, p.y - r, p.x + r, p.y + r]);
      }
      const seen = map.getBounds();
      let full = false;
      for (const m of markers) {
        const el = m.getElement();
        if (!el) continue;
        if (!seen.contains(m.getLatLng())) { el.style.visibility = "hidden"; continue; }
        const p = map.latLngToLayerPoint(m.getLatLng());
        const w = (el.firstChild.offsetWidth || 60) + 4, h = 16;
        const boxes = full ? [] : spec.steps.map(function ([right, up]) {
          const x = p.x + right * w, y = p.y - up * h;
          return [x - w / 2, y - h / 2, x + w / 2, y + h / 2];
        });
        const beside = boxes.filter((box) => !clash(box, taken)), free = beside.find((box) => !clash(box, bubbles));
        if (!beside.length) full = true;
        el.style.visibility = free ? "" : "hidden";
        if (!free) continue;
        el.firstChild.style.left = (free[0] + free[2]) / 2 - p.x + "px";
        el.firstChild.style.top = (free[1] + free[3]) / 2 - p.y + "px";
        taken.push(free);
      }
    };
    map.on("moveend viewreset resize datakit:bubbles", place);
    map.whenReady(() => requestAnimationFrame(place));
  };

  /* Polygons or lines coloured by class. */
  dk.areas = function (map, spec) {
    const group = L.featureGroup();
    const classes = dk.ints(spec.classes, 1, spec.n);
    const pane = dk.pane(map, "dk-areas" + spec.level, 400 + spec.level, true);
    const renderer = spec.canvas ? L.canvas({ pane, padding: 0.3 }) : L.svg({ pane, padding: 0.3 });
    map.getPane(pane).style.opacity = spec.opacity; /* of the layer as a whole: shapes that touch do not darken each other */
    const line = spec.kind === "line";
    spec.shapes.forEach(function (s, i) {
      if (!s) return;
      /* Thousands of small shapes are edged in their own colour: anything else would show as a grid of seams. */
      const colour = spec.colours[classes[i]], missing = classes[i] === spec.missing;
      const style = line
        ? { color: colour, weight: spec.weight, fill: false }
        : { color: spec.canvas ? colour : missing ? "#777" : spec.edge, weight: spec.weight, dashArray: missing && !spec.canvas ? "3 3" : null,
            fillColor: colour, fillOpacity: 1 };
      const latlngs = line ? s.map((r) => dk.path(r, spec.unit)) : s.map((p) => p.map((r) => dk.path(r, spec.unit)));
      const shape = (line ? L.polyline : L.polygon)(latlngs, { pane, renderer, smoothFactor: spec.canvas ? 1 : 0.5, ...style });
      shape.on("mouseover", () => shape.setStyle({ weight: spec.weight + 2, color: line ? colour : "#111" }).bringToFront());
      shape.on("mouseout", () => shape.setStyle(style));
      if (spec.columns.length) shape.bindTooltip(() => dk.card(spec.columns, spec.n, i), { sticky: true });
      shape.addTo(group);
    });
    return group;
  };
})();
