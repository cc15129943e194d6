// Files dropped on the page, how far they are sent, and half-typed answers that no refresh takes away.
"use strict";

{
  const drop = document.getElementById("upload"), files = document.getElementById("files"), sent = document.getElementById("sent");
  if (drop) {
    for (const name of ["dragover", "dragleave", "drop"]) drop.addEventListener(name, (event) => {
      event.preventDefault();
      drop.classList.toggle("over", name === "dragover");
    });
    drop.addEventListener("drop", (event) => {
      if (!event.dataTransfer.files.length) return;
      files.files = event.dataTransfer.files;
      drop.requestSubmit();
    });
    drop.addEventListener("htmx:xhr:progress", (event) => {
      sent.hidden = false;
      if (event.detail.lengthComputable) sent.value = 100 * event.detail.loaded / event.detail.total;
    });
    drop.addEventListener("htmx:afterRequest", (event) => {
      sent.hidden = true;
      if (event.target === drop && event.detail.successful) drop.reset();
    });
  }
  const typed = (field) => field.value !== field.defaultValue;
  document.body.addEventListener("htmx:beforeRequest", (event) => {
    if (!event.target.matches("[data-keep]")) return;
    if ([...event.target.querySelectorAll("textarea, input:not([type=hidden])")].some(typed)) event.preventDefault();
  });
  document.body.addEventListener("htmx:afterRequest", (event) => {
    if (!event.detail.successful || event.detail.requestConfig.verb !== "post") return;
    event.target.closest("[data-done]")?.remove();
    event.target.closest("[data-empties]")?.reset();
    if (event.target.matches("#answers form")) for (const field of event.target.elements) field.defaultValue = field.value;
  });
}
