// Where the focus is once the builder is drawn anew: at what was changed, or beside what is gone.
import { cardOf } from "./builder-change.js";
import { on, onServer } from "./events.js";

let changed = "";
let wanted = [];
let opens = ""; // the section whose dialog opens when it is there
let late = false; // the builder was there before the dialog had closed

export function start() {
  onServer("sectionChanged", ({ value }) => plan(value));
  onServer("openSection", ({ value }) => { opens = value; });
  on("afterSettle", ({ target }) => target?.id === "builder" && arrive());
  document.addEventListener("close", () => late && setTimeout(arrive), true); // after the dialog has given the focus back
}

// Before the swap: the card that may be gone after it is still among its neighbours.
function plan(section) {
  const card = section ? document.getElementById(`section-${section}`) : cardOf(document.activeElement);
  changed = section || card?.dataset.section || "";
  wanted = changed ? [`open-${changed}`, ...(card ? beside(card) : [])] : [];
}

// The next cards of the lane, then those before, then the + at which the lane begins.
function beside(card) {
  const lane = card.closest("ol.lane");
  const all = lane ? lane.querySelectorAll(":scope > .step > .card") : card.closest(".branches").querySelectorAll("[data-section]");
  const cards = [...all];
  const at = cards.indexOf(card);
  const near = [...cards.slice(at + 1), ...cards.slice(0, at).reverse()].map((one) => `open-${one.dataset.section}`);
  return [...near, lane ? lane.previousElementSibling?.querySelector(".add")?.id : "add-trigger"];
}

function arrive() {
  const held = cardOf(document.activeElement);
  const elsewhere = !opens && held && held.dataset.section !== changed; // somebody quick walked on meanwhile
  late = Boolean(document.querySelector("dialog[open]"));
  if (elsewhere || late) return;
  const found = wanted.map((id) => id && document.getElementById(id)).find(Boolean);
  if (found) found.focus();
  else if (document.activeElement === document.body) document.getElementById("canvas").focus({ preventScroll: true });
  wanted = [];
  if (opens) document.getElementById(`open-${opens}`)?.click();
  opens = "";
}
