// Says when the connection is lost and when it is back.
export function start() {
  const notice = document.getElementById("offline");
  if (!notice) return;
  const show = () => { notice.hidden = navigator.onLine; };
  window.addEventListener("online", show);
  window.addEventListener("offline", show);
  show();
}
