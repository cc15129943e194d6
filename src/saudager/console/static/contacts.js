// A form whose words were taken is empty again.
"use strict";

document.body.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.successful && event.target.matches("form[data-clears]")) event.target.reset();
});
