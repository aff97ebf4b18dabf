/* What lies under the trees: streets and, from near, their names; and the sign of a remarkable tree. */
(function () {
  "use strict";
  const dk = (window.datakit = window.datakit || {});
  const NAMED = 16, MOST = 40; /* zoom from which names are written, and how many at once */
  const LOOK = { main: [1.6, 5], other: [0.7, 3] }; /* widths in pixels from afar and from near */

  dk.streets = function (map, ground) {
    const pane = dk.pane(map, "streets", 380, false), renderer = L.canvas({ pane, padding: 0.3 });
    const colour = getComputedStyle(document.documentElement).getPropertyValue("--street").trim();
    const drawn = Object.keys(LOOK).map(function (kind) {
      const spec = ground[kind], lines = spec.shapes.flatMap((parts) => parts.map((flat) => dk.path(flat, spec.unit)));
      return [LOOK[kind], L.polyline(lines, { renderer, pane, color: colour, interactive: false, smoothFactor: 1 }).addTo(map)];
    });
    const widths = () => drawn.forEach(([[far, near], line]) => line.setStyle({ weight: map.getZoom() >= NAMED ? near : far }));
    map.on("zoomend", widths);
    map.whenReady(widths);
    names(map, ground.names);
  };

  /* The longest streets first; a name that would lie on another's is left out. */
  function names(map, rows) {
    const pane = dk.pane(map, "street-names", 425, false), group = L.layerGroup().addTo(map);
    const write = function () {
      group.clearLayers();
      if (map.getZoom() < NAMED) return;
      const seen = map.getBounds(), taken = [];
      for (const [name, lng, lat] of rows) {
        if (taken.length >= MOST) return;
        if (!seen.contains([lat, lng])) continue;
        const p = map.latLngToContainerPoint([lat, lng]), w = 3.4 * name.length, box = [p.x - w, p.y - 9, p.x + w, p.y + 9];
        if (taken.some((b) => box[0] < b[2] && box[2] > b[0] && box[1] < b[3] && box[3] > b[1])) continue;
        taken.push(box);
        const span = document.createElement("span");
        span.textContent = name;
        L.marker([lat, lng], { icon: L.divIcon({ className: "dk-name street", iconSize: [0, 0], html: span }), pane, interactive: false, keyboard: false }).addTo(group);
      }
    };
    map.on("moveend", write);
    map.whenReady(write);
  }

  /* A remarkable tree differs from the others by its shape, not by colour alone. */
  dk.Diamond = L.CircleMarker.extend({
    _updatePath: function () {
      const renderer = this._renderer, g = renderer._ctx, p = this._point, r = this._radius;
      if (!renderer._drawing || this._empty()) return;
      g.beginPath();
      g.moveTo(p.x, p.y - r);
      g.lineTo(p.x + r, p.y);
      g.lineTo(p.x, p.y + r);
      g.lineTo(p.x - r, p.y);
      g.closePath();
      renderer._fillStroke(g, this);
    },
  });
})();
