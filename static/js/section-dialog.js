// The Section menu's search, and fields of a section's form that change what other fields offer.
import { on, process } from "./events.js";

export function start() {
  document.addEventListener("input", search);
  document.addEventListener("keydown", walk);
  document.addEventListener("change", refresh);
  on("afterSwap", () => document.querySelectorAll("#modal-body [data-needs-script]").forEach((part) => { part.hidden = false; }));
}

function search(event) {
  if (!event.target.matches("[data-search]")) return;
  const words = event.target.value.toLowerCase().split(/\s+/);
  const menu = event.target.closest(".dialog, .page-content");
  const again = menu.querySelector("[data-again]"); // what stands there stands in its own group too
  if (again) again.hidden = Boolean(event.target.value.trim());
  const kinds = [...menu.querySelectorAll(".kinds-group:not([data-again]) [data-kind]")];
  const fits = (part) => words.every((word) => part.textContent.toLowerCase().includes(word));
  // What is called so stands before what merely speaks of it.
  const named = kinds.filter((kind) => fits(kind.querySelector(".kind-name")));
  const found = named.length ? named : kinds.filter(fits);
  for (const kind of kinds) kind.hidden = !found.includes(kind);
  for (const group of menu.querySelectorAll(".kinds-group:not([data-again])")) group.hidden = !group.querySelector("[data-kind]:not([hidden])");
  menu.querySelector("[data-none]").hidden = shown(menu).length > 0;
}

function walk(event) {
  const menu = event.target.closest?.("[data-section-menu]");
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!menu || (!step && event.key !== "Enter")) return;
  const all = shown(menu);
  if (event.key === "Enter") {
    if (!event.target.matches("[data-search]")) return;
    event.preventDefault();
    if (all[0]) process(all[0]); // htmx knows what it has put in only a moment later
    return all[0]?.click();
  }
  event.preventDefault();
  const at = all.indexOf(document.activeElement);
  if (at + step < 0) return menu.querySelector("[data-search]").focus();
  all[Math.min(at + step, all.length - 1)]?.focus();
}

function refresh(event) {
  if (!event.target.matches("[data-refresh]")) return;
  // A click and no requestSubmit: htmx sends the button that was clicked last along.
  event.target.form.querySelector("[data-refresher]").click();
}

function shown(menu) {
  return [...menu.querySelectorAll(".kinds-group:not([hidden]) [data-kind]:not([hidden])")];
}
