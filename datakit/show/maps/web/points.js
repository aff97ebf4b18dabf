/* Many points on one map: dots drawn on canvas tiles, or bubbles that count them until there is room for dots. */
(function () {
  "use strict";
  const dk = window.datakit;
  const GRID = 128; /* buckets along each side of the bounding box, to find the points of a tile without reading all */
  const CELL = 76;  /* pixels: points nearer than about this are counted together */
  const SPACE = "\u202f";
  const group = (n) => (n < 10000 ? String(n) : String(n).replace(/\B(?=(\d{3})+$)/g, SPACE));

  dk.Points = L.GridLayer.extend({
    initialize: function (spec) {
      L.GridLayer.prototype.initialize.call(this, {
        pane: "dk-points", keepBuffer: 1, updateWhenZooming: false, minZoom: spec.cluster ? spec.dotsFrom : undefined,
      });
      this.spec = spec;
      this._queue = [];
      this._sprites = {};
      this._read(spec);
    },

    /* Decode, then put the points of one bucket side by side (counting sort). */
    _read: function (spec) {
      const n = spec.n, w = spec.width;
      const x = dk.ints(spec.x, w, n), y = dk.ints(spec.y, w, n);
      const c = spec.classes ? dk.ints(spec.classes, 1, n) : new Uint8Array(n);
      const s = spec.sizes ? dk.ints(spec.sizes, 1, n) : null;
      const side = Math.pow(256, w) / GRID;
      const first = new Uint32Array(GRID * GRID + 1), bucket = new Uint16Array(n);
      for (let i = 0; i < n; i++) {
        bucket[i] = Math.floor(y[i] / side) * GRID + Math.floor(x[i] / side);
        first[bucket[i] + 1]++;
      }
      for (let i = 0; i < GRID * GRID; i++) first[i + 1] += first[i];
      const next = first.slice(), X = new x.constructor(n), Y = new y.constructor(n);
      const C = new Uint8Array(n), S = s && new Uint8Array(n), row = new Uint32Array(n);
      for (let i = 0; i < n; i++) {
        const j = next[bucket[i]]++;
        X[j] = x[i]; Y[j] = y[i]; C[j] = c[i]; row[j] = i;
        if (s) S[j] = s[i];
      }
      Object.assign(this, { X, Y, C, S, row, first, side, clusters: {} });
    },

    onAdd: function (map) {
      dk.pane(map, "dk-points", 420, false);
      L.GridLayer.prototype.onAdd.call(this, map);
      this._tip = L.tooltip({ direction: "top", offset: [0, -6], opacity: 0.95, className: "dk-tip" });
      map.on("mousemove click", this._hover, this);
      map.on("mouseout movestart zoomstart", this._leave, this);
      if (this.spec.cluster) {
        this._bubbles = new Map();
        this._shown = L.layerGroup().addTo(map);
        map.on("moveend", this._recount, this);
        map.whenReady(this._recount, this);
      }
    },

    onRemove: function (map) {
      map.off("mousemove click", this._hover, this).off("mouseout movestart zoomstart", this._leave, this);
      this._leave();
      if (this.spec.cluster) {
        map.off("moveend", this._recount, this);
        this._shown.remove();
      }
      L.GridLayer.prototype.onRemove.call(this, map);
    },

    /* Dots grow with the zoom, so that they neither merge from afar nor vanish from near. */
    radius: function (zoom) {
      const spec = this.spec;
      const fit = Math.log2(700 / (256 * Math.max(spec.step * Math.pow(256, spec.width), 1e-7)));
      return Math.min(Math.max(spec.dot + 0.55 * (zoom - fit), 0.6 * spec.dot), Math.max(7, spec.dot));
    },

    _sprite: function (colour, hollow, r, ratio) {
      const key = [colour, hollow, r, ratio].join();
      if (this._sprites[key]) return this._sprites[key];
      const half = Math.ceil((r + 1) * ratio), canvas = document.createElement("canvas");
      canvas.width = canvas.height = 2 * half;
      const g = canvas.getContext("2d");
      g.beginPath();
      g.arc(half, half, r * ratio, 0, 2 * Math.PI);
      g.fillStyle = colour;
      g.fill();
      if (r >= 2.5) {
        g.lineWidth = (hollow ? 1 : 0.7) * ratio;
        g.strokeStyle = hollow ? "#777" : "#fff";
        g.stroke();
      }
      return (this._sprites[key] = canvas);
    },

    createTile: function (coords, done) {
      const tile = document.createElement("canvas");
      this._queue.push([tile, coords, done]);
      this._pump();
      return tile;
    },

    /* A few milliseconds of drawing per frame: panning goes on while tiles fill. */
    _pump: function () {
      if (this._frame) return;
      this._frame = requestAnimationFrame(() => {
        this._frame = 0;
        const end = performance.now() + 8;
        while (this._queue.length && performance.now() < end) {
          const [tile, coords, done] = this._queue.shift();
          if (!this._tiles || !this._tiles[this._tileCoordsToKey(coords)]) continue;
          this._draw(tile, coords);
          done(null, tile);
        }
        if (this._queue.length) this._pump();
      });
    },

    _draw: function (tile, coords) {
      const spec = this.spec, size = this.getTileSize().x, ratio = Math.min(window.devicePixelRatio || 1, 2);
      tile.width = tile.height = size * ratio;
      const g = tile.getContext("2d"), scale = 256 * Math.pow(2, coords.z), k = spec.step * scale;
      const r = this.radius(coords.z), most = this.S ? spec.biggest : r;
      const ox = spec.x0 * scale - coords.x * size, oy = spec.y0 * scale - coords.y * size;
      const span = (o) => [Math.max(0, Math.floor((-most - 1 - o) / k / this.side)),
                           Math.min(GRID - 1, Math.floor((size + most + 1 - o) / k / this.side))];
      const [left, right] = span(ox), [top, bottom] = span(oy);
      const sprites = {}, sized = [];
      const dot = (i, x, y) => {
        const c = this.C[i], id = this.S ? this.S[i] * 256 + c : c;
        const s = sprites[id] || (sprites[id] =
          this._sprite(spec.colours[c], c === spec.missing, this.S ? spec.radii[this.S[i]] : r, ratio));
        g.drawImage(s, Math.round(x * ratio - s.width / 2), Math.round(y * ratio - s.width / 2));
      };
      /* Points without data first, so that they hide no point with data. */
      for (const missing of spec.missing === null ? [false] : [true, false]) {
        const taken = r < 2.5 && !this.S ? new Uint8Array(size * size) : null;
        for (let b = top; b <= bottom; b++) {
          const end = this.first[b * GRID + right + 1];
          for (let i = this.first[b * GRID + left]; i < end; i++) {
            const c = this.C[i];
            if (spec.missing !== null && (c === spec.missing) !== missing) continue;
            const x = ox + this.X[i] * k, y = oy + this.Y[i] * k;
            if (x < -most || y < -most || x > size + most || y > size + most) continue;
            if (taken) { /* from afar, one dot per pixel is all that can be seen */
              const at = Math.floor(y) * size + Math.floor(x);
              if (x >= 0 && y >= 0 && x < size && y < size) {
                if (taken[at]) continue;
                taken[at] = 1;
              }
            }
            if (this.S) sized.push([this.S[i], i, x, y]);
            else dot(i, x, y);
          }
        }
      }
      sized.sort((a, b) => b[0] - a[0] || a[1] - b[1]); /* big circles under small ones */
      for (const [, i, x, y] of sized) dot(i, x, y);
    },

    /* The point nearest to the pointer, within reach of a finger. */
    _nearest: function (latlng, reach) {
      const spec = this.spec, zoom = this._map.getZoom(), scale = 256 * Math.pow(2, zoom);
      const p = this._map.options.crs.latLngToPoint(latlng, zoom);
      const qx = (p.x / scale - spec.x0) / spec.step, qy = (p.y / scale - spec.y0) / spec.step;
      const q = reach / scale / spec.step;
      const limit = (v) => Math.min(Math.max(Math.floor(v / this.side), 0), GRID - 1);
      let best = -1, least = q * q;
      for (let b = limit(qy - q); b <= limit(qy + q); b++) {
        const end = this.first[b * GRID + limit(qx + q) + 1];
        for (let i = this.first[b * GRID + limit(qx - q)]; i < end; i++) {
          const d = (this.X[i] - qx) * (this.X[i] - qx) + (this.Y[i] - qy) * (this.Y[i] - qy);
          if (d <= least) { least = d; best = i; }
        }
      }
      return best;
    },

    _latlng: function (x, y) {
      const spec = this.spec;
      return this._map.options.crs.pointToLatLng(L.point((spec.x0 + x * spec.step) * 256, (spec.y0 + y * spec.step) * 256), 0);
    },

    _clustered: function () { return this.spec.cluster && Math.round(this._map.getZoom()) < this.spec.dotsFrom; },

    _hover: function (event) {
      const map = this._map;
      if (!this.spec.columns.length || this._clustered() || map.dragging.moving()) return;
      if (this._asked) cancelAnimationFrame(this._asked);
      this._asked = requestAnimationFrame(() => {
        const r = this.S ? this.spec.biggest : this.radius(map.getZoom());
        const i = this._nearest(event.latlng, Math.max(r + 3, event.type === "click" ? 14 : 7));
        if (i < 0) return this._leave();
        if (i !== this._over) this._tip.setContent(dk.card(this.spec.columns, this.spec.n, this.row[i]));
        this._over = i;
        this._tip.setLatLng(this._latlng(this.X[i], this.Y[i])).addTo(map);
        map.getContainer().classList.add("dk-on-point"); /* the area below keeps quiet */
      });
    },

    _leave: function () {
      if (this._asked) cancelAnimationFrame(this._asked);
      if (this._tip) this._tip.remove();
      if (this._map) this._map.getContainer().classList.remove("dk-on-point");
      this._over = -1;
    },

    /* Points counted in cells, then cells whose middles would touch counted together. Kept for each zoom. */
    _count: function (zoom) {
      if (this.clusters[zoom]) return this.clusters[zoom];
      const k = this.spec.step * 256 * Math.pow(2, zoom), cells = new Map(), n = this.spec.n, kinds = this.spec.colours.length;
      for (let i = 0; i < n; i++) {
        const cx = Math.floor((this.X[i] * k) / CELL), cy = Math.floor((this.Y[i] * k) / CELL), key = cy * 65536 + cx;
        let c = cells.get(key);
        if (!c) cells.set(key, (c = { cx, cy, key, n: 0, x: 0, y: 0, x1: Infinity, y1: Infinity, x2: 0, y2: 0, kinds: new Uint32Array(kinds), i }));
        c.n++; c.x += this.X[i]; c.y += this.Y[i]; c.kinds[this.C[i]]++;
        if (this.X[i] < c.x1) c.x1 = this.X[i];
        if (this.X[i] > c.x2) c.x2 = this.X[i];
        if (this.Y[i] < c.y1) c.y1 = this.Y[i];
        if (this.Y[i] > c.y2) c.y2 = this.Y[i];
      }
      const list = [...cells.values()].sort((a, b) => b.n - a.n || a.key - b.key), near = CELL * 0.62 / k;
      const kept = [];
      for (const c of list) {
        if (c.gone) continue;
        for (let dy = -1; dy <= 1; dy++) for (let dx = -1; dx <= 1; dx++) {
          const o = cells.get((c.cy + dy) * 65536 + c.cx + dx);
          if (!o || o === c || o.gone || o.kept || Math.hypot(o.x / o.n - c.x / c.n, o.y / o.n - c.y / c.n) > near) continue;
          o.gone = true;
          c.n += o.n; c.x += o.x; c.y += o.y;
          for (let j = 0; j < kinds; j++) c.kinds[j] += o.kinds[j];
          c.x1 = Math.min(c.x1, o.x1); c.x2 = Math.max(c.x2, o.x2); c.y1 = Math.min(c.y1, o.y1); c.y2 = Math.max(c.y2, o.y2);
        }
        c.kept = true;
        kept.push(c);
      }
      return (this.clusters[zoom] = kept);
    },

    /* Only bubbles in and around the view exist as elements; those already there are kept. */
    _recount: function () {
      const map = this._map, wanted = new Map();
      if (!map) return;
      const zoom = map.getZoom();
      if (this._clustered()) {
        const view = map.getBounds().pad(0.5);
        for (const c of this._count(zoom)) {
          const at = this._latlng(c.x / c.n, c.y / c.n);
          if (view.contains(at)) wanted.set(zoom + ":" + c.key, [c, at]);
        }
      }
      for (const [key, marker] of this._bubbles) {
        if (!wanted.has(key)) { this._shown.removeLayer(marker); this._bubbles.delete(key); }
      }
      for (const [key, [c, at]] of wanted) {
        if (!this._bubbles.has(key)) this._bubbles.set(key, this._bubble(c, at).addTo(this._shown));
      }
      map.fire("datakit:bubbles");
    },

    _bubble: function (c, at) {
      const spec = this.spec, single = c.n === 1;
      const size = single ? 2 * Math.max(5, spec.dot + 2) : Math.round(24 + 6 * Math.log10(c.n));
      const el = document.createElement("div");
      let turn = 0;
      const parts = [];
      c.kinds.forEach((n, j) => {
        if (n) parts.push(spec.colours[j] + " " + turn + "turn " + (turn += n / c.n) + "turn");
      });
      el.style.background = parts.length > 1 ? "conic-gradient(" + parts.join(",") + ")" : spec.colours[c.kinds.findIndex((n) => n)];
      if (!single) {
        const text = document.createElement("span");
        text.textContent = group(c.n);
        el.appendChild(text);
      }
      const icon = L.divIcon({ className: single ? "dk-dot" : "dk-cluster", iconSize: [size, size], html: el });
      const marker = L.marker(at, { icon, keyboard: !single, alt: "" });
      if (single) {
        if (spec.columns.length) marker.bindTooltip(() => dk.card(spec.columns, spec.n, this.row[c.i]));
        return marker;
      }
      const open = () => this._open(c);
      marker.on("click", open);
      marker.on("add", () => {
        const box = marker.getElement();
        box.setAttribute("aria-label", dk.words.bubble.replace("{n}", group(c.n)));
        box.addEventListener("keydown", (e) => { if (e.key === "Enter" || e.key === " ") { e.preventDefault(); open(); } });
      });
      return marker;
    },

    _open: function (c) {
      const map = this._map, bounds = L.latLngBounds(this._latlng(c.x1, c.y1), this._latlng(c.x2, c.y2));
      const zoom = Math.max(map.getZoom() + 1, Math.min(map.getBoundsZoom(bounds.pad(0.1)), this.spec.dotsFrom));
      map.setView(bounds.getCenter(), Math.min(zoom, map.getMaxZoom()));
    },
  });

  dk.points = (map, spec) => new dk.Points(spec);
})();
