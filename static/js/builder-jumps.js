// Cards and + open their dialog; jumps show the section at their other end, and lead to it.
import { get } from "./events.js";

const SHOWN_MS = 2500;

export function start() {
  document.addEventListener("click", open);
  document.addEventListener("click", jump);
  for (const name of ["pointerover", "focusin"]) document.addEventListener(name, (event) => mark(linkOf(event)));
}

// One handler for hundreds of links: htmx would have to look at each of them after every swap.
function open(event) {
  const link = event.target.closest(".canvas [data-open]");
  if (!link || event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  event.preventDefault();
  get(link.href, { target: "#modal-body", swap: "innerHTML", source: link });
}

function linkOf(event) {
  return event.target.closest?.("[data-jump]");
}

function mark(link) {
  const target = link && document.getElementById(`section-${link.dataset.jump}`);
  for (const one of document.querySelectorAll(".card.is-target")) if (one !== target) one.classList.remove("is-target");
  target?.classList.add("is-target");
}

function jump(event) {
  const link = linkOf(event);
  const card = link && document.getElementById(`section-${link.dataset.jump}`);
  if (!card) return;
  event.preventDefault();
  card.scrollIntoView({ block: "center", inline: "center" });
  card.classList.add("is-shown");
  setTimeout(() => card.classList.remove("is-shown"), SHOWN_MS);
  setTimeout(() => document.getElementById(`open-${link.dataset.jump}`)?.focus({ preventScroll: true }));
}
