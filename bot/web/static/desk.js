// Keeps a page of the desk up to date: takes in its parts as they change, lets the clocks run, and tells what is new.
"use strict";

const board = document.getElementById("board");
const news = document.getElementById("news");
const line = document.getElementById("line");
const source = new WeakMap(); // what the server said of an element, without what runs here
let ahead = Number(board.dataset.now) - Date.now() / 1000; // how far the server's clock is ahead of this one
let waiting = null; // what came while somebody was filling in a form

function said(element) {
  const copy = element.cloneNode(true);
  for (const clock of copy.querySelectorAll(".clock")) {
    clock.querySelector(".face").textContent = "";
    clock.removeAttribute("data-level");
    clock.querySelectorAll("[data-when]").forEach((word) => (word.hidden = true));
  }
  return copy.outerHTML;
}

function remember(element) {
  source.set(element, said(element));
}

// Somebody is choosing or writing in there: whatever changed can wait until they are done.
function busy(element) {
  const focused = document.activeElement;
  return element.contains(focused) && focused.matches("select, textarea, input");
}

function swap(old, fresh) {
  const focused = old.contains(document.activeElement) ? document.activeElement.id : "";
  for (const details of old.querySelectorAll("details[open][id]")) {
    const same = fresh.querySelector("#" + CSS.escape(details.id));
    if (same) same.open = true;
  }
  for (const control of old.querySelectorAll("select[id], textarea[id]")) {
    const same = fresh.querySelector("#" + CSS.escape(control.id));
    if (same && control.value) same.value = control.value;
  }
  remember(fresh);
  old.replaceWith(fresh);
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
  return fresh;
}

// Rows stay where they are unless they have changed; a new one is told to whoever cannot see it.
function reconcile(list, fresh, told) {
  const known = new Map([...list.children].map((row) => [row.id, row]));
  let place = list.firstElementChild;
  for (const next of [...fresh.children]) {
    let row = known.get(next.id);
    known.delete(next.id);
    if (!row) {
      row = next;
      remember(row);
      row.classList.add("fresh");
      if (row.dataset.said) told.push(row.dataset.said);
    } else if (source.get(row) !== said(next)) {
      if (busy(row)) waiting = true;
      else {
        if (next.dataset.said && row.dataset.said !== next.dataset.said) told.push(next.dataset.said);
        const here = place === row;
        row = swap(row, next);
        if (here) place = row;
      }
    }
    if (place === row) place = row.nextElementSibling;
    else list.insertBefore(row, place);
  }
  for (const row of known.values()) {
    if (row.contains(document.activeElement)) document.getElementById(list.dataset.rows)?.focus({ preventScroll: true });
    row.remove();
  }
}

function take(html) {
  const incoming = document.createElement("template");
  incoming.innerHTML = html;
  const told = [];
  const low = innerHeight + scrollY >= document.body.scrollHeight - 80;
  waiting = null;
  for (const fresh of incoming.content.querySelectorAll("[data-part]")) {
    const old = document.getElementById(fresh.id);
    if (!old) continue;
    if ("rows" in fresh.dataset && "rows" in old.dataset) reconcile(old, fresh, told);
    else if (source.get(old) !== said(fresh)) swap(old, fresh);
  }
  if (waiting) waiting = html;
  if (told.length) news.textContent = told.join(" ");
  if (low && "follow" in board.dataset) scrollTo(0, document.body.scrollHeight);
  tick();
}

function face(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (number) => String(number).padStart(2, "0");
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

function tick() {
  const now = Date.now() / 1000 + ahead;
  for (const clock of board.querySelectorAll(".clock")) {
    const ran = clock.dataset.from ? now - Number(clock.dataset.from) : Number(clock.dataset.ran);
    const level = ran >= Number(clock.dataset.overdue) ? "overdue" : ran >= Number(clock.dataset.late) ? "late" : "fine";
    clock.dataset.level = level;
    clock.querySelector(".face").textContent = face(ran);
    clock.querySelectorAll("[data-when]").forEach((word) => (word.hidden = word.dataset.when !== level));
  }
}

// A form is sent without leaving the page; what came of it is told, and the page itself changes by its stream.
async function act(event) {
  const form = event.target.closest("form[data-act]");
  if (!form) return;
  event.preventDefault();
  const values = new URLSearchParams(new FormData(form, event.submitter));
  const buttons = [...form.querySelectorAll("button")];
  buttons.forEach((button) => (button.disabled = true));
  const answer = await fetch(form.action, { method: "POST", body: values, headers: { accept: "application/json" } }).catch(() => null);
  buttons.forEach((button) => (button.disabled = false));
  if (answer && (answer.status === 401 || answer.status === 403)) return location.reload();
  if (!answer || !answer.ok) return form.submit();
  const { told, done } = await answer.json();
  const place = document.getElementById("told");
  place.textContent = told;
  place.classList.toggle("not", !done);
  place.hidden = false;
  if (!done) return;
  form.reset();
  const details = form.closest("details");
  if (details) details.open = false;
  place.focus({ preventScroll: true });
  place.scrollIntoView({ block: "nearest" });
}

function connect() {
  const events = new EventSource(board.dataset.changes);
  const show = (state) => {
    line.dataset.state = state;
    line.querySelectorAll("[data-state]").forEach((word) => (word.hidden = word.dataset.state !== state));
  };
  events.addEventListener("open", () => show("live"));
  events.addEventListener("board", (event) => {
    const { now, html } = JSON.parse(event.data);
    ahead = now - Date.now() / 1000;
    show("live");
    take(html);
  });
  events.addEventListener("over", () => {
    events.close();
    location.reload();
  });
  events.addEventListener("error", () => {
    show("lost");
    // The browser tries again by itself, but not after an answer that was no stream: a proxy's while the bot starts anew.
    if (events.readyState === EventSource.CLOSED) setTimeout(again, 3000);
  });
}

async function again() {
  const asked = new AbortController();
  const answer = await fetch(board.dataset.changes, { signal: asked.signal }).catch(() => null);
  asked.abort();
  if (answer && (answer.status === 401 || answer.status === 403)) location.reload();
  else connect();
}

board.querySelectorAll("[data-part]").forEach(remember);
board.querySelectorAll("[data-rows] > *").forEach(remember);
board.addEventListener("submit", act);
addEventListener("focusout", () => setTimeout(() => typeof waiting === "string" && take(waiting)));
if ("follow" in board.dataset) scrollTo(0, document.body.scrollHeight);
tick();
setInterval(tick, 1000);
connect();
