// The switch between light, dark and the system's theme. first.js applies the choice before the first paint.
export function start() {
  const theme = window.campaignsTheme;
  const inputs = document.querySelectorAll("input[data-theme]");
  for (const input of inputs) {
    input.checked = input.value === theme.stored();
    input.addEventListener("change", () => choose(input.value));
  }
  window.addEventListener("storage", (event) => event.key === "theme" && theme.show());
}

function choose(value) {
  try {
    localStorage.setItem("theme", value);
  } catch {
    document.documentElement.dataset.bsTheme = value === "dark" ? "dark" : "light"; // for this page at least
    return;
  }
  window.campaignsTheme.show();
}
