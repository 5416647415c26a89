// Enter in a field of something new creates that, and does not save the section around it.
export function start() {
  document.addEventListener("keydown", (event) => {
    const making = event.key === "Enter" && event.target.matches?.("input") && event.target.closest(".making");
    if (!making) return;
    event.preventDefault();
    making.querySelector("[name=create]").click();
  });
}
