// The counts on the canvas while it is looked at: none are asked for in a hidden tab; what rose of late is told beside.
import { on } from "./events.js";

const MINUTE = 60_000;
const samples = []; // what each card had passed, and when that was seen; the oldest first

on("beforeRequest", ({ element, cancel }) => element?.id === "live" && document.hidden && cancel());
on("afterSettle", ({ target }) => (target?.id === "live" || target?.id === "builder") && look());
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) document.getElementById("live")?.dispatchEvent(new CustomEvent("look"));
});
look();

/** Compare the counts with those of a minute ago, and say of each card how many came through since. */
function look() {
  const now = Date.now();
  const shown = read();
  const of = document.getElementById("live-of")?.value;
  if (samples.at(-1)?.of !== of) samples.length = 0;
  samples.push({ at: now, of, shown });
  // The last one older than a minute stays: it is what the present is compared with.
  while (samples.length > 2 && samples[1].at < now - MINUTE) samples.shift();
  for (const [id, number] of shown) tell(id, number - (samples[0].shown.get(id) ?? 0));
}

function read() {
  const found = new Map();
  for (const one of document.querySelectorAll("#canvas .count-passed")) found.set(one.id, Number(one.dataset.number));
  return found;
}

function tell(id, rise) {
  const count = document.getElementById(id);
  const beside = count.parentElement.querySelector(".count-rise");
  if (rise <= 0) return beside?.remove();
  const part = beside ?? count.parentElement.appendChild(Object.assign(document.createElement("span"), { className: "count-rise" }));
  part.textContent = `+${rise.toLocaleString("en")} in a minute`;
}
