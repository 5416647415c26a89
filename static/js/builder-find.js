// Finding sections: "/" anywhere, Ctrl+F on the canvas. Enter and Shift+Enter go from hit to hit, Escape to the one shown.
import { on } from "./events.js";

let at = 0;

export function start() {
  document.addEventListener("keydown", pressed);
  document.addEventListener("click", clicked);
  on("afterSwap", ({ target }) => target?.id === "finder-hits" && arrived());
  on("afterSettle", ({ target }) => target?.id === "builder" && mark());
}

function pressed(event) {
  if (event.target.closest?.("#finder")) return inside(event);
  if (document.querySelector("dialog[open]") || event.target.matches("input, textarea, select, [contenteditable]")) return;
  const onCanvas = event.target.closest?.(".canvas") || event.target === document.body;
  const wanted = event.key === "/" ? !event.ctrlKey : event.key.toLowerCase() === "f" && (event.ctrlKey || event.metaKey) && onCanvas;
  if (!wanted || !finder()) return;
  event.preventDefault();
  open();
}

function inside(event) {
  if (event.key === "Escape") close();
  else if (event.key === "Enter" && event.target.matches("input")) step(event.shiftKey ? -1 : 1);
  else return;
  event.preventDefault();
}

function clicked(event) {
  const word = event.target.closest("[data-find]")?.dataset.find;
  if (word === "open") event.preventDefault(); // without scripts it is a link to a page
  if (word === "open") open();
  if (word === "close") close();
  if (word === "next" || word === "previous") step(word === "next" ? 1 : -1);
  const hit = event.target.closest("#finder [data-hit]");
  if (hit) at = hits().indexOf(hit);
  if (hit) mark();
}

function open() {
  finder().hidden = false;
  document.getElementById("find").focus();
  document.getElementById("find").select();
  mark();
}

function close() {
  const card = hits()[at] && document.getElementById(`open-${hits()[at].dataset.hit}`);
  finder().hidden = true;
  mark();
  (card ?? document.getElementById("canvas"))?.focus({ preventScroll: true });
}

function arrived() {
  at = 0;
  mark();
  show();
}

function step(by) {
  if (!hits().length) return;
  at = (at + by + hits().length) % hits().length;
  mark();
  show();
}

// The focus stays in the search: only the canvas moves.
function show() {
  const card = hits()[at] && document.getElementById(`section-${hits()[at].dataset.hit}`);
  card?.scrollIntoView({ block: "center", inline: "center" });
  hits()[at]?.scrollIntoView({ block: "nearest" });
}

function mark() {
  if (!finder()) return;
  const shown = finder().hidden ? "" : hits()[at]?.dataset.hit;
  document.querySelectorAll(".card.is-hit").forEach((card) => card.classList.remove("is-hit"));
  document.getElementById(`section-${shown}`)?.classList.add("is-hit");
  hits().forEach((hit, index) => (index === at ? hit.setAttribute("aria-current", "true") : hit.removeAttribute("aria-current")));
  document.getElementById("found-at").textContent = hits().length ? `${at + 1} of ${hits().length}` : "";
}

function hits() {
  return [...document.querySelectorAll("#finder [data-hit]")];
}

function finder() {
  return document.getElementById("finder");
}
