// Short notices. The server shows one with HX-Trigger: showToast {message, tone?, undo?}; undo is an address to post to.
import { on, onServer, process } from "./events.js";

const STAYS_MS = { success: 6000, info: 6000, warning: 10000 };
const UNDO_MS = 12000;
const REASONS = {
  0: "The server could not be reached. Nothing was changed; try again.",
  401: "Your session has ended. Reload the page to sign in again.",
  403: "You may not do this.",
  404: "This is no longer there. Reload the page.",
  409: "Somebody else changed this in the meantime. Reload the page.",
  412: "Somebody else changed this in the meantime. Reload the page.",
  413: "This is too large.",
  429: "Too many requests. Wait a moment, then try again.",
};

export function start() {
  const region = document.getElementById("toasts");
  if (!region) return;
  onServer("showToast", show);
  on("responseError", ({ status, header }) => (header("HX-Trigger") ?? "").includes("showToast") || failed(status));
  on("sendError", () => failed(0));
  region.addEventListener("click", (event) => event.target.closest("[data-dismiss]")?.closest(".toast-card").remove());
  for (const card of region.children) leaveLater(card, STAYS_MS[card.dataset.tone]);
}

/** Show a toast; one that reports an error stays until it is dismissed. */
export function show({ message, tone = "success", undo = null }) {
  const mould = document.getElementById("toast-mould");
  const card = mould.content.firstElementChild.cloneNode(true);
  card.dataset.tone = tone;
  card.querySelector(".toast-text").textContent = message;
  if (undo) offerUndo(card, undo);
  document.getElementById("toasts").append(card);
  leaveLater(card, undo ? UNDO_MS : STAYS_MS[tone]);
}

/** Take the Undo away from the toasts that are shown; what they say stays. */
export function expireUndo() {
  for (const button of document.querySelectorAll("#toasts [data-undo]")) button.hidden = true;
}

function failed(status) {
  show({ message: REASONS[status] ?? "Something broke on our side. Nothing was half-written; try again.", tone: "error" });
}

function offerUndo(card, url) {
  const button = card.querySelector("[data-undo]");
  button.hidden = false;
  button.setAttribute("hx-post", url);
  button.setAttribute("hx-swap", "none");
  button.addEventListener("click", () => card.classList.add("toast-leaving"));
  process(card);
  on("afterRequest", ({ element }) => element === button && card.remove());
}

function leaveLater(card, delay) {
  if (!delay) return;
  let timer = setTimeout(leave, delay);
  // Whoever reads it, with the pointer or the keyboard, keeps it.
  for (const stay of ["pointerenter", "focusin"]) card.addEventListener(stay, () => clearTimeout(timer));
  for (const go of ["pointerleave", "focusout"]) card.addEventListener(go, () => { timer = setTimeout(leave, delay); });
  function leave() {
    card.remove();
  }
}
