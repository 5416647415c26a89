// What was typed into a section's dialog is kept in the tab until it is saved or cancelled: Escape, ✕, a lost session or
// a reload lose nothing. Opening the same dialog again brings it back, and says so.
import { get, on, post } from "./events.js";
import { show as toast } from "./toast.js";

let key = "";
let typed = false; // since the dialog was opened
let back = false; // what is shown was kept before
let rows = false; // a row was asked for: what it makes of the form is kept when it is there

export function start() {
  document.addEventListener("input", (event) => event.target.closest("#section-form") && keep());
  document.addEventListener("change", (event) => event.target.closest("#section-form") && keep());
  document.addEventListener("click", pressed, true);
  document.getElementById("modal")?.addEventListener("close", closed);
  on("afterSwap", ({ target }) => target?.id === "modal-body" && arrived());
  on("afterRequest", ({ element, header }) => element?.id === "section-form" && (header("HX-Trigger") ?? "").includes("closeModal") && forget());
}

function arrived() {
  const form = document.getElementById("section-form");
  const opened = form ? keyOf(form) : "";
  if (opened !== key) {
    key = opened;
    typed = back = rows = false;
    if (stored()) return restore(form);
  }
  if (rows) keep();
  if (back) tell(form);
}

function keyOf(form) {
  return `typed:${form.getAttribute("action")}:${form.elements.type?.value ?? ""}:${form.elements.at?.value ?? ""}`;
}

function keep() {
  const form = document.getElementById("section-form");
  typed = true;
  rows = false;
  const values = [...new FormData(form)].filter(([name, value]) => name !== "csrf_token" && typeof value === "string");
  try {
    sessionStorage.setItem(key, JSON.stringify(values));
  } catch {
    // Storage may be forbidden or full; the dialog works without it.
  }
}

function stored() {
  try {
    return JSON.parse(sessionStorage.getItem(key));
  } catch {
    return null;
  }
}

// The server draws the form from what was typed, as it does for another tab or row, and saves nothing.
function restore(form) {
  const values = { refresh: ["true"] };
  for (const [name, value] of stored()) (values[name] ??= []).push(value);
  const sender = document.createElement("form"); // an empty one: nothing of what is shown may mix with what was typed
  sender.action = form.action;
  document.getElementById("modal-body").append(sender);
  back = true;
  post(sender, values, { target: "#modal-body", swap: "innerHTML" }).catch(() => {});
}

function tell(form) {
  form.querySelector(".dialog-head").after(document.getElementById("kept-mould").content.cloneNode(true));
}

function pressed(event) {
  const form = key && event.target.closest("#section-form");
  if (!form) return;
  if (event.target.closest("[name=row], [name=create]")) rows = true;
  const again = event.target.closest("[data-start-over]");
  if (again || event.target.closest("[data-forget]")) forget();
  if (again) startOver(form);
}

function startOver(form) {
  const { type, at } = form.elements;
  const address = type ? `${form.action}/-/new?${new URLSearchParams({ type: type.value, at: at.value })}` : form.action;
  get(address, { target: "#modal-body", swap: "innerHTML" });
}

function forget() {
  sessionStorage.removeItem(key);
  typed = back = false;
}

function closed() {
  if (typed) toast({ message: "What you typed is kept: open it again to go on.", tone: "info" });
  key = "";
  typed = back = false;
}
