// Choosing a lead file: dropping it, its name and size at once, and how much of it has been sent.
// Without this module the form is a plain one.
const UNITS = ["bytes", "KB", "MB", "GB"];

start(document.querySelector("form[data-drop]"));

function start(form) {
  if (!form) return;
  const zone = form.querySelector(".drop");
  const input = form.querySelector("input[type=file]");
  input.addEventListener("change", () => choose(form, input.files[0]));
  for (const name of ["dragenter", "dragover"]) zone.addEventListener(name, () => zone.classList.add("is-over"));
  for (const name of ["dragleave", "drop"]) zone.addEventListener(name, () => zone.classList.remove("is-over"));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send(form);
  });
}

function choose(form, file) {
  if (file) form.querySelector("[data-chosen]").textContent = `${file.name} · ${inWords(file.size)}`;
}

function inWords(bytes) {
  const unit = Math.min(UNITS.length - 1, Math.floor(Math.log10(Math.max(bytes, 1)) / 3));
  return `${(bytes / 1000 ** unit).toFixed(unit ? 1 : 0)} ${UNITS[unit]}`;
}

function send(form) {
  const request = new XMLHttpRequest();
  const box = form.querySelector("[data-sending]");
  const button = form.querySelector("button[type=submit]");
  box.hidden = false;
  button.disabled = true;
  request.upload.addEventListener("progress", (event) => show(box, event));
  request.addEventListener("load", () => answered(request));
  request.addEventListener("error", () => {
    box.hidden = true;
    button.disabled = false;
    box.querySelector("[data-share]").textContent = "";
    form.querySelector("[data-chosen]").textContent = "The connection broke. Nothing was imported; try again.";
  });
  request.open("POST", form.action);
  request.send(new FormData(form));
}

function show(box, { loaded, total }) {
  const share = Math.round((100 * loaded) / total);
  box.querySelector("progress").value = share;
  box.querySelector("[data-share]").textContent = `${share} %`;
}

function answered(request) {
  // The answer to a file that was kept is its preview, at an address of its own; to any other, this page with a reason.
  if (request.status < 300) return location.assign(request.responseURL);
  const page = new DOMParser().parseFromString(request.responseText, "text/html");
  document.querySelector("main").replaceWith(page.querySelector("main"));
  const form = document.querySelector("form[data-drop]");
  start(form);
  form?.querySelector("input[type=file]").focus();
}
