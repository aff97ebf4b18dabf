/* What scrolls sideways here, at this width, can be reached and named by keyboard; what does not is no stop on the way.
   Its right side fades as long as there is more. */
const more = (box) => box.classList.toggle("more", box.scrollLeft + box.clientWidth < box.scrollWidth - 2);
const boxes = () => document.querySelectorAll(".scroll, .dk-wide, [role=region], .output_html, .output_text pre, .input_area").forEach((box) => {
  more(box);
  if (box.scrollWidth <= box.clientWidth || box.hasAttribute("tabindex")) return;
  box.tabIndex = 0;
  box.setAttribute("role", "group");
  box.setAttribute("aria-label", document.body.dataset.scrolls);
});
addEventListener("load", boxes);
addEventListener("resize", boxes);
addEventListener("toggle", boxes, true);
addEventListener("scroll", (event) => event.target.classList && more(event.target), true);
