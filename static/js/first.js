// Runs before the first paint, so that a dark page never flashes white. Not a module: modules wait for the whole document.
(() => {
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  const stored = () => {
    try {
      return localStorage.getItem("theme") || "system";
    } catch {
      return "system"; // storage may be forbidden; the page works without it
    }
  };
  const show = () => {
    const choice = stored();
    const dark = choice === "dark" || (choice === "system" && system.matches);
    document.documentElement.dataset.bsTheme = dark ? "dark" : "light";
  };
  system.addEventListener("change", show);
  window.campaignsTheme = { stored, show };
  show();
})();
