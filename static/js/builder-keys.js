// The keyboard on the canvas: arrows walk the cards, letters do what the card's menu does.
import { cardOf, step } from "./builder-change.js";
import { act } from "./builder-menu.js";
import { extend } from "./builder-selection.js";

const ACTS = { Delete: "delete", Backspace: "delete", d: "duplicate", m: "carry", l: "listen", w: "wrap", e: "extract", o: "outline", " ": "select" };

export function start() {
  document.addEventListener("keydown", pressed);
}

function pressed(event) {
  if (document.querySelector("dialog[open]") || event.target.matches("input, textarea, select, [contenteditable]")) return;
  if (event.ctrlKey || event.metaKey) return withCtrl(event);
  if (event.key === "?") return showKeys(event);
  const card = cardOf(event.target) ?? (event.target.closest(".canvas") && document.querySelector(".canvas [data-section]"));
  if (!card || event.target.closest(".menu")) return;
  const did = event.altKey ? shifted(event, card) : event.shiftKey && extended(event, card);
  if (did || (!event.altKey && (walked(event, card) || done(event, card)))) event.preventDefault();
}

function withCtrl(event) {
  const key = event.key.toLowerCase();
  const card = cardOf(event.target);
  if ((key === "c" || key === "x") && card && !event.repeat && getSelection().isCollapsed) {
    event.preventDefault();
    return act(key === "c" ? "copy" : "cut", card.dataset.section);
  }
  const word = key === "z" ? (event.shiftKey ? "redo" : "undo") : key === "y" ? "redo" : null;
  if (!word || !document.getElementById(word)) return;
  event.preventDefault();
  step(word);
}

function showKeys(event) {
  event.preventDefault();
  document.querySelector("[popovertarget=keys]")?.click(); // its button is where it opens
}

function shifted(event, card) {
  const word = { ArrowUp: "up", ArrowDown: "down" }[event.key];
  if (word) act(word, card.dataset.section);
  return Boolean(word);
}

function extended(event, card) {
  const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
  if (!by) return false;
  focus(extend(card, by));
  return true;
}

function walked(event, card) {
  const cards = [...document.querySelectorAll(".canvas [data-section]")];
  const next = {
    ArrowDown: () => cards[cards.indexOf(card) + 1],
    ArrowUp: () => cards[cards.indexOf(card) - 1],
    ArrowLeft: () => aside(card, "previousElementSibling"),
    ArrowRight: () => aside(card, "nextElementSibling"),
    Home: () => cards[0],
    End: () => cards.at(-1),
  }[event.key];
  if (!next) return false;
  focus(next());
  return true;
}

// The first card of the branch beside this one; from a section with branches, to the right is into the second.
function aside(card, sibling) {
  for (let branch = card.closest(".branch"); branch; branch = branch.parentElement.closest(".branch")) {
    const found = branch[sibling] && firstIn(branch[sibling]);
    if (found) return found;
  }
  const inside = sibling === "nextElementSibling" && card.parentElement.querySelectorAll(":scope > .branches > .branch")[1];
  return inside ? firstIn(inside) : null;
}

// A branch's first card; where it has none, its +.
function firstIn(branch) {
  return branch.querySelector("[data-section]") ?? branch.querySelector(".card-empty, .add");
}

function done(event, card) {
  const section = card.dataset.section;
  if (!section || event.repeat) return false; // a key held down is meant once
  const word = event.key === "x" ? (card.classList.contains("is-disabled") ? "enable" : "disable") : ACTS[event.key];
  if (word) act(word, section);
  else if (event.key === "+") document.querySelector(`[data-at="after:${section}"], [data-at="listens:${section}"]`)?.click();
  else return false;
  return true;
}

function focus(found) {
  const target = found?.matches("[data-section]") ? found.querySelector(".card-name") : found;
  target?.focus();
  target?.scrollIntoView({ block: "nearest", inline: "nearest" });
}
