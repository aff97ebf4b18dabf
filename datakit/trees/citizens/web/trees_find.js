/* The search box: a combobox with a list, by hand and by keyboard. Names are compared without case and accents. */
(function () {
  "use strict";
  const dk = (window.datakit = window.datakit || {});
  const MOST = 8;

  dk.plain = (text) => text.normalize("NFD").replace(/[\u0300-\u036f]/g, "").toLowerCase()
    .replace(/œ/g, "oe").replace(/æ/g, "ae").replace(/[^a-z0-9]+/g, " ").trim();

  /* Every word typed must begin a word of the name, or else stand somewhere in it; the best matches first. */
  dk.matches = function (entries, typed, most) {
    const query = dk.plain(typed), words = query.split(" ");
    if (!query) return [];
    const found = [];
    entries.forEach(function (e, i) {
      const name = e.key === undefined ? (e.key = dk.plain(e.name)) : e.key;
      const all = " " + name + " " + (e.more === undefined ? (e.more = dk.plain(e.area || "")) : e.more);
      let rank = name === query ? 0 : name.startsWith(query) ? 1 : words.every((w) => (" " + name).includes(" " + w)) ? 2
        : words.every((w) => all.includes(" " + w)) ? 3 : words.every((w) => all.includes(w)) ? 4 : 9;
      if (rank < 9) found.push([rank * 10 + e.order, i]);
    });
    found.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
    return [found.slice(0, most).map((f) => entries[f[1]]), found.length];
  };

  dk.combobox = function (input, list, entries, words, tell, choose) {
    let shown = [], active = -1;
    const close = function () {
      list.hidden = true;
      input.setAttribute("aria-expanded", "false");
      input.removeAttribute("aria-activedescendant");
      active = -1;
    };
    const mark = function (i) {
      active = i;
      [...list.children].forEach((li, j) => li.setAttribute("aria-selected", String(i === j)));
      if (i < 0) return input.removeAttribute("aria-activedescendant");
      input.setAttribute("aria-activedescendant", list.children[i].id);
      list.children[i].scrollIntoView({ block: "nearest" });
    };
    const take = function (i) {
      const entry = shown[i];
      input.value = entry.name;
      close();
      if (window.matchMedia("(pointer: coarse)").matches) input.blur(); /* the keyboard on the screen hides the answer */
      choose(entry);
    };
    const update = function () {
      const [best, n] = dk.plain(input.value) ? dk.matches(entries(), input.value, MOST) : [[], 0];
      shown = best;
      list.textContent = "";
      best.forEach(function (entry, i) {
        const li = document.createElement("li"), name = document.createElement("span"), kind = document.createElement("small");
        li.id = "option-" + i;
        li.setAttribute("role", "option");
        li.setAttribute("aria-selected", "false");
        name.textContent = entry.name;
        kind.textContent = entry.area && entry.area !== entry.name ? words[entry.kind] + ", " + entry.area : words[entry.kind];
        li.append(name, " ", kind);
        li.addEventListener("pointerdown", (e) => e.preventDefault()); /* the box keeps the focus */
        li.addEventListener("click", () => take(i));
        list.append(li);
      });
      active = -1;
      input.removeAttribute("aria-activedescendant");
      list.hidden = !best.length;
      input.setAttribute("aria-expanded", String(!list.hidden));
      if (dk.plain(input.value)) tell(n ? dk.plural(words.found, n) : words.none);
    };
    input.addEventListener("input", update);
    input.addEventListener("focus", () => input.select());
    input.addEventListener("blur", close);
    input.addEventListener("keydown", function (e) {
      if (e.key === "ArrowDown" || e.key === "ArrowUp") {
        e.preventDefault();
        if (list.hidden) update();
        if (shown.length) mark((active + (e.key === "ArrowDown" ? 1 : active < 0 ? 0 : -1) + shown.length) % shown.length);
      } else if (e.key === "Enter" && !list.hidden) {
        e.preventDefault();
        take(Math.max(active, 0));
      } else if (e.key === "Escape") {
        if (list.hidden) input.value = "";
        close();
      }
    });
  };
})();
