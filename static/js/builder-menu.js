// The menu of a card: one for all, opened beside the card whose button was pressed.
import { cardOf, send } from "./builder-change.js";
import { pickUp } from "./builder-carry.js";
import { together } from "./builder-group.js";
import { get } from "./events.js";

let current = null;

export function start() {
  document.addEventListener("click", pressed);
  document.addEventListener("contextmenu", asked);
}

function asked(event) {
  const card = event.target.closest(".canvas [data-section]");
  if (!card || !menu()) return;
  event.preventDefault();
  open(card, event.clientX, event.clientY);
}

function pressed(event) {
  const more = event.target.closest("[data-more]");
  if (more) {
    const box = more.getBoundingClientRect();
    return open(cardOf(more), box.right, box.bottom);
  }
  const item = event.target.closest("#card-menu [data-do]");
  if (item && current) act(item.dataset.do, current);
}

function open(card, x, y) {
  current = card.dataset.section;
  const off = card.classList.contains("is-disabled");
  menu().querySelector("[data-do=disable]").hidden = off;
  menu().querySelector("[data-do=enable]").hidden = !off;
  menu().querySelector("[data-do=listen]").hidden = card.classList.contains("role-trigger");
  menu().showPopover();
  // Beside the card, but never outside of the window.
  const { offsetWidth: width, offsetHeight: height } = menu();
  Object.assign(menu().style, {
    position: "fixed", margin: "0", inset: "auto", positionArea: "none",
    left: `${Math.max(8, Math.min(x, innerWidth - width - 8))}px`,
    top: `${Math.max(8, Math.min(y, innerHeight - height - 8))}px`,
  });
}

/** Do what a menu's line says to a section. */
export function act(word, section) {
  if (word === "edit") return document.getElementById(`open-${section}`)?.click();
  if (word === "carry") return pickUp(section);
  if (word === "listen") return listen(section);
  if (!together(word, section)) send(word, section);
}

/** Offer what can be listened for beside a section. */
function listen(section) {
  if (document.getElementById(`section-${section}`)?.classList.contains("role-trigger")) return;
  const at = new URLSearchParams({ at: `beside:${section}` });
  get(`${document.getElementById("builder").dataset.menu}?${at}`, { target: "#modal-body", swap: "innerHTML" });
}

function menu() {
  return document.getElementById("card-menu");
}
