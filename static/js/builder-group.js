// What the toolbar of a selection, the card's menu and the keys do with one card or with all that are selected.
import { copy, cut, pasteAt, placeAt } from "./builder-clipboard.js";
import { send } from "./builder-change.js";
import { get } from "./events.js";
import { cards, clear, meant, toggle } from "./builder-selection.js";

let wrapped = "";

const WORDS = {
  copy: (sections) => copy(sections),
  outline: (sections) => copy(sections, { as: "outline" }),
  cut: (sections) => cut(sections),
  paste: (_, section) => pasteAt(placeAt(document.getElementById(`section-${section}`))),
  select: (_, section) => toggle(section),
  wrap: (sections, section) => wrap(sections, section),
  extract: (sections) => ask("extraction", { section: sections }),
  switch: (sections) => send(isOff(sections) ? "enable" : "disable", sections),
  clear: () => clear(),
};
for (const word of ["up", "down", "delete", "disable", "enable"]) WORDS[word] = (sections) => send(word, sections);

export function start() {
  document.addEventListener("click", pressed);
}

/** Do something to a card, or to the selection it is part of; "" means the selection. False: it is no such word. */
export function together(word, section) {
  if (!WORDS[word] || !document.getElementById("picked")) return false;
  WORDS[word](meant(section), section);
  return true;
}

/** Ask for an outline to be put after the focused card, or at the end. */
export function insert() {
  if (document.getElementById("picked")) ask("outline", { at: placeAt(document.activeElement) });
}

function pressed(event) {
  const button = event.target.closest("[data-group]");
  if (button) together(button.dataset.group, "");
  const wrapper = event.target.closest("[data-wrap]");
  if (wrapper && wrapped) send("wrap", wrapped, wrapper.dataset.wrap);
}

// The menu opens beside the card it is about; choosing a line sends what was selected then.
function wrap(sections, section) {
  wrapped = sections;
  const menu = document.getElementById("wrap-menu");
  const card = document.getElementById(`section-${section || cards()[0]?.dataset.section}`);
  menu.showPopover();
  menu.querySelector(".menu-item").focus(); // at once: who types quickly presses Enter before the browser says it is open
  const box = card?.getBoundingClientRect() ?? { left: innerWidth / 2, top: innerHeight / 2 };
  Object.assign(menu.style, {
    position: "fixed", margin: "0", inset: "auto", positionArea: "none",
    left: `${Math.max(8, Math.min(box.left + 24, innerWidth - menu.offsetWidth - 8))}px`,
    top: `${Math.max(8, Math.min(box.top + 24, innerHeight - menu.offsetHeight - 8))}px`,
  });
}

function ask(what, values) {
  const source = document.getElementById("picked");
  get(`${source.dataset[what]}?${new URLSearchParams(values)}`, { target: "#modal-body", swap: "innerHTML", source });
}

function isOff(sections) {
  return sections.split(" ").every((id) => document.getElementById(`section-${id}`)?.classList.contains("is-disabled"));
}
