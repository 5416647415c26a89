// Lists with ticks: ticking a whole page. The ticks belong to a form, wherever they stand; it works without this.
import { on } from "./events.js";

document.addEventListener("change", ticked);
on("afterSwap", prepare);
prepare();

/** Show what only works with a script. */
function prepare() {
  for (const part of document.querySelectorAll("[data-needs-script]")) part.hidden = false;
}

function ticked({ target: box }) {
  const form = box.form;
  if (!form?.matches("[data-selection]")) return;
  const rows = [...form.elements].filter((one) => one.matches("[data-tick]"));
  const all = form.querySelector("[data-tick-all]");
  if (box === all) for (const row of rows) row.checked = all.checked;
  const count = rows.filter((row) => row.checked).length;
  all.checked = count === rows.length;
  all.indeterminate = count > 0 && count < rows.length;
}
