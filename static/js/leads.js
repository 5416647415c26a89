// The list of leads: addresses without empty filters, besides what every list with ticks does.
import "./selection.js";

document.addEventListener("formdata", bare);

function bare(event) {
  if (!event.target.matches("[data-bare]")) return;
  for (const [name, value] of [...event.formData]) if (value === "") event.formData.delete(name);
  // The columns that are shown anyway need no mention.
  if (event.formData.getAll("col").join(" ") === event.target.dataset.columns) event.formData.delete("col");
}
