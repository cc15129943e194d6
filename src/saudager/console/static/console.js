// What htmx leaves to us: the stream of changes, words in the corner, questions before deeds, the menu of the phone.
"use strict";

const body = document.body, lost = document.getElementById("lost"), toasts = document.getElementById("toasts");

// ---- live changes ---------------------------------------------------------------------------------------------

const names = body.dataset.watch.trim().split(/\s+/);

function askAgain(changed) {
  for (const name of changed) htmx.trigger(body, "live:" + name.split(":")[0], { name });
}

// what was done from this page shows on it at once, also when it came and went between two looks of the stream
body.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.successful && event.detail.requestConfig.verb !== "get") askAgain(names);
});

function follow() {
  const stream = new EventSource("/console/events?" + names.map((name) => "watch=" + encodeURIComponent(name)).join("&"));
  stream.addEventListener("open", () => { lost.hidden = true; });
  stream.addEventListener("changed", (event) => askAgain(event.data.split(" ")));
  stream.addEventListener("error", () => {
    lost.textContent = body.dataset.lost;
    lost.hidden = false;
    if (stream.readyState === EventSource.CLOSED) setTimeout(comeBack, 2000);
  });
  addEventListener("pagehide", () => stream.close(), { once: true });
}

async function comeBack() { // the stream was refused: we were signed out, or the service is being restarted
  const answer = await fetch("/console/menu", { headers: { "HX-Request": "true" } }).catch(() => null);
  const signIn = answer?.headers.get("hx-redirect");
  if (signIn) location.href = signIn;
  else if (answer?.ok) follow();
  else setTimeout(comeBack, 2000);
}

body.addEventListener("counts", (event) => {
  for (const place of document.querySelectorAll("[data-count]")) {
    const count = event.detail[place.dataset.count] || 0;
    place.textContent = count > 99 ? "99+" : count || "";
  }
});

// ---- words in the corner --------------------------------------------------------------------------------------

function tell(text, { undo = null, bad = false } = {}) {
  const toast = document.createElement("div"), words = document.createElement("span");
  toast.className = bad ? "toast bad" : "toast";
  words.textContent = text;
  toast.append(words);
  if (undo) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button small";
    button.textContent = body.dataset.undo;
    button.addEventListener("click", () => { toast.remove(); htmx.ajax("POST", undo, { source: body, swap: "none" }); });
    toast.append(button);
  }
  toasts.append(toast);
  setTimeout(() => toast.remove(), undo ? 15000 : bad ? 12000 : 6000);
}

body.addEventListener("told", (event) => { // said on the next page when the answer leads there
  const { text, undo, then } = event.detail;
  if (!text) return;
  if (then) sessionStorage.setItem("told", JSON.stringify({ text, undo }));
  else tell(text, { undo });
});
const toldBefore = sessionStorage.getItem("told");
if (toldBefore) {
  sessionStorage.removeItem("told");
  const { text, undo } = JSON.parse(toldBefore);
  tell(text, { undo });
}
body.addEventListener("htmx:sendError", () => tell(body.dataset.sent, { bad: true }));
body.addEventListener("htmx:responseError", (event) => {
  const answer = event.detail.xhr;
  if (answer.getResponseHeader("hx-redirect")) return;
  tell(refusalIn(answer.responseText) || body.dataset.sent, { bad: true });
});

function refusalIn(text) {
  try {
    return JSON.parse(text).error;
  } catch {
    return new DOMParser().parseFromString(text, "text/html").querySelector("h1")?.textContent;
  }
}

// ---- questions before deeds -----------------------------------------------------------------------------------

const ask = document.getElementById("ask");

body.addEventListener("htmx:confirm", (event) => {
  if (!event.detail.question) return;
  event.preventDefault();
  const [no, yes] = ask.querySelectorAll("button");
  document.getElementById("ask-words").textContent = event.detail.question;
  no.textContent = body.dataset.no;
  yes.textContent = body.dataset.yes;
  ask.returnValue = "no";
  ask.onclose = () => { if (ask.returnValue === "yes") event.detail.issueRequest(true); };
  ask.showModal();
  yes.focus();
});
for (const button of ask.querySelectorAll("button")) button.addEventListener("click", () => ask.close(button.value));

// ---- the menu of the phone ------------------------------------------------------------------------------------

document.querySelector(".menu-button").addEventListener("click", (event) => {
  const open = document.querySelector(".side").classList.toggle("open");
  event.currentTarget.setAttribute("aria-expanded", String(open));
});

if (window.Idiomorph) {
  Idiomorph.defaults.ignoreActiveValue = true;
  // what the reader has unfolded stays so when the part around it is drawn again
  Idiomorph.defaults.callbacks.beforeAttributeUpdated = (name, node) => !(name === "open" && node.matches("details"));
}
follow();

// until htmx holds the forms a press would be lost, or would send a form as an address
addEventListener("DOMContentLoaded", () => {
  document.querySelector(".shell").inert = false;
  document.querySelector("[autofocus]")?.focus();
});
