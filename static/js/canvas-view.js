// How the canvas is looked at: zoom, fit, pan, full screen, print. It changes the view alone, and survives each edit.
import { on } from "./events.js";
import * as minimap from "./canvas-minimap.js";
import { savePng } from "./canvas-picture.js";

const STEPS = [0.25, 0.33, 0.5, 0.67, 0.8, 1, 1.25, 1.5, 2];
const PAPER = 980; // CSS pixels across a sheet of A4, turned
const root = document.documentElement.style;
const canvas = () => document.getElementById("canvas");
const flow = () => document.getElementById("flow");
const kept = () => `campaigns-zoom ${document.getElementById("builder")?.dataset.key}`;
let zoom = 1;

const WORDS = {
  in: () => to(STEPS.find((step) => step > zoom + 0.01) ?? STEPS.at(-1)),
  out: () => to(STEPS.findLast((step) => step < zoom - 0.01) ?? STEPS[0]),
  whole: () => to(1),
  fit,
  full: () => (document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen()),
  png: savePng,
  print: () => window.print(),
};
const KEYS = { "-": "out", "=": "in", 0: "whole", f: "fit", F: "full" };

export function start() {
  document.getElementById("view-bar").hidden = false;
  document.addEventListener("click", (event) => WORDS[event.target.closest("[data-view]")?.dataset.view]?.());
  document.addEventListener("keydown", pressed);
  document.addEventListener("wheel", wheeled, { passive: false });
  document.addEventListener("pointerdown", pan);
  addEventListener("beforeprint", () => root.setProperty("--zoom", Math.min(1, PAPER / (flow().offsetWidth || PAPER))));
  addEventListener("afterprint", () => root.setProperty("--zoom", zoom));
  on("afterSettle", ({ target }) => target?.id === "builder" && minimap.draw());
  minimap.start();
  to(Number(sessionStorage.getItem(kept())) || 1);
}

/** Zoom, keeping what is at a point of the window (default: the middle of the canvas) where it is. */
function to(wanted, at) {
  const box = canvas().getBoundingClientRect();
  const [x, y] = at ? [at.clientX - box.left, at.clientY - box.top] : [box.width / 2, box.height / 2];
  const [left, top, before] = [canvas().scrollLeft + x, canvas().scrollTop + y, zoom];
  zoom = Math.min(STEPS.at(-1), Math.max(STEPS[0], wanted));
  root.setProperty("--zoom", zoom);
  canvas().scrollTo((left * zoom) / before - x, (top * zoom) / before - y);
  document.getElementById("view-zoom").textContent = `${Math.round(zoom * 100)} %`;
  sessionStorage.setItem(kept(), zoom);
  minimap.draw();
}

function fit() {
  const style = getComputedStyle(canvas());
  const [wide, high] = [canvas().clientWidth - 2 * parseFloat(style.paddingLeft), canvas().clientHeight - 2 * parseFloat(style.paddingTop)];
  const box = flow().getBoundingClientRect();
  to(Math.min(1, (wide * zoom) / box.width, (high * zoom) / box.height));
  canvas().scrollTo(0, 0);
}

function pressed(event) {
  const busy = document.querySelector("dialog[open]") || event.target.matches("input, textarea, select, [contenteditable]");
  const word = KEYS[event.key];
  if (busy || !word || event.ctrlKey || event.metaKey || event.altKey || event.target.closest(".menu, .trial")) return;
  event.preventDefault();
  WORDS[word]();
}

// A touchpad's pinch arrives as a wheel with Ctrl, too.
function wheeled(event) {
  if (!(event.ctrlKey || event.metaKey) || !event.target.closest?.("#canvas")) return;
  event.preventDefault();
  to(zoom * Math.exp(-event.deltaY / 300), event);
}

function pan(event) {
  const onPaper = event.target.closest?.("#canvas") && !event.target.closest("a, button, .card");
  if (!canvas()?.contains(event.target) || event.pointerType === "touch") return;
  if (!(event.button === 1 || (event.button === 0 && onPaper && !event.shiftKey && !event.ctrlKey))) return;
  event.preventDefault();
  const begun = { x: event.clientX + canvas().scrollLeft, y: event.clientY + canvas().scrollTop };
  const move = (moved) => canvas().scrollTo(begun.x - moved.clientX, begun.y - moved.clientY);
  const end = () => {
    canvas()?.classList.remove("is-panned");
    document.removeEventListener("pointermove", move);
  };
  canvas().classList.add("is-panned");
  document.addEventListener("pointermove", move);
  document.addEventListener("pointerup", end, { once: true });
  document.addEventListener("pointercancel", end, { once: true });
}

start();
