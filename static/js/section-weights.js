// The weights of a split: their sum while they are typed, and a button that shares 100 evenly, to two places.
import { on } from "./events.js";

const WHOLE = 100;

export function start() {
  document.addEventListener("input", ({ target }) => target.closest("[data-weighed]") && tell(target.closest("[data-weighed]")));
  document.addEventListener("click", ({ target }) => target.closest("[data-share]") && share(target.closest("[data-weighed]")));
  on("afterSwap", ({ target }) => target?.id === "modal-body" && document.querySelectorAll("[data-weighed]").forEach(begin));
}

const weights = (group) => [...group.querySelectorAll("input[name$='.weight']")];

function begin(group) {
  group.querySelector("[data-weights]").hidden = group.matches(":disabled") || group.closest("fieldset:disabled") !== null;
  tell(group);
}

function tell(group) {
  const sum = Math.round(weights(group).reduce((total, input) => total + Number(input.value), 0) * WHOLE) / WHOLE;
  const line = group.querySelector("[data-sum]");
  const right = Math.abs(sum - WHOLE) <= 0.01;
  line.classList.toggle("preview-bad", !right);
  if (right) line.textContent = "Together 100 %";
  else line.textContent = `Together ${sum} %: ${sum < WHOLE ? `${Math.round((WHOLE - sum) * WHOLE) / WHOLE} % are missing` : `${Math.round((sum - WHOLE) * WHOLE) / WHOLE} % too much`}`;
}

// What does not divide evenly goes to the first ones, a hundredth each, so that the sum is exact.
function share(group) {
  const inputs = weights(group);
  const each = Math.floor((WHOLE * WHOLE) / inputs.length);
  const left = WHOLE * WHOLE - each * inputs.length;
  inputs.forEach((input, place) => { input.value = (each + (place < left ? 1 : 0)) / WHOLE; });
  inputs[0]?.dispatchEvent(new InputEvent("input", { bubbles: true }));
}
