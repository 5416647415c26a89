// What came of a trial, drawn on the canvas: cards that were passed, with their times, and the branches taken.
let lines = [];
let at = 0;
let player = null;
let counts = [];

const canvas = () => document.getElementById("canvas");
const cardOf = (section) => (section ? canvas()?.querySelector(`[data-section="${CSS.escape(section)}"]`) : null);

/** Read what an answer holds and draw it; without a result the canvas is as usual. */
export function load(root) {
  // What goes on while an earlier step is looked at does not take the eye away from it.
  const stay = root.querySelector("[data-player][data-keep]") && at < lines.length - 1 ? at : null;
  player = root.querySelector("[data-player]");
  lines = [...(player?.querySelectorAll("[data-line]") ?? [])];
  counts = [...root.querySelectorAll("[data-counts] [data-section]")];
  at = 0;
  for (const part of player?.querySelectorAll("[data-controls]") ?? []) part.hidden = false;
  paint();
  // It begins at the end: the whole way is lit, and said at once.
  if (lines.length) go(stay ?? lines.length - 1);
}

export const move = (by) => go(at + by);

/** Stand at a line: the way up to it is lit, its card is scrolled to and said. */
export function go(index) {
  if (!lines.length) return;
  at = Math.max(0, Math.min(index, lines.length - 1));
  const focused = player.contains(document.activeElement) && document.activeElement.matches("[data-step-to]");
  for (const [number, line] of lines.entries()) {
    line.toggleAttribute("data-present", number === at);
    line.toggleAttribute("data-ahead", number > at);
    if (number === at) line.querySelector("button").setAttribute("aria-current", "step");
    else line.querySelector("button").removeAttribute("aria-current");
  }
  const words = lines[at].querySelector(".trial-words").textContent.trim().replace(/\s+/g, " ");
  player.querySelector("[data-scrub]").value = at;
  player.querySelector("[data-scrub]").setAttribute("aria-valuetext", words);
  player.querySelector("[data-count]").value = `${at + 1} of ${lines.length}`;
  player.querySelector("[data-said]").textContent = `Step ${at + 1} of ${lines.length}: ${words}, ${lines[at].dataset.time}`;
  if (focused) lines[at].querySelector("button").focus();
  lines[at].scrollIntoView({ block: "nearest" });
  paint();
  cardOf(lines[at].dataset.section)?.scrollIntoView({ block: "center", inline: "center" });
}

/** Draw the way on the canvas as it is now. */
export function paint() {
  const root = canvas();
  if (!root) return;
  for (const name of ["tried", "triedOn", "triedNow", "triedPast"]) {
    const attribute = `data-${name.replace(/[A-Z]/, (letter) => `-${letter.toLowerCase()}`)}`;
    for (const part of root.querySelectorAll(`[${attribute}]`)) delete part.dataset[name];
  }
  for (const chip of root.querySelectorAll(".tried-chip")) chip.remove();
  const shown = lines.slice(0, at + 1);
  for (const [index, line] of shown.entries()) light(root, line, shown.slice(index + 1));
  const now = cardOf(lines[at]?.dataset.section);
  if (now) now.dataset.triedNow = "";
  for (const one of counts) chip(cardOf(one.dataset.section), one.dataset.label, one.dataset.leads === "0" ? "skipped" : "passed");
}

function light(root, { dataset }, later) {
  if (dataset.kind === "start" && later.length) root.querySelector(".flow")?.setAttribute("data-tried", "passed");
  if (dataset.outcome === "finished" && dataset.kind === "end") root.querySelector(".pole-finish")?.setAttribute("data-tried", "passed");
  const card = cardOf(dataset.section);
  if (!card) return;
  chip(card, dataset.time, dataset.mark);
  const step = card.closest(".step");
  if (!step || dataset.mark === "waiting") return;
  step.dataset.tried = dataset.mark;
  // The line below it is lit once the lead has come out of it: a branch may end by itself.
  if (later.some((line) => leaves(line.dataset, step))) step.dataset.triedOn = "";
  if (dataset.kind === "start" && later.length) take([card.closest(".branch")]);
  take([...step.querySelectorAll(":scope > .branches > .branch")].filter((one) => one.getAttribute("aria-label") === dataset.outcome));
}

function leaves({ kind, section, outcome }, step) {
  const card = cardOf(section);
  return card ? !step.contains(card) : kind === "end" && outcome === "finished";
}

// The line to a branch runs by those that stand before it.
function take(branches) {
  for (const branch of branches.filter(Boolean)) {
    branch.dataset.tried = "passed";
    for (let one = branch.previousElementSibling; one; one = one.previousElementSibling) one.dataset.triedPast = "";
  }
}

function chip(card, text, mark) {
  if (!card) return;
  card.dataset.tried = mark;
  const found = card.querySelector(".tried-chip") ?? card.appendChild(Object.assign(document.createElement("span"), { className: "tried-chip" }));
  found.textContent = text;
}
