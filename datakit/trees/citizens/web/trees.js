/* The citizens' page: a place, the trees around it, a walk. Nothing is sent anywhere; text is only ever set as text. */
(function () {
  "use strict";
  const dk = window.datakit, $ = (id) => document.getElementById(id);
  const data = JSON.parse($("data").textContent), words = data.words, lang = data.lang, n = data.points.n;
  /* Choices of this kit: trees listed at once, stops of a walk, "large" (the largest tenth within reach), metres
     between large trees, and between stops at remarkable ones, and beyond which a place is not covered. */
  const STEP = window.matchMedia("(max-width: 799px)").matches ? 10 : 30, STOPS = 16, LARGE = 12, TOP = 0.1, CANDIDATES = 60, APART = 80, GROUP = 40, FAR = 2000, CLOSE = 100;
  const calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;

  const say = (text, values) => text.replace(/\{(\w+)\}/g, (_, key) => values[key]);
  dk.plural = (forms, count, values) =>
    say(new Intl.PluralRules(lang).select(count) === "one" ? forms.one : forms.other, { n: count, ...values });
  const decimal = (v, digits) => v.toLocaleString(lang, { useGrouping: "min2", minimumFractionDigits: 0, maximumFractionDigits: digits });
  const away = (m, exact) => m < 995 ? decimal(m < 100 || exact ? Math.round(m) : Math.round(m / 10) * 10, 0) + "\u00a0m" : decimal(m / 1000, m < 9950 ? 1 : 0) + "\u00a0km";
  const make = function (tag, text, name) {
    const el = document.createElement(tag);
    if (text) el.textContent = text;
    if (name) el.className = name;
    return el;
  };

  /* Columns are decoded when first asked for. */
  const decoded = {};
  const value = function (name, i) {
    const column = data[name];
    if (!column) return null;
    const codes = decoded[name] || (decoded[name] = dk.ints(column.data, column.width, n));
    return column.values ? column.values[codes[i]] : codes[i];
  };
  const remarkable = new Set(data.remarkable || []);
  const doubt = new Set(data.doubt);
  const kind = (i) => data.kinds[value("kind", i)];

  /* Metres east and south of a place, from steps of web Mercator and the radii of the ellipsoid WGS 84 there. */
  const { x0, y0, step } = data.points, WORLD = 2 * Math.PI * 6378137, E2 = 0.00669437999014;
  const X = dk.ints(data.points.x, data.points.width, n), Y = dk.ints(data.points.y, data.points.width, n);
  const latitude = (y) => Math.atan(Math.sinh(Math.PI * (1 - 2 * (y0 + y * step))));
  const latlng = (x, y) => L.latLng(latitude(y) * 180 / Math.PI, (x0 + x * step) * 360 - 180);
  const steps = function (at) {
    const lat = at.lat * Math.PI / 180;
    return [((at.lng + 180) / 360 - x0) / step, ((1 - Math.asinh(Math.tan(lat)) / Math.PI) / 2 - y0) / step];
  };
  const scales = function (y) {
    const lat = latitude(y), q = 1 - E2 * Math.sin(lat) ** 2, unit = step * WORLD * Math.cos(lat);
    return [unit / Math.sqrt(q), unit * (1 - E2) / q ** 1.5];
  };
  const metres = function (place, rows) {
    const [kx, ky] = scales(place.y);
    return rows.map((i) => ({ i, x: (X[i] - place.x) * kx, y: (Y[i] - place.y) * ky }));
  };
  const distances = function (place) {
    const [kx, ky] = scales(place.y), out = new Float64Array(n);
    for (let i = 0; i < n; i++) out[i] = Math.hypot((X[i] - place.x) * kx, (Y[i] - place.y) * ky);
    return out;
  };

  /* The map. */
  const map = L.map("map", { zoomControl: false, preferCanvas: true, maxZoom: 19, minZoom: 5, zoomAnimation: !calm, fadeAnimation: !calm, markerZoomAnimation: !calm });
  L.control.zoom({ position: "topright" }).addTo(map);
  const a = latlng(0, 0), side = Math.pow(256, data.points.width) - 1, b = latlng(Math.min(side, X.reduce((m, v) => Math.max(m, v), 0)), Y.reduce((m, v) => Math.max(m, v), 0));
  dk.start(map, [[b.lat, a.lng], [a.lat, b.lng]], { maxFit: 17, snap: 0.5, words: words.map });
  if (data.outline) dk.outline(map, data.outline).addTo(map);
  if (data.ground) dk.streets(map, data.ground);
  /* One source for each colour: the style sheet, which draws the legend too. */
  const hue = (name) => getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
  dk.points(map, { ...data.points, colours: [hue("tree")] }).addTo(map);
  dk.pane(map, "marks", 430, false);
  dk.pane(map, "signs", 440, false);
  const onTop = L.canvas({ pane: "marks", padding: 0.3 }), walkLayer = L.layerGroup().addTo(map);
  for (const i of remarkable) {
    new dk.Diamond(latlng(X[i], Y[i]), { renderer: onTop, pane: "marks", radius: 8, color: hue("edge"), weight: 1.5, fillColor: hue("star"), fillOpacity: 1, interactive: false }).addTo(map);
  }
  const sign = (at, name, text) => L.marker(at, { icon: L.divIcon({ className: name, iconSize: [28, 28], html: make("span", text) }), pane: "signs", interactive: false, keyboard: false });
  let pin = null, ring = null;
  const show = function (i) {
    if (ring) ring.remove();
    ring = L.circleMarker(latlng(X[i], Y[i]), { renderer: onTop, pane: "marks", radius: 12, color: hue("ring"), weight: 3, fill: false, interactive: false }).addTo(map);
    map.setView(latlng(X[i], Y[i]), Math.max(map.getZoom(), 17), { animate: !calm });
    $("map").scrollIntoView({ block: "nearest" }); /* on a phone the map may be above */
  };

  /* One place at a time. */
  let place = null, order = [], far = null, shownTrees = 0, last = null;
  const tell = (text) => { $("said").textContent = text; };
  const choose = function (chosen) {
    place = chosen;
    far = distances(place);
    if (ring) ring.remove();
    if (pin) pin.remove();
    pin = sign(latlng(place.x, place.y), "pin", "").addTo(map);
    if (place.box) map.fitBounds([latlng(place.box[0], place.box[1]), latlng(place.box[2], place.box[3])], { animate: !calm });
    else map.setView(latlng(place.x, place.y), Math.max(map.getZoom(), 17), { animate: !calm });
    clearWalk();
    last = null;
    $("list-head").textContent = say(place.trees ? words.midst : words.head, { place: place.name });
    const least = far.reduce((m, v) => Math.min(m, v), Infinity);
    const close = far.reduce((sum, v) => sum + (v <= CLOSE), 0), about = { place: capital(place.name), d: away(least, true) };
    /* An area is told by what is inside it, not by what stands around the point that carries its name. */
    if (place.trees) tell(dk.plural(words.inside, place.trees, { place: about.place, n: decimal(place.trees, 0), stars: place.stars ? dk.plural(words.stars, place.stars) : "" }));
    else tell(close ? dk.plural(words.summary, close, about) : say(least > FAR ? words.far : words.alone, about));
    sort();
  };
  const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);
  const keeps = { all: () => true, remarkable: (i) => remarkable.has(i), allergy: (i) => { const k = kind(i); return k[3] === "high" || (k[3] === "file" && k[4] >= 4); } };
  const sort = function () {
    const keep = keeps[$("filter").value], rows = [];
    for (let i = 0; i < n; i++) if (keep(i)) rows.push(i);
    order = rows.sort((p, q) => far[p] - far[q] || p - q);
    shownTrees = 0;
    $("list").textContent = "";
    more();
  };
  const more = function () {
    const from = shownTrees;
    for (const i of order.slice(from, from + STEP)) $("list").append(item(i));
    shownTrees = Math.min(from + STEP, order.length);
    $("more").hidden = shownTrees >= order.length;
    $("list-none").hidden = order.length > 0;
    if (!order.length) $("list-none").textContent = place ? words.nomatch : words.first;
    return from;
  };

  /* A tree in words. */
  const titled = function (i, tag) {
    const k = kind(i), head = make(tag, "", "name"), first = make("span", k[0] || (k[2] ? "" : words.unnamed), "common");
    if (k[0] && k[1] !== lang) first.lang = k[1];
    if (first.textContent) head.append(first);
    if (k[2]) {
      const latin = make("i", k[2]);
      latin.lang = "la";
      head.append(first.textContent ? " " : "", latin);
    }
    return head;
  };
  const facts = function (i) {
    const h = value("height", i), g = value("girth", i), year = value("year", i), out = [];
    if (h) out.push(words.height + " " + decimal(h / 10, 1) + "\u00a0m");
    if (g) out.push(words.girth + " " + (g < 100 ? g + "\u00a0cm" : decimal(g / 100, 2) + "\u00a0m"));
    if (year) out.push(say(words.planted, { year }));
    if (out.length && doubt.has(i)) out.push(words.doubt);
    return out.length ? out.join(", ") : words.nosize;
  };
  const street = function (i) {
    const s = value("street", i);
    return s ? data.streets.names[s - 1] : "";
  };
  const pollen = function (i) {
    const [, , , level, score, source] = kind(i), extra = [];
    if (level !== "file" && score !== null) extra.push(say(words.of5, { n: score }));
    if (source.length) extra.push(dk.plural(words.source, source.length, { list: source.join(", ") }));
    const strong = level === "high" || (level === "file" && score >= 4);
    return make("span", say(words[level], { n: score }) + (extra.length ? " (" + extra.join(", ") + ")" : ""), strong ? "pollen strong" : "pollen");
  };
  const describe = function (li, i, button) {
    li.dataset.tree = i;
    button.append(...titled(i, "span").childNodes);
    button.addEventListener("click", () => show(i));
    const what = make("p", facts(i), "facts");
    if (street(i)) what.append(". " + street(i));
    const tags = make("p", "", "tags");
    if (remarkable.has(i)) tags.append(make("span", "★ " + words.remarkable, "badge"), " ");
    tags.append(pollen(i));
    li.append(what, tags);
    return li;
  };
  const item = function (i) {
    const li = make("li"), line = make("div", "", "line"), button = make("button", "", "tree");
    button.type = "button";
    line.append(button, make("span", away(far[i]), "far"));
    li.append(line);
    li.dataset.metres = far[i].toFixed(1);
    return describe(li, i, button);
  };

  /* Walks. */
  const clearWalk = function () {
    walkLayer.clearLayers();
    $("stops").textContent = "";
    $("walk-said").textContent = "";
  };
  const sized = Boolean(data.girth || data.height);
  const size = (i) => value("girth", i) || 0;
  /* Remarkable trees within reach, the largest first; those that stand around one of them are seen from there. */
  const sights = function (limit) {
    const rows = [...remarkable].filter((i) => 2 * far[i] <= limit).sort((p, q) => size(q) - size(p) || far[p] - far[q]);
    const all = metres(place, rows), kept = dk.spread(all, GROUP, Infinity), gap = (s, t) => Math.hypot(s.x - t.x, s.y - t.y);
    for (const t of kept) t.others = 0;
    for (const t of all) {
      if (t.others === undefined) kept.reduce((a, b) => gap(b, t) < gap(a, t) ? b : a).others++;
    }
    return kept;
  };
  const walk = function (which) {
    clearWalk();
    last = which;
    const announce = (...parts) => { $("walk-said").textContent = parts.join(" "); };
    if (!place) return announce(words.first);
    const km = Number($("km").value), limit = km * 1000 / data.detour;
    let trees;
    if (which === "remarkable") {
      if (!data.remarkable) return announce(words.nosay, sized ? words.offer : words.nosizes);
      trees = sights(limit);
      const near = Math.min(...[...remarkable].map((i) => far[i]));
      if (!(2 * near <= limit)) {
        const none = [say(words.nonear, { km }), remarkable.size ? say(words.nearest, { d: away(near) }) : ""];
        if (!sized) return announce(...none);
        walk("large");
        return announce(...none, words.instead, $("walk-said").textContent);
      }
    } else {
      const by = data.girth ? size : (i) => value("height", i) || 0;
      const rows = [];
      for (let i = 0; i < n; i++) if (2 * far[i] <= limit && !doubt.has(i) && by(i)) rows.push(i);
      if (!rows.length) return announce(say(words.nolarge, { km }));
      rows.sort((p, q) => by(q) - by(p) || far[p] - far[q]);
      const largest = rows.slice(0, Math.max(STOPS, Math.ceil(rows.length * TOP)));
      trees = dk.spread([...sights(limit), ...metres(place, largest)], APART, CANDIDATES);
    }
    const made = dk.walk({ x: 0, y: 0 }, trees, limit, which === "remarkable" ? STOPS : LARGE, which !== "remarkable");
    draw(made);
    const onFoot = made.length * data.detour;
    announce(dk.plural(words.loop, made.stops.length, { walk: away(onFoot), straight: away(made.length), speed: decimal(data.speed, 1), min: Math.max(1, Math.round(onFoot / data.speed * 0.06)) }));
    $("stops").dataset.metres = onFoot.toFixed(1);
  };
  const draw = function (made) {
    const start = latlng(place.x, place.y), line = [start], list = $("stops");
    let from = { x: 0, y: 0 }, sum = 0;
    const far = function (to) {
      const leg = Math.hypot(to.x - from.x, to.y - from.y) * data.detour;
      sum += leg;
      from = to;
      return make("p", say(words.leg, { d: away(leg) }) + ", " + say(words.total, { d: away(sum) }), "leg");
    };
    const signs = made.stops.map(function (stop, k) {
      const at = latlng(X[stop.i], Y[stop.i]), li = make("li"), button = make("button", "", "tree");
      line.push(at);
      button.type = "button";
      li.append(button, far(stop));
      list.append(describe(li, stop.i, button));
      if (stop.others) li.append(make("p", dk.plural(words.group, stop.others, { d: away(GROUP) }), "group"));
      return sign(at, "stop", String(k + 1));
    });
    list.append(make("li", "", "back"));
    list.lastChild.append(make("strong", words.back), far({ x: 0, y: 0 }));
    line.push(start);
    L.polyline(line, { renderer: onTop, pane: "marks", color: hue("walk"), weight: 4, dashArray: "2 8", interactive: false }).addTo(walkLayer);
    signs.forEach((s) => s.addTo(walkLayer));
    map.fitBounds(L.latLngBounds(line), { padding: [36, 36], maxZoom: 18, animate: !calm });
  };

  /* Ways to choose a place. */
  let entries = null;
  const places = function () {
    if (entries) return entries;
    const rank = { commune: 0, sector: 1, place: 2, street: 3 };
    entries = data.spots.map(([kind, name, x, y, trees, stars, ...box]) => ({ kind, name, x, y, trees, stars, box: box.length ? box : null, order: rank[kind] }));
    if (data.streets) {
      const s = data.streets, sx = dk.ints(s.x, 4, s.n), sy = dk.ints(s.y, 4, s.n);
      s.names.forEach((name, i) => entries.push({ kind: "street", name, area: s.areas[s.area[i]], x: sx[i], y: sy[i], order: rank.street }));
    }
    if (data.ground) { /* streets without a tree of the inventory are found too */
      const known = new Set(data.streets ? data.streets.names.map(dk.plain) : []);
      for (const [name, lng, lat] of data.ground.names) {
        if (known.has(dk.plain(name))) continue;
        const [x, y] = steps(L.latLng(lat, lng));
        entries.push({ kind: "street", name, x, y, order: rank.street + 1 });
      }
    }
    return entries;
  };
  const at = (where, name) => { const [x, y] = steps(where); choose({ x, y, name }); };
  dk.combobox($("search"), $("options"), places, words, tell, function (entry) {
    choose({ x: entry.x, y: entry.y, trees: entry.trees, stars: entry.stars, box: entry.box, name: entry.area && entry.area !== entry.name ? entry.name + " (" + entry.area + ")" : entry.name });
  });
  map.on("click", (e) => at(e.latlng, words.here));
  $("centre").addEventListener("click", () => at(map.getCenter(), words.middle));
  $("near").addEventListener("click", function () {
    if (!navigator.geolocation) return tell(words.unavailable);
    tell(words.asking);
    navigator.geolocation.getCurrentPosition(
      (found) => at(L.latLng(found.coords.latitude, found.coords.longitude), say(words.me, { n: away(found.coords.accuracy) })),
      (refused) => tell(refused.code === 1 ? words.denied : words.unavailable),
      { enableHighAccuracy: true, timeout: 15000, maximumAge: 60000 },
    );
  });

  /* Lists, tabs, footer. */
  $("filter").addEventListener("change", () => { if (place) { sort(); tell(dk.plural(words.showing, shownTrees)); } });
  $("more").addEventListener("click", function () {
    const from = more();
    $("list").children[from].querySelector("button").focus();
    tell(dk.plural(words.showing, shownTrees));
  });
  $("walk").addEventListener("click", () => walk("remarkable"));
  $("km").addEventListener("change", () => { if (last && place) walk(last); });
  $("large").addEventListener("click", () => walk("large"));
  const tabs = [$("tab-list"), $("tab-walk")];
  const open = function (tab) {
    for (const t of tabs) {
      t.setAttribute("aria-selected", String(t === tab));
      t.tabIndex = t === tab ? 0 : -1;
      $(t.getAttribute("aria-controls")).hidden = t !== tab;
    }
  };
  tabs.forEach(function (tab, k) {
    tab.addEventListener("click", () => open(tab));
    tab.addEventListener("keydown", function (e) {
      if (!["ArrowLeft", "ArrowRight", "Home", "End"].includes(e.key)) return;
      e.preventDefault();
      const other = tabs[e.key === "Home" ? 0 : e.key === "End" ? 1 : 1 - k];
      open(other);
      other.focus();
    });
  });
  for (const text of data.sources) {
    const li = make("li"), [, before, address, read] = /^(.*?)(?:,? (https?:\/\/\S+))?(?: \(([^()]+)\))?$/s.exec(text);
    if (address) {
      const link = make("a", before);
      link.href = address;
      link.rel = "noreferrer";
      li.append(link);
    } else li.append(before);
    if (read) li.append(" (" + read + ")");
    $("sources").append(li);
  }
  if (data.leftOut) { $("left-out").hidden = false; $("left-out").textContent = dk.plural(words.leftout, data.leftOut); }
  if (!remarkable.size) { document.querySelector(".krem").hidden = true; $("filter").querySelector("[value=remarkable]").remove(); }
  if (!data.kinds.some((k) => k[3] === "high" || (k[3] === "file" && k[4] >= 4))) $("filter").querySelector("[value=allergy]").remove();
  $("large").hidden = !sized;
  if (!places().length) { document.querySelector(".combo").hidden = true; tell(words.tap); }
  $("filter-row").hidden = $("filter").options.length < 2;
})();
