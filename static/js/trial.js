// Try it: the panel beside the canvas. It opens and closes here; trial-path.js draws what came of a trial.
import * as path from "./trial-path.js";
import { on, onServer, process } from "./events.js";

const panel = () => document.getElementById("trial");
let opener = ""; // the id of what opened the panel: focus goes back to it
const STEPS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

document.addEventListener("keydown", pressed);
document.addEventListener("click", clicked);
document.addEventListener("input", (event) => event.target.matches("[data-scrub]") && path.go(Number(event.target.value)));
on("afterSwap", ({ target }) => {
  if (target?.id === "trial") opened();
  if (target?.closest?.("#trial")) arrived(target);
});
// Each edit draws the canvas anew, without the path; what was tried is not the draft any more.
on("afterSettle", ({ target }) => target?.id === "builder" && path.paint());
onServer("sectionChanged", () => panel()?.querySelector("[data-stale]")?.removeAttribute("hidden"));

function opened() {
  const inside = panel();
  const close = inside.querySelector("[data-trial-close]");
  if (close) close.hidden = false;
  const add = inside.querySelector("[data-add-row]");
  if (add) add.hidden = false;
  if (!inside.contains(document.activeElement)) (inside.querySelector("[name=who]:checked, h2[data-focus]") ?? inside.querySelector("a[aria-current=page]"))?.focus();
}

function arrived(target) {
  path.load(target);
  const result = target.querySelector("[data-player], [data-counts], [role=alert]");
  result?.scrollIntoView({ block: "start" });
}

function close() {
  if (!panel().querySelector("[data-trial-close]")) return; // the steps of an execution stay
  panel().replaceChildren();
  path.load(panel());
  (document.getElementById(opener) ?? document.getElementById("try"))?.focus();
}

function clicked(event) {
  opener = event.target.closest("[hx-target='#trial']:not(.tab)")?.id || opener;
  if (event.target.closest("[data-trial-close]")) return close();
  if (event.target.closest("[data-add-row]")) return addRow(event.target.closest("details"));
  const to = event.target.closest("[data-step-to]");
  if (to) return path.go(Number(to.dataset.stepTo));
  const by = event.target.closest("[data-go]");
  if (by) path.move(Number(by.dataset.go));
}

function addRow(part) {
  const rows = part.querySelector("[data-rows]");
  const made = part.querySelector("[data-row]").content.firstElementChild.cloneNode(true);
  for (const control of made.querySelectorAll("[name]")) control.name = control.name.replace(".N.", `.${rows.childElementCount}.`);
  made.setAttribute("aria-label", `Later ${rows.childElementCount + 1}`);
  rows.append(made);
  made.querySelector("input").focus();
}

function pressed(event) {
  if (document.querySelector("dialog[open]") || event.ctrlKey || event.metaKey || event.altKey) return;
  const typing = event.target.matches("input, textarea, select, [contenteditable]");
  if (event.key === "t" && !typing) return open(event);
  const step = STEPS[event.key];
  // On an execution's page the arrows to the sides step wherever one is: they scroll nothing that matters there.
  if (step && !typing && event.key.match(/Left|Right/) && panel().querySelector("[data-keep]")) return walk(event, step);
  if (!event.target.closest("#trial")) return;
  if (event.key === "Escape") return close();
  if (step && event.target.closest("[data-player]") && !typing) walk(event, step);
}

function walk(event, step) {
  event.preventDefault();
  path.move(step);
}

function open(event) {
  const button = document.getElementById("try");
  if (!button) return;
  event.preventDefault();
  process(button);
  button.click();
}

if (panel()?.querySelector("[data-keep]")) path.load(panel());
