// The page's one <dialog>: it opens when htmx has put something into it, and gives the focus back when it closes.
import { on, onServer } from "./events.js";

// Where the focus goes, the most urgent first.
const WRONG = "[aria-invalid=true], [role=alert][tabindex]";
const CONTROL = "input:not([type=hidden]):not(:disabled), select:not(:disabled), textarea:not(:disabled)";
const FIRST = [WRONG, "[data-focus], [autofocus]", `[data-settings] :is(${CONTROL})`, CONTROL, "button.button-primary"];
const host = () => document.getElementById("modal");
const body = () => document.getElementById("modal-body");
let opener = null;
let changed = false;

export function start() {
  const dialog = host();
  if (!dialog) return;
  on("beforeRequest", ({ element }) => remember(element));
  on("afterSwap", ({ target }) => isBody(target) && show());
  on("afterSettle", ({ target }) => isBody(target) && focusFirst());
  onServer("closeModal", close);
  dialog.addEventListener("input", () => { changed = true; });
  dialog.addEventListener("click", pressed);
  dialog.addEventListener("close", closed);
}

export function close() {
  if (host().open) host().close();
}

function remember(element) {
  if (!host().open) opener = element?.closest?.("a, button, [tabindex]") ?? document.activeElement;
}

function isBody(target) {
  return target?.id === "modal-body";
}

function show() {
  if (!body().childElementCount) return close();
  changed = false;
  if (!host().open) host().showModal();
}

function focusFirst() {
  // The browser itself gives the focus to the first button, which is Close; what has it by choice keeps it.
  const active = document.activeElement;
  const chosen = body().contains(active) && !active.matches("[data-close]") && active !== body();
  const found = FIRST.map((selector) => body().querySelector(selector)).find(Boolean);
  if (!chosen || (found?.matches(WRONG) && active.matches("[type=submit]"))) found?.focus();
}

function pressed(event) {
  const leave = event.target.closest("[data-close]");
  // A press beside the dialog hits the dialog itself; what has been typed is not thrown away by a slip of the hand.
  const beside = event.target === host() && !changed;
  if (!leave && !beside) return;
  event.preventDefault();
  close();
}

function closed() {
  body().replaceChildren();
  changed = false;
  // The opener may have been replaced by a swap: an element with the same id stands in for it.
  const back = opener?.isConnected ? opener : opener?.id && document.getElementById(opener.id);
  (back || document.getElementById("main"))?.focus({ preventScroll: true });
  opener = null;
}
