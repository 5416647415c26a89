// Two versions side by side: what is looked at on one side is shown on the other, and both are scrolled alike.
const area = document.querySelector("[data-compare]");
const drawings = [...area.querySelectorAll(".drawing")];

area.addEventListener("pointerover", ({ target }) => light(target.closest("[data-drawn]")));
area.addEventListener("pointerleave", () => light(null));
area.addEventListener("focusin", ({ target }) => light(target.closest("[data-drawn]")));
area.addEventListener("focusout", ({ relatedTarget }) => { if (!area.contains(relatedTarget)) light(null); });
document.addEventListener("click", jumped);
for (const drawing of drawings) drawing.addEventListener("scroll", () => follow(drawing), { passive: true });

/** Light up a card and the same section on the other side. */
function light(card) {
  const wanted = card?.dataset.drawn;
  for (const one of area.querySelectorAll("[data-drawn]")) one.classList.toggle("is-lit", one.dataset.drawn === wanted);
}

/** A link to a card, from the list or from its twin: bring it and its twin into view, and go on from there. */
function jumped(event) {
  const link = event.target.closest("a[data-jump], .drawing a.card-name");
  const card = link && document.getElementById(decodeURIComponent(link.hash.slice(1)));
  if (!card) return;
  event.preventDefault();
  history.replaceState(history.state, "", link.hash);
  const smooth = matchMedia("(prefers-reduced-motion: reduce)").matches ? "instant" : "smooth";
  card.scrollIntoView({ block: "center", inline: "nearest", behavior: smooth });
  (card.querySelector("a.card-name") ?? card).focus({ preventScroll: true });
}

/** Side by side, what goes to the right on one side does so on the other. */
function follow(from) {
  if (drawings.length !== 2 || matchMedia("(max-width: 60rem)").matches) return;
  const other = drawings[1 - drawings.indexOf(from)];
  if (Math.abs(other.scrollLeft - from.scrollLeft) > 1) other.scrollLeft = from.scrollLeft;
}
