// Fields that take Liquid: a list puts a variable in at the caret, and a line below shows what the server makes of it.
import { get, on, post } from "./events.js";

const PAUSE = 300; // milliseconds without a key before the server is asked
const touched = new WeakSet(); // fields whose caret means something
const askers = new Map(); // one form for each field: of the questions that wait, the newest is asked
const field = (tools) => document.getElementById(tools.dataset.liquidFor);
const all = () => document.querySelectorAll("#section-form .liquid");
let tools = null; // those whose button was pressed
let lead = "";
let pause = 0;

export function start() {
  document.addEventListener("focusin", ({ target }) => target.closest?.("#section-form") && touched.add(target));
  document.addEventListener("input", ({ target }) => target.closest("#section-form") && later(target));
  document.addEventListener("click", pressed, true);
  document.addEventListener("toggle", opened, true);
  on("afterSwap", ({ target }) => target && arrived(target));
}

function arrived(target) {
  if (target.id === "variables") target.querySelector("input").focus();
  if (target.matches("[data-preview]") && !isLiquid(target.closest(".liquid"))) target.closest("[data-line]").hidden = true;
  if (target.id !== "modal-body" || !document.getElementById("liquid-asker")) return;
  for (const one of all()) {
    one.hidden = false;
    show(one);
  }
}

function later(target) {
  const own = [...all()].find((one) => field(one) === target || one.closest(".pair")?.contains(target));
  clearTimeout(pause);
  if (own) pause = setTimeout(() => show(own), PAUSE);
}

// A value that is said to be text is one, whatever it looks like.
function isLiquid(one) {
  const kind = one.closest(".pair")?.querySelector("select");
  return Boolean(field(one)) && /\{\{|\{%/.test(field(one).value) && (!kind || kind.value === "liquid");
}

function show(one) {
  const line = one.querySelector("[data-line]");
  line.hidden = !isLiquid(one);
  if (line.hidden) return;
  post(asker(one.dataset.liquidFor), { text: field(one).value, lead }, { target: line.querySelector("[data-preview]"), swap: "innerHTML" }).catch(() => {});
}

function asker(name) {
  if (!askers.has(name)) {
    const mould = document.getElementById("liquid-asker");
    const made = mould.cloneNode(true);
    made.removeAttribute("id");
    mould.after(made);
    askers.set(name, made);
  }
  return askers.get(name);
}

function opened({ target, newState }) {
  if (newState !== "open" || !target.matches(".picker")) return;
  const search = target.querySelector("input");
  search?.focus();
  if (target.id === "preview-leads") return search.dispatchEvent(new Event("open"));
  if (!search) get(target.dataset.source, { target: "#variables", swap: "innerHTML" });
}

function pressed({ target }) {
  tools = target.closest("[popovertarget]")?.closest(".liquid") ?? tools;
  const variable = target.closest("[data-variable]");
  const chosen = target.closest("[data-preview-lead]");
  if (!variable && !chosen) return;
  target.closest(".picker").hidePopover();
  if (variable) return insert(field(tools), variable.dataset);
  lead = chosen.dataset.previewLead;
  all().forEach(show);
}

function insert(into, { variable, inner }) {
  const end = touched.has(into) ? into.selectionEnd : into.value.length;
  const from = touched.has(into) ? into.selectionStart : end;
  const before = into.value.slice(0, from);
  const inside = before.lastIndexOf("{{") > before.lastIndexOf("}}");
  into.focus();
  into.setRangeText(inside ? inner : variable, from, end, "end");
  const kind = into.closest(".pair")?.querySelector("select");
  if (kind) kind.value = "liquid";
  into.dispatchEvent(new InputEvent("input", { bubbles: true }));
}
