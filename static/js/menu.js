// Menus are native popovers: opening, Escape and pressing outside need no script. Arrow keys and closing on a choice do.
const STEPS = { ArrowDown: 1, ArrowUp: -1, Home: "first", End: "last" };

export function start() {
  document.addEventListener("keydown", walk);
  document.addEventListener("click", chosen);
  document.addEventListener("toggle", opened, true);
}

function opened(event) {
  const menu = event.target;
  if (event.newState === "open" && menu.matches?.(".menu")) items(menu)[0]?.focus();
}

function walk(event) {
  const menu = event.target.closest?.(".menu:popover-open");
  const step = STEPS[event.key];
  if (!menu || step === undefined || event.target.matches("input, textarea, select")) return;
  event.preventDefault();
  const all = items(menu);
  const at = all.indexOf(document.activeElement);
  const next = step === "first" ? 0 : step === "last" ? all.length - 1 : (at + step + all.length) % all.length;
  all[next]?.focus();
}

function chosen(event) {
  const item = event.target.closest?.(".menu-item");
  // Submit buttons stay until their form is sent.
  if (item && item.type !== "submit") item.closest(".menu:popover-open")?.hidePopover();
}

function items(menu) {
  return [...menu.querySelectorAll(".menu-item:not(:disabled)")];
}
