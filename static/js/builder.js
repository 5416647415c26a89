// The builder: each part answers for itself, and all send their commands by one queue.
import * as cardMenu from "./builder-menu.js";
import * as clipboard from "./builder-clipboard.js";
import * as carry from "./builder-carry.js";
import * as find from "./builder-find.js";
import * as focus from "./builder-focus.js";
import * as group from "./builder-group.js";
import * as jumps from "./builder-jumps.js";
import * as keys from "./builder-keys.js";
import * as making from "./section-making.js";
import * as picker from "./picker.js";
import * as kept from "./section-kept.js";
import * as sectionDialog from "./section-dialog.js";
import * as selection from "./builder-selection.js";
import * as times from "./section-times.js";
import * as used from "./section-used.js";
import * as variables from "./section-variables.js";
import * as weights from "./section-weights.js";
import { step } from "./builder-change.js";
import { on, onServer } from "./events.js";
import { expireUndo } from "./toast.js";

const PARTS = [
  selection, cardMenu, carry, clipboard, find, focus, group, jumps, keys, making, picker, sectionDialog, kept, times, used,
  variables, weights,
];
for (const part of PARTS) part.start();

// A toast speaks of the change that was the last one then: after another it has nothing to take back.
onServer("sectionChanged", expireUndo);

document.addEventListener("submit", (event) => {
  const button = event.target.querySelector("[data-step]");
  if (!button) return;
  event.preventDefault();
  step(button.dataset.step);
});

// Counts of other sections than those on the page, and a builder older than the one shown, are not put in place.
on("beforeSwap", ({ target, header, cancel }) => {
  const answered = header("Draft-Revision");
  const shown = document.getElementById("revision")?.value;
  const late = target?.id === "live" ? answered !== shown : Number(answered) < Number(shown);
  if (answered && late) cancel();
});
