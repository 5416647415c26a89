// Moving a section: by dragging its card onto a +, or by "Move to…" and then pressing one. Escape leaves it where it is.
import { cardOf, send } from "./builder-change.js";
import { on } from "./events.js";

let carried = null;

export function start() {
  document.addEventListener("click", dropHere, true); // before htmx would open the section menu
  document.addEventListener("keydown", (event) => event.key === "Escape" && carried && putBack());
  document.addEventListener("dragstart", (event) => cardOf(event.target) && drag(event));
  document.addEventListener("dragend", putBack);
  for (const name of ["dragenter", "dragover", "dragleave"]) document.addEventListener(name, over);
  document.addEventListener("drop", dropped);
  on("afterSwap", () => carried && show());
}

/** Take a section in hand: the next + that is pressed is where it goes. */
export function pickUp(section) {
  carried = section;
  show();
  const name = document.getElementById(`open-${section}`)?.textContent ?? "";
  document.querySelector("#carrying [data-words]").textContent = `Choose the + where “${name}” goes.`;
  document.getElementById("carrying").hidden = false;
}

function show() {
  document.getElementById("canvas").classList.add("is-carrying");
  document.getElementById(`section-${carried}`)?.classList.add("is-carried");
}

function putBack() {
  document.getElementById(`section-${carried}`)?.classList.remove("is-carried");
  document.getElementById("canvas")?.classList.remove("is-carrying");
  const words = document.getElementById("carrying");
  if (words) words.hidden = true;
  carried = null;
}

function dropHere(event) {
  if (!carried) return;
  const spot = event.target.closest("[data-at]");
  if (!spot && !event.target.closest("[data-drop-it]")) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (spot) send("move", carried, spot.dataset.at);
  putBack();
}

function drag(event) {
  carried = cardOf(event.target).dataset.section;
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", carried);
  setTimeout(show); // the picture under the pointer is taken first
}

function over(event) {
  const spot = carried && event.target.closest?.("[data-at]");
  if (!spot) return;
  event.preventDefault();
  spot.classList.toggle("is-over", event.type !== "dragleave");
}

function dropped(event) {
  const spot = carried && event.target.closest("[data-at]");
  if (!spot) return;
  event.preventDefault();
  send("move", carried, spot.dataset.at);
  putBack();
}
