// A list in a popover with a search field: typing narrows it, arrows walk it, Enter takes the first.
export function start() {
  document.addEventListener("input", ({ target }) => target.matches("[data-picker-search]") && narrow(target));
  document.addEventListener("keydown", walk, true);
}

function narrow(search) {
  const words = search.value.toLowerCase().split(/\s+/);
  const picker = search.closest(".picker");
  for (const group of picker.querySelectorAll("[data-picker-group]")) {
    const title = group.getAttribute("aria-label").toLowerCase();
    for (const item of group.querySelectorAll(".menu-item")) {
      const text = `${title} ${item.textContent.toLowerCase()}`;
      item.hidden = !words.every((word) => text.includes(word));
    }
    group.hidden = !group.querySelector(".menu-item:not([hidden])");
  }
  picker.querySelector("[data-picker-none]").hidden = shown(picker).length > 0;
}

function walk(event) {
  const picker = event.target.closest?.(".picker:popover-open");
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const search = picker?.querySelector("input");
  const takes = event.key === "Enter" && event.target === search;
  if (!picker || (!step && !takes)) return;
  event.preventDefault();
  event.stopPropagation();
  const items = shown(picker);
  if (takes) return items[0]?.click();
  const at = items.indexOf(document.activeElement) + step;
  (at < 0 ? search : items[Math.min(at, items.length - 1)])?.focus();
}

function shown(picker) {
  return [...picker.querySelectorAll(".menu-item:not([hidden])")];
}
