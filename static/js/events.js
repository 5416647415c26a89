// The one module that knows htmx's events. Version 2 spells them htmx:afterSwap, version 4 htmx:after:swap; what they
// carry differs too. Handlers get the same plain object from both.
const SPELLINGS = {
  beforeRequest: ["htmx:beforeRequest", "htmx:before:request"],
  beforeSwap: ["htmx:beforeSwap", "htmx:before:swap"],
  afterRequest: ["htmx:afterRequest", "htmx:finally:request"],
  afterSwap: ["htmx:afterSwap", "htmx:after:swap"],
  afterSettle: ["htmx:afterSettle", "htmx:after:settle"],
  responseError: ["htmx:responseError", "htmx:response:error"],
  sendError: ["htmx:sendError", "htmx:error"],
};

/** Call `handler({element, target, status, header, cancel})` at each of htmx's `name` events ("afterSwap"). */
export function on(name, handler) {
  for (const spelling of SPELLINGS[name]) {
    document.addEventListener(spelling, (event) => isMeant(event) && handler(plain(event)));
  }
}

/** Call `handler(detail)` when the server fires `name` by its HX-Trigger header. */
export function onServer(name, handler) {
  document.addEventListener(name, (event) => handler(event.detail ?? {}));
}

/** Have htmx look at elements that a script has put into the page. */
export function process(element) {
  window.htmx?.process(element);
}

/** Send a form with other values by htmx; the promise ends when the answer is in place, or fails without one. */
export function post(form, values, { target, swap }) {
  if (window.htmx) return window.htmx.ajax("POST", form.action, { source: form, target, swap, values });
  for (const [name, value] of Object.entries(values)) form.elements[name].value = value;
  form.submit(); // htmx has not arrived yet: the page is loaded anew
  return new Promise(() => {});
}

/** Fetch an address into a target by htmx; without it the page goes there. `source`: whose extensions the answer needs. */
export function get(address, { target, swap, source }) {
  if (window.htmx) window.htmx.ajax("GET", address, { target, swap, source });
  else location.assign(address);
}

// Version 2 says htmx:error beside each of its other errors; only in version 4 does it stand for an unreachable server.
function isMeant(event) {
  return event.type !== "htmx:error" || event.detail?.ctx !== undefined;
}

function plain(event) {
  const detail = event.detail ?? {};
  const context = detail.ctx; // version 4
  const response = context?.response;
  return {
    element: context?.sourceElement ?? detail.elt ?? event.target,
    target: resolve(context?.target) ?? detail.target ?? event.target,
    status: response?.status ?? detail.xhr?.status ?? 0,
    header: (name) => response?.headers?.get(name) ?? detail.xhr?.getResponseHeader(name) ?? null,
    cancel: () => event.preventDefault(),
  };
}

function resolve(target) {
  return typeof target === "string" ? document.querySelector(target) : target;
}
