// Sends one change of one section: the server answers with the builder as it is then.
/** Do something ("duplicate", "delete", "move", …) to a section; `at` is the place it goes to. */
export function send(word, section, at = "") {
  const form = document.getElementById("change");
  if (!form) return;
  form.elements.do.value = word;
  form.elements.section.value = section;
  form.elements.at.value = at;
  form.requestSubmit();
}

/** Return the card that an element belongs to, or null. */
export function cardOf(element) {
  return element?.closest?.("[data-section]") ?? null;
}
