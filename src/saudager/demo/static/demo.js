// Keeps the demo page equal to what the server says: one stream in, a few buttons out.
"use strict";

const $ = (id) => document.getElementById(id);
const talk = $("talk"), scroll = $("scroll"), text = $("text"), tip = $("tip"), clock = $("clock"), trouble = $("trouble");
const WEEKDAYS = ["вс", "пн", "вт", "ср", "чт", "пт", "сб"];
const MONTHS = ["января", "февраля", "марта", "апреля", "мая", "июня", "июля", "августа", "сентября", "октября", "ноября", "декабря"];
let shop = { now: Number(clock.dataset.now), offset: Number(clock.dataset.offset), seen: performance.now() };
let pinned = null, newestWhy = null, connected = true, atBottom = true;

// ---- what the server says -------------------------------------------------------------------------------------

function connect() {
  const stream = new EventSource("/events");
  stream.onopen = () => { if (!connected) say(""); connected = true; };
  stream.onmessage = (event) => apply(JSON.parse(event.data));
  stream.onerror = () => {
    connected = false;
    say("Магазин не отвечает. Подключусь, как только он вернётся.");
    if (stream.readyState === EventSource.CLOSED) setTimeout(connect, 1000);
  };
}

function apply(news) {
  shop = { now: news.now, offset: news.offset, seen: performance.now() };
  tick();
  if (!news.order) return;
  for (const region of news.regions) {
    if (region.key === "why") newestWhy = region;
    if (region.key !== "why" || pinned === null) put($(region.key), region);
  }
  showTalk(news.talk, news.order);
  setMoving(news.moving);
  markShown();
}

function put(element, fragment) {
  if (element.dataset.mark === fragment.mark) return;
  const hadFocus = element.contains(document.activeElement);
  if (element.contains(tipFor)) hideTip();
  element.dataset.mark = fragment.mark;
  element.innerHTML = fragment.html;
  if (hadFocus) text.focus({ preventScroll: true });
}

function showTalk(changed, order) {
  const known = new Map([...talk.children].map((item) => [item.dataset.key, item]));
  const fresh = new Map(changed.map((fragment) => [fragment.key, fragment]));
  let added = false;
  for (const [key, item] of known) if (!order.includes(key)) item.remove();
  order.forEach((key, place) => {
    let item = known.get(key);
    if (!item) {
      item = document.createElement("li");
      item.dataset.key = key;
      added = true;
    }
    if (fresh.has(key)) put(item, fresh.get(key));
    if (talk.children[place] !== item) talk.insertBefore(item, talk.children[place] ?? null);
  });
  if (added && atBottom) toBottom();
}

function toBottom() { scroll.scrollTop = scroll.scrollHeight; }

function setMoving(now) {
  for (const button of document.querySelectorAll("[data-hours],[data-days]")) {
    button.disabled = now;
  }
}

// ---- time -----------------------------------------------------------------------------------------------------

function tick() {
  const now = shop.now + performance.now() - shop.seen;
  const there = new Date(now + shop.offset * 1000);
  const two = (number) => String(number).padStart(2, "0");
  const shown = `${WEEKDAYS[there.getUTCDay()]}, ${there.getUTCDate()} ${MONTHS[there.getUTCMonth()]}, ` +
    `${two(there.getUTCHours())}:${two(there.getUTCMinutes())}`;
  if (clock.textContent !== shown) clock.textContent = shown;
  for (const moment of document.querySelectorAll("[data-until]")) {
    const left = (Number(moment.dataset.until) - now) / 1000;
    moment.textContent = left > 0.1 ? `через ${left.toFixed(1).replace(".", ",")}\u00a0с` : "сейчас";
  }
}

// ---- what the visitor does ------------------------------------------------------------------------------------

async function post(path, body) {
  const files = body instanceof FormData;
  try {
    const answer = await fetch(path, {
      method: "POST", headers: files ? {} : { "Content-Type": "application/json" }, body: files ? body : JSON.stringify(body),
    });
    if (answer.ok) { say(""); return true; }
    say((await answer.json().catch(() => ({}))).error ?? "Не получилось. Попробуйте ещё раз.");
  } catch {
    say("Магазин не отвечает. Подключусь, как только он вернётся.");
  }
  return false;
}

function say(problem) {
  trouble.textContent = problem;
  trouble.hidden = problem === "";
}

async function send(words) {
  if (words.trim() === "") return;
  unpin();
  const ok = await post("/say", { text: words });
  if (ok && text.value === words) { text.value = ""; grow(); }
  toBottom();
  text.focus({ preventScroll: true });
}

function grow() {
  text.style.height = "auto";
  text.style.height = `${text.scrollHeight + 2}px`;
}

$("write").addEventListener("submit", (event) => { event.preventDefault(); send(text.value); });
text.addEventListener("input", grow);
text.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); send(text.value); }
});

