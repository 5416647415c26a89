// Sends the builder's commands: each as it was given, one after another, none lost while another is on its way.
import { post } from "./events.js";

const waiting = [];
let sending = null;

/** Do something ("duplicate", "delete", "move", …) to a section; `at` is the place it goes to. */
export function send(word, section, at = "") {
  // Who presses Del twice, before the card is gone, means it once.
  const again = (one) => one?.values.do === "delete" && one.values.section === section;
  if (word === "delete" && [sending, ...waiting].some(again)) return;
  enqueue("change", { do: word, section, at });
}

/** Take the last change back ("undo"), or make it again ("redo"). */
export function step(word) {
  // A button that is off now may be on when what is on its way has arrived.
  if (sending || !document.getElementById(word).disabled) enqueue(`step-${word}`, {});
}

/** Put text, copied sections or an outline, at a place. */
export function paste(at, text) {
  enqueue("paste", { at, text });
}

/** Return the card that an element belongs to, or null. */
export function cardOf(element) {
  return element?.closest?.("[data-section]") ?? null;
}

// The form is looked up when its turn comes: each answer draws the builder anew, and the form with it.
function enqueue(form, values) {
  if (!document.getElementById(form)) return;
  waiting.push({ form, values });
  if (!sending) sendAll();
}

async function sendAll() {
  while ((sending = waiting.shift() ?? null)) {
    const form = document.getElementById(sending.form);
    const sent = form && post(form, sending.values, { target: "#builder", swap: "morph:outerHTML" });
    await sent?.catch(forget);
  }
}

// Unreachable: what came after would be done to something else than what was looked at. The toast says try again.
function forget() {
  waiting.length = 0;
}
