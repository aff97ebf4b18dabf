/* Headings become buttons that sort. Without this script the table is whole, and in the order of the means. */
const table = document.querySelector("#dossiers");
const body = table.tBodies[0];
const heads = [...table.tHead.rows[0].cells];
const value = (row, i) => row.cells[i].dataset.v ?? row.cells[i].textContent.trim();
function sort(i, down) {
  const number = heads[i].classList.contains("n");
  const rows = [...body.rows].map((row, at) => ({ row, at, v: value(row, i) }));
  rows.sort((a, b) => {
    if (a.v === "" || b.v === "") return (a.v === "") - (b.v === "") || a.at - b.at; /* what has none stays below */
    const by = number ? a.v - b.v : a.v.localeCompare(b.v, document.documentElement.lang, { numeric: true });
    return (down ? -by : by) || a.at - b.at;
  });
  body.append(...rows.map((one) => one.row));
  heads.forEach((head, j) => j === i ? head.setAttribute("aria-sort", down ? "descending" : "ascending") : head.removeAttribute("aria-sort"));
}
heads.forEach((head, i) => {
  const button = document.createElement("button");
  button.type = "button";
  button.append(...head.childNodes);
  head.append(button);
  button.addEventListener("click", () => {
    const now = head.getAttribute("aria-sort");
    sort(i, now ? now === "ascending" : "down" in head.dataset);
  });
});
