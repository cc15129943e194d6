// What the connections' pages add: an address into the clipboard, a sent field emptied, the part that was ticked opened.
"use strict";

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
  tell(button.dataset.copied);
});

document.addEventListener("htmx:afterRequest", (event) => {
  if (event.target.matches("form[data-clears]") && event.detail.successful) event.target.reset();
});

document.addEventListener("change", (event) => {
  const settings = event.target.matches("input[name=use]") && event.target.closest(".part").querySelector("details");
  if (settings) settings.open = event.target.checked;
});