document.addEventListener("click", (event) => {
  const hit = (selector) => event.target.closest(selector);
  const figure = hit(".figure"), button = hit("button"), bubble = hit("[data-turn]");
  if (figure) showTip(figure); else hideTip();
  if (!hit(".attach")) openAttachments(false);
  if (connected) say("");
  if (figure) return;
  if (button?.dataset.say) send(button.dataset.say);
  else if (button?.dataset.attach) { openAttachments(false); unpin(); post("/attach", { what: button.dataset.attach }); text.focus(); }
  else if (button?.dataset.hours) travel({ hours: Number(button.dataset.hours) });
  else if (button?.dataset.days) travel({ days: Number(button.dataset.days) });
  else if (button?.dataset.settle) post("/settle", { kind: button.dataset.settle, about: button.dataset.about });
  else if (button?.dataset.question) post("/questions/settle", { id: Number(button.dataset.question) });
  else if (button?.dataset.forget) post("/papers/forget", { file: button.dataset.forget });
  else if (button?.id === "again") { unpin(); post("/again", {}); text.focus(); }
  else if (button?.id === "attach") openAttachments($("attachments").hidden);
  else if (button && "newest" in button.dataset) { unpin(); markShown(); }
  else if (bubble && String(getSelection()) === "") pin(bubble.dataset.turn, hit(".ask") !== null);
});

function travel(span) { setMoving(true); post("/clock", span).then((ok) => { if (!ok) setMoving(false); }); }

function openAttachments(open) {
  $("attachments").hidden = !open;
  $("attach").setAttribute("aria-expanded", String(open));
  if (open) $("attachments").querySelector("button").focus();
}

// ---- documents ------------------------------------------------------------------------------------------------

const shelf = $("shelf"), files = $("files"), choose = $("choose");

async function upload(chosen) {
  if (chosen.length === 0 || choose.disabled) return;
  const form = new FormData();
  for (const file of chosen) form.append("files", file);
  choose.disabled = true;
  await post("/papers", form);
  choose.disabled = false;
  files.value = "";
  if (document.activeElement === document.body) choose.focus({ preventScroll: true });
}

function carriesFiles(event) { return event.dataTransfer?.types.includes("Files"); }

$("upload").addEventListener("submit", (event) => { event.preventDefault(); files.click(); });
files.addEventListener("change", () => upload(files.files));
document.addEventListener("dragover", (event) => {
  if (!carriesFiles(event)) return;
  event.preventDefault();
  shelf.classList.add("awaited");
});
document.addEventListener("dragleave", (event) => { if (event.relatedTarget === null) shelf.classList.remove("awaited"); });
document.addEventListener("drop", (event) => {
  if (!carriesFiles(event)) return;
  event.preventDefault();
  shelf.classList.remove("awaited");
  shelf.scrollIntoView({ block: "nearest" });
  upload(event.dataTransfer.files);
});

// ---- why ------------------------------------------------------------------------------------------------------

async function pin(turn, byButton) {
  const newest = newestTurn() === turn;
  if (newest) unpin();
  else {
    const answer = await fetch(`/why/${turn}`).catch(() => null);
    if (!answer?.ok) return;
    pinned = turn;
    put($("why"), await answer.json());
  }
  markShown();
  if (byButton || matchMedia("(max-width: 820px)").matches) {
    $("why").querySelector("h1").focus({ preventScroll: true });
    $("why").scrollIntoView({ block: "nearest", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
  }
}

function unpin() {
  if (pinned === null) return;
  pinned = null;
  if (newestWhy) put($("why"), newestWhy);
}

function newestTurn() { return [...talk.querySelectorAll(".bubble[data-turn]")].at(-1)?.dataset.turn; }

function markShown() {
  const turn = pinned ?? newestTurn();
  for (const bubble of talk.querySelectorAll(".bubble[data-turn]")) {
    bubble.classList.toggle("shown", bubble.dataset.turn === turn);
  }
}

// ---- where a figure comes from --------------------------------------------------------------------------------

let tipFor = null;

function showTip(figure) {
  hideTip();
  tipFor = figure;
  const place = document.createElement("strong");
  place.textContent = figure.dataset.place;
  tip.replaceChildren(place, figure.dataset.text);
  tip.hidden = false;
  figure.setAttribute("aria-describedby", "tip");
  const at = figure.getBoundingClientRect(), size = tip.getBoundingClientRect();
  const above = at.top - size.height - 8;
  tip.style.left = `${Math.max(12, Math.min(at.left, innerWidth - size.width - 12))}px`;
  tip.style.top = `${above > 8 ? above : at.bottom + 8}px`;
}

function hideTip() {
  tipFor?.removeAttribute("aria-describedby");
  tipFor = null;
  tip.hidden = true;
}

for (const shows of ["pointerover", "focusin"]) {
  document.addEventListener(shows, (event) => {
    const figure = event.target.closest(".figure");
    if (figure && figure !== tipFor) showTip(figure);
  });
}
document.addEventListener("pointerout", (event) => {
  if (event.target.closest(".figure") && document.activeElement !== tipFor) hideTip();
});
document.addEventListener("focusout", (event) => { if (event.target === tipFor) hideTip(); });
scroll.addEventListener("scroll", () => {
  atBottom = scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 80;
  hideTip();
});
new ResizeObserver(() => { if (atBottom) toBottom(); }).observe(scroll);
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  if (!$("attachments").hidden) { openAttachments(false); $("attach").focus(); }
  hideTip();
  if (connected) say("");
});

newestWhy = { key: "why", html: $("why").innerHTML, mark: $("why").dataset.mark };
toBottom();
markShown();
connect();
setInterval(tick, 100);
