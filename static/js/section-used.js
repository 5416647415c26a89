// The Section menu begins with what this person uses most, what was used lately counting more.
import { on, process } from "./events.js";

const KEPT = "campaigns-used";
const FADES = 0.9; // of what was counted, with each choice
const SHOWN = 5;

export function start() {
  document.addEventListener("click", chosen, true);
  on("afterSwap", ({ target }) => target?.id === "modal-body" && offer());
}

function chosen(event) {
  const type = event.target.closest?.("[data-kind]")?.dataset.kind;
  if (!type) return;
  const counts = Object.entries(read()).map(([name, count]) => [name, count * FADES]).filter(([, count]) => count > 0.01);
  const next = Object.fromEntries(counts);
  next[type] = (next[type] ?? 0) + 1;
  try {
    localStorage.setItem(KEPT, JSON.stringify(next));
  } catch {
    // Storage may be forbidden; the menu works without it.
  }
}

function offer() {
  const list = document.querySelector("[data-section-menu] .kinds");
  if (!list || list.querySelector("[data-again]")) return;
  const counts = read();
  const offered = [...list.querySelectorAll("[data-kind]")].filter((kind) => counts[kind.dataset.kind]);
  offered.sort((one, other) => counts[other.dataset.kind] - counts[one.dataset.kind]);
  if (!offered.length) return;
  const group = document.createElement("section");
  group.className = "kinds-group";
  group.dataset.again = "";
  group.setAttribute("aria-label", "Used most");
  const title = document.createElement("p");
  title.className = "kinds-title";
  title.textContent = "Used most";
  group.append(title, ...offered.slice(0, SHOWN).map((kind) => kind.cloneNode(true)));
  list.prepend(group);
  group.querySelectorAll("[data-kind]").forEach(process);
}

function read() {
  try {
    const found = JSON.parse(localStorage.getItem(KEPT));
    return found && typeof found === "object" ? found : {};
  } catch {
    return {};
  }
}
