// The whole workflow in a corner, with the part that is in sight. For those who point; the keyboard has arrows and Find.
const WIDE = 180;
const HIGH = 0.45; // of the window's height
let scale = 0;
let waiting = false;

const map = () => document.getElementById("minimap");
const canvas = () => document.getElementById("canvas");

export function start() {
  document.addEventListener("scroll", (event) => event.target === canvas() && soon(), { capture: true, passive: true });
  addEventListener("resize", () => draw());
  map().addEventListener("pointerdown", hold);
}

/** Draw the map anew; it is shown only where the canvas does not fit into its window by far. */
export function draw() {
  if (!map() || !canvas()) return;
  const { scrollWidth, scrollHeight, clientWidth, clientHeight } = canvas();
  map().hidden = scrollWidth < 1.3 * clientWidth && scrollHeight < 1.8 * clientHeight;
  if (map().hidden) return;
  scale = Math.min(WIDE / scrollWidth, (HIGH * innerHeight) / scrollHeight);
  const picture = map().querySelector("canvas");
  const ratio = devicePixelRatio || 1;
  [picture.width, picture.height] = [scrollWidth * scale * ratio, scrollHeight * scale * ratio];
  Object.assign(picture.style, { width: `${scrollWidth * scale}px`, height: `${scrollHeight * scale}px` });
  const pen = picture.getContext("2d");
  pen.scale(scale * ratio, scale * ratio);
  const paper = canvas().getBoundingClientRect();
  for (const card of canvas().querySelectorAll(".card:not(.card-empty)")) {
    const box = card.getBoundingClientRect();
    pen.fillStyle = getComputedStyle(card.querySelector(".role-mark") ?? card).color;
    pen.fillRect(box.left - paper.left + canvas().scrollLeft, box.top - paper.top + canvas().scrollTop, box.width, box.height);
  }
  sight();
}

function soon() {
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(() => {
    waiting = false;
    sight();
  });
}

function sight() {
  if (map().hidden) return;
  const { scrollLeft, scrollTop, clientWidth, clientHeight } = canvas();
  const seen = map().querySelector(".minimap-seen").style;
  Object.assign(seen, { left: `${scrollLeft * scale}px`, top: `${scrollTop * scale}px`, width: `${clientWidth * scale}px`, height: `${clientHeight * scale}px` });
}

function hold(event) {
  event.preventDefault();
  const go = (moved) => {
    const box = map().getBoundingClientRect();
    const { clientWidth, clientHeight } = canvas();
    canvas().scrollTo((moved.clientX - box.left) / scale - clientWidth / 2, (moved.clientY - box.top) / scale - clientHeight / 2);
  };
  const end = () => document.removeEventListener("pointermove", go);
  go(event);
  document.addEventListener("pointermove", go);
  document.addEventListener("pointerup", end, { once: true });
  document.addEventListener("pointercancel", end, { once: true });
}
