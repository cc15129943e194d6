// While cards are ticked the board stands still, so that nobody is paused who slipped under the cursor.
"use strict";

{
  const steer = document.getElementById("steer"), ticked = document.getElementById("ticked");
  const words = ticked?.textContent;
  const count = () => {
    const many = steer.querySelectorAll("input[name=chain]:checked").length;
    if (ticked) ticked.textContent = many ? `${ticked.dataset.words}: ${many}` : words;
    return many;
  };
  steer.addEventListener("change", count);
  document.body.addEventListener("htmx:beforeRequest", (event) => {
    if (event.target.matches(".follow-ups") && count()) event.preventDefault();
  });
  document.body.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.requestConfig.verb !== "post" || !event.detail.successful) return;
    for (const box of steer.querySelectorAll("input[name=chain]:checked")) box.checked = false;
    count();
    htmx.trigger(document.body, "live:follow-ups");
  });
}
