// htmx from the CDN, or after two seconds (or at once when that fails) from our own copy; never both, since htmx must
// start only once. Stands before the CDN's <script async data-cdn>, and watches it: resource events do not bubble, but
// they can be captured, so no inline handler is needed.
(() => {
  const PATIENCE_MS = 2000;
  const own = document.currentScript.dataset;
  let settled = false;
  let parsed = false;
  document.addEventListener("DOMContentLoaded", () => { parsed = true; }, { once: true });

  const fromCdn = (event) => event.target instanceof HTMLScriptElement && "cdn" in event.target.dataset;
  document.addEventListener("load", (event) => fromCdn(event) && arrived("cdn"), true);
  document.addEventListener("error", (event) => fromCdn(event) && fallBack(), true);
  setTimeout(fallBack, PATIENCE_MS);

  function fallBack() {
    if (settled) return;
    settled = true;
    // A script that has moved to another document is not run, even when its bytes arrive after all.
    const late = document.querySelector("script[data-cdn]");
    if (late) document.implementation.createHTMLDocument("").body.append(late);
    add(own.copy, own.copyIntegrity).addEventListener("load", () => started("copy"));
  }

  function arrived(origin) {
    if (settled) return;
    settled = true;
    started(origin);
  }

  function started(origin) {
    document.documentElement.dataset.htmxFrom = origin;
    add(own.then);
    // htmx waits for DOMContentLoaded unless the page is complete; where that event has passed, it is said again.
    if (parsed && document.readyState !== "complete") document.dispatchEvent(new Event("DOMContentLoaded"));
  }

  function add(src, integrity = "") {
    const script = document.createElement("script");
    script.src = src;
    script.integrity = integrity;
    script.async = false;
    document.head.append(script);
    return script;
  }
})();
