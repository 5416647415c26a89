// The list of leads: ticking a whole page, and addresses without empty filters. Everything works without this.
import { on } from "./events.js";

document.addEventListener("change", ticked);
document.addEventListener("formdata", bare);
on("afterSwap", prepare);
prepare();

/** Show what only works with a script. */
function prepare() {
  for (const part of document.querySelectorAll("[data-needs-script]")) part.hidden = false;
}

function ticked(event) {
  const box = event.target;
  const form = box.closest("#selection");
  if (!form) return;
  const rows = [...form.querySelectorAll("input[name=lead]")];
  const all = form.querySelector("[data-tick-all]");
  if (box === all) for (const row of rows) row.checked = all.checked;
  const count = rows.filter((row) => row.checked).length;
  all.checked = count === rows.length;
  all.indeterminate = count > 0 && count < rows.length;
}

function bare(event) {
  if (!event.target.matches("[data-bare]")) return;
  for (const [name, value] of [...event.formData]) if (value === "") event.formData.delete(name);
  // The columns that are shown anyway need no mention.
  if (event.formData.getAll("col").join(" ") === event.target.dataset.columns) event.formData.delete("col");
}
