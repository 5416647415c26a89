// A schedule says in words when it comes, and its next times, while it is written.
import { on, post } from "./events.js";

const PAUSE = 300;
let pause = 0;

export function start() {
  const changed = ({ target }) => target.closest("#section-form") && later();
  document.addEventListener("input", changed);
  document.addEventListener("change", changed);
  on("afterSwap", ({ target }) => target?.id === "modal-body" && ask());
}

function later() {
  clearTimeout(pause);
  pause = setTimeout(ask, PAUSE);
}

function ask() {
  const line = document.querySelector("#section-form [data-times]");
  const asker = document.getElementById("times-asker");
  if (!line || !asker) return;
  const values = {};
  for (const [name, value] of new FormData(line.closest("form"))) if (name.startsWith("config.")) (values[name] ??= []).push(value);
  post(asker, values, { target: line, swap: "innerHTML" }).catch(() => {});
}
