// Copy, cut and paste: sections as text on the system's clipboard, and beside it a copy of our own where that is barred.
import { paste, send } from "./builder-change.js";
import { cards } from "./builder-selection.js";
import { show as toast } from "./toast.js";

const KEPT = "campaigns-clipboard";

export function start() {
  document.addEventListener("paste", pasted);
  document.addEventListener("click", pressed);
}

/** Copy sections (ids with spaces between), as JSON or as an outline; answers whether that was possible. */
export async function copy(sections, { as = "json", quiet = false } = {}) {
  const count = sections.split(" ").length;
  try {
    await keep(fetched(sections, as));
  } catch {
    toast({ message: "This could not be copied: the server did not answer. Try again.", tone: "error" });
    return false;
  }
  if (!quiet) toast({ message: `Copied ${count} section${count === 1 ? "" : "s"}${as === "outline" ? " as an outline" : ""}.` });
  return true;
}

/** Copy sections, then delete them. */
export async function cut(sections) {
  if (await copy(sections, { quiet: true })) send("delete", sections);
}

/** Paste what is on the clipboard at a place; browsers may ask the user first, and then our own copy stands in. */
export async function pasteAt(place) {
  const text = (await navigator.clipboard?.readText().catch(() => "")) || own()?.text;
  if (text) paste(place, text);
  else toast({ message: "There is nothing to paste. Copy a section first.", tone: "info" });
}

/** Return the place after a card, or after the selection, or at the end of the workflow. */
export function placeAt(element) {
  const spot = element?.closest?.("[data-at]");
  if (spot) return spot.dataset.at;
  const card = element?.closest?.("[data-section]") ?? cards().at(-1);
  if (card) return isTopTrigger(card) ? "triggers" : `after:${card.dataset.section}`;
  const last = [...document.querySelectorAll(".flow > ol.lane > .step > [data-section]")].at(-1);
  return last ? `after:${last.dataset.section}` : "start";
}

async function fetched(sections, as) {
  const address = document.getElementById("picked").dataset.clipboard;
  const answer = await fetch(`${address}?${new URLSearchParams({ section: sections, as })}`);
  if (!answer.ok) throw new Error(`${answer.status}`);
  return answer.text();
}

// The browser wants to know within the key press that something is coming; what it is may come later.
async function keep(text) {
  const blob = text.then((said) => new Blob([said], { type: "text/plain" }));
  blob.catch(() => {}); // told by what is awaited below
  const shared = window.ClipboardItem && navigator.clipboard
    ? navigator.clipboard.write([new ClipboardItem({ "text/plain": blob })]).then(() => true, () => false)
    : Promise.resolve(false);
  const said = await text;
  try {
    localStorage.setItem(KEPT, JSON.stringify({ text: said, shared: await shared }));
  } catch {
    // Storage may be forbidden or full: the system's clipboard has it.
  }
}

function own() {
  try {
    return JSON.parse(localStorage.getItem(KEPT));
  } catch {
    return null;
  }
}

function pasted(event) {
  const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
  if (typing || document.querySelector("dialog[open]") || !document.getElementById("paste")) return;
  const kept = own();
  const given = event.clipboardData?.getData("text/plain");
  // What could not be put on the system's clipboard is newer than what is there.
  const text = kept && !kept.shared ? kept.text : given || kept?.text;
  if (!text) return;
  event.preventDefault();
  paste(placeAt(document.activeElement), text);
}

function pressed(event) {
  const button = event.target.closest("[data-paste-at]");
  if (button) pasteAt(button.dataset.pasteAt);
}

function isTopTrigger(card) {
  return card.classList.contains("role-trigger") && !card.closest(".listener");
}
