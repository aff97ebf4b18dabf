/* Walks: from a start and back, past as many trees as a distance allows. Plain geometry, in metres; no map here. */
(function () {
  "use strict";
  const dk = (window.datakit = window.datakit || {});
  const gap = (a, b) => Math.hypot(a.x - b.x, a.y - b.y);

  /* Length of the closed tour start, stops, start. */
  function length(start, stops) {
    let sum = 0, last = start;
    for (const s of stops) { sum += gap(last, s); last = s; }
    return sum + gap(last, start);
  }

  /* Where a stop lengthens the tour least: [place, metres added]. */
  function cheapest(start, stops, stop) {
    let best = [0, Infinity];
    for (let i = 0; i <= stops.length; i++) {
      const a = i ? stops[i - 1] : start, b = i < stops.length ? stops[i] : start;
      const added = gap(a, stop) + gap(stop, b) - gap(a, b);
      if (added < best[1]) best = [i, added];
    }
    return best;
  }

  /* 2-opt: a part is turned round as long as that shortens the tour. */
  function untangle(start, stops) {
    const tour = [start, ...stops, start];
    for (let again = true; again;) {
      again = false;
      for (let i = 1; i < tour.length - 2; i++) {
        for (let j = i + 1; j < tour.length - 1; j++) {
          const gain = gap(tour[i - 1], tour[i]) + gap(tour[j], tour[j + 1]) - gap(tour[i - 1], tour[j]) - gap(tour[i], tour[j + 1]);
          if (gain > 1e-6) {
            for (let a = i, b = j; a < b; a++, b--) [tour[a], tour[b]] = [tour[b], tour[a]];
            again = true;
          }
        }
      }
    }
    return tour.slice(1, -1);
  }

  /* An orienteering heuristic. `trees`: [{x, y, i}]. Alike, the one that costs least goes in first; with `ranked`, in
     their own order as far as each fits. The tour stays within `limit` metres and has at most `most` stops. */
  dk.walk = function (start, trees, limit, most, ranked) {
    let left = trees.filter((t) => 2 * gap(start, t) <= limit), stops = [];
    while (left.length && stops.length < most) {
      const now = length(start, stops);
      let best = null;
      for (const tree of left) {
        const [at, added] = cheapest(start, stops, tree);
        if (now + added <= limit && (!best || added < best.added)) best = { tree, at, added };
        if (best && ranked) break;
      }
      if (!best) break;
      stops.splice(best.at, 0, best.tree);
      stops = untangle(start, stops);
      left = left.filter((t) => t !== best.tree);
    }
    return { stops, length: length(start, stops) };
  };

  /* The first of a ranking that stand at least `apart` metres from each other: not ten trees of one avenue. */
  dk.spread = function (trees, apart, most) {
    const kept = [];
    for (const t of trees) {
      if (kept.length >= most) break;
      if (kept.every((k) => gap(k, t) >= apart)) kept.push(t);
    }
    return kept;
  };
})();
