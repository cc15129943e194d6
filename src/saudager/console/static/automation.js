// The editor of rules: a press on a mistake goes to its place, Ctrl+S saves.
const text = document.getElementById("text");

document.addEventListener("click", (event) => {
  const place = event.target.closest("[data-line]");
  if (!place || !text) return;
  const lines = text.value.split("\n");
  const line = Math.min(Number(place.dataset.line), lines.length) - 1;
  const start = lines.slice(0, line).reduce((sum, one) => sum + one.length + 1, 0);
  const at = start + Math.min(Number(place.dataset.column) - 1, lines[line].length);
  text.focus();
  text.setSelectionRange(at, start + lines[line].length);
  text.scrollTop = Math.max(0, line - 5) * parseFloat(getComputedStyle(text).lineHeight);
});

text?.addEventListener("keydown", (event) => {
  if (event.key === "s" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    text.form.requestSubmit();
  }
});
