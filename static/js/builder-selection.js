// Several cards at once: Shift and Ctrl with a click, Shift with an arrow, Space. A toolbar says how many there are.
import { cardOf } from "./builder-change.js";
import { on, onServer } from "./events.js";

const selected = new Set();

export function start() {
  document.addEventListener("click", pressed, true); // before htmx would open the card
  document.addEventListener("keydown", (event) => event.key === "Escape" && !isBusy(event) && clear());
  onServer("selectSections", ({ value }) => choose(value)); // their cards come with the swap that follows
  on("afterSettle", ({ target }) => target?.id === "builder" && settle());
}

/** Return what a command on a card is meant for: the selection when the card is part of it. Ids with spaces between. */
export function meant(section) {
  return section === "" || selected.has(section) ? ids().join(" ") : section;
}

/** Return the ids of the selected cards, in the order in which they are drawn. */
export function ids() {
  return cards().map((card) => card.dataset.section);
}

/** Return the selected cards, in the order in which they are drawn. */
export function cards() {
  return [...document.querySelectorAll(".canvas [data-section]")].filter((card) => selected.has(card.dataset.section));
}

/** Select a card, or no longer. */
export function toggle(section) {
  if (!selected.delete(section)) selected.add(section);
  show();
}

export function clear() {
  choose([]);
}

/** Select from a card to its neighbour above (-1) or below (1), and return that neighbour's card. */
export function extend(card, step) {
  const next = card.closest(".step")?.[step < 0 ? "previousElementSibling" : "nextElementSibling"]?.querySelector("[data-section]");
  if (!next) return null;
  // Going back over what is selected lets go of it.
  if (selected.has(next.dataset.section) && selected.has(card.dataset.section)) selected.delete(card.dataset.section);
  else selected.add(card.dataset.section).add(next.dataset.section);
  show();
  return next;
}

function choose(sections) {
  selected.clear();
  sections.forEach((section) => selected.add(section));
  show();
}

function pressed(event) {
  const card = event.target.closest(".canvas [data-section]");
  if (!card || !toolbar() || !(event.ctrlKey || event.metaKey || event.shiftKey)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (event.shiftKey && range(card)) show();
  else toggle(card.dataset.section);
  document.getElementById(`open-${card.dataset.section}`)?.focus();
}

// With Shift: all between the card that was selected, or had the focus, and this one, where both stand in one list.
function range(card) {
  const from = cardOf(document.activeElement) ?? cards().at(-1);
  const lane = card.closest("ol.lane");
  if (!from || !lane || from.closest("ol.lane") !== lane) return false;
  const all = [...lane.querySelectorAll(":scope > .step > [data-section]")];
  const [first, last] = [all.indexOf(from), all.indexOf(card)].sort((a, b) => a - b);
  if (first < 0) return false;
  all.slice(first, last + 1).forEach((one) => selected.add(one.dataset.section));
  return true;
}

function settle() {
  for (const section of selected) if (!document.getElementById(`section-${section}`)) selected.delete(section);
  show();
}

function show() {
  for (const card of document.querySelectorAll(".canvas [data-section]")) card.classList.toggle("is-selected", selected.has(card.dataset.section));
  if (!toolbar()) return;
  toolbar().hidden = selected.size === 0;
  toolbar().querySelector("[data-count]").textContent = selected.size ? `${selected.size} selected` : "";
}

// Escape belongs to whatever is open.
function isBusy(event) {
  return event.defaultPrevented || document.querySelector("dialog[open], :popover-open") || event.target.closest?.("#finder");
}

function toolbar() {
  return document.getElementById("picked");
}
