// What htmx leaves to us in the inbox: keys, the place in the talk, and words that must not be lost.
"use strict";

// ---- what is being typed survives a refresh, a lost connection and a closed page ---------------------------------

if (window.Idiomorph) {
  Idiomorph.defaults.callbacks.beforeNodeMorphed = (old, fresh) => !(old.id && old.id === fresh.id && old.hasAttribute?.("data-keep"));
}

const place = (form) => "reply:" + form.dataset.reply;

function keep(form) {
  const text = form.elements.text.value;
  if (text) localStorage.setItem(place(form), JSON.stringify({ text, once: form.elements.once.value }));
  else localStorage.removeItem(place(form));
}

function restore(form) {
  const kept = JSON.parse(localStorage.getItem(place(form)) || "null");
  if (!kept || form.elements.text.value) return;
  form.elements.text.value = kept.text;
  form.elements.once.value = kept.once; // the same line posted again is sent once
}

function begin() {
  const form = document.getElementById("reply");
  if (!form) return;
  if (form.hasAttribute("data-fresh")) keep(form);
  else restore(form);
}

document.addEventListener("input", (event) => {
  if (event.target.id === "reply-text") keep(event.target.form);
});
document.body.addEventListener("htmx:afterSettle", begin);

// ---- the newest line stays in sight ------------------------------------------------------------------------------

const lines = document.querySelector(".lines");
let atEnd = true;

if (lines) {
  lines.scrollTop = lines.scrollHeight;
  lines.addEventListener("scroll", () => { atEnd = lines.scrollHeight - lines.scrollTop - lines.clientHeight < 60; });
  document.body.addEventListener("htmx:afterSettle", () => { if (atEnd) lines.scrollTop = lines.scrollHeight; });
}

// ---- keys --------------------------------------------------------------------------------------------------------

function move(by) {
  const items = [...document.querySelectorAll("#inbox-list .item")];
  const here = items.findIndex((item) => item === document.activeElement || (!items.includes(document.activeElement) && item.hasAttribute("aria-current")));
  items[Math.min(Math.max(here + by, 0), items.length - 1)]?.focus();
}

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select, [contenteditable]");
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && typing?.form?.matches("#reply, .draft form")) {
    event.preventDefault();
    typing.form.requestSubmit();
  } else if (typing || event.ctrlKey || event.metaKey || event.altKey) {
    if (event.key === "Escape") typing?.blur();
  } else if (event.key === "j" || event.key === "k") {
    move(event.key === "j" ? 1 : -1);
  } else if (event.key === "/") {
    event.preventDefault();
    document.getElementById("search")?.focus();
  } else if (event.key === "r") {
    event.preventDefault();
    document.getElementById("reply-text")?.focus();
  }
});

document.body.addEventListener("click", (event) => {
  if (event.target.closest("[data-close-why]")) document.getElementById("why").replaceChildren();
});

begin();
