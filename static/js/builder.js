// The builder: each part answers for itself, and all send the one form that changes a section.
import * as cardMenu from "./builder-menu.js";
import * as carry from "./builder-carry.js";
import * as keys from "./builder-keys.js";
import * as sectionDialog from "./section-dialog.js";
import { on, onServer } from "./events.js";

for (const part of [cardMenu, carry, keys, sectionDialog]) part.start();

let fresh = null;
onServer("sectionChanged", ({ value }) => { fresh = value || null; });
on("afterSettle", ({ target }) => {
  if (target?.id !== "builder" || !fresh) return;
  document.getElementById(`open-${fresh}`)?.focus();
  fresh = null;
});

document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-jump]");
  const card = link && document.getElementById(`section-${link.dataset.jump}`);
  if (!card) return;
  event.preventDefault();
  card.scrollIntoView({ block: "center", inline: "center" });
  card.classList.add("is-shown");
  setTimeout(() => card.classList.remove("is-shown"), 2500);
  setTimeout(() => document.getElementById(`open-${link.dataset.jump}`)?.focus({ preventScroll: true }));
});
