/** Layers over a phone or over the page: sheets, alerts, drawers, and toasts. Each takes the focus and gives it back. */

import { fill, h, settled } from "./dom.js";
import { icon } from "./icons.js";
import { t } from "./i18n.js";

let counter = 0;

/**
 * Open a layer inside `host`.
 * @param {HTMLElement} host a phone's screen or the body
 * @param {{kind?: "sheet"|"alert"|"drawer"|"dialog", title: string, hint?: string, content: Node[]}} options
 * @returns {{close: () => Promise<void>, panel: HTMLElement}}
 */
export function openLayer(host, { kind = "sheet", title, hint = null, content }) {
  const id = `layer-${(counter += 1)}`;
  const before = document.activeElement;
  const closeButton = h("button", { type: "button", class: "icon-button", "aria-label": t("close"), onclick: () => close() }, icon("close"));
  const heading = h("header", { class: "layer-head" }, h("div", null, h("h2", { id }, title), hint && h("p", null, hint)), kind !== "alert" && closeButton);
  const panel = h("div", { class: `layer-panel ${kind}`, role: kind === "alert" ? "alertdialog" : "dialog", "aria-modal": "true", "aria-labelledby": id, tabindex: "-1" }, heading, content);
  const layer = h("div", { class: `layer over-${kind}`, onclick: (event) => event.target === layer && close() }, panel);
  const silenced = [...host.children].filter((child) => !child.inert && !child.classList.contains("toasts"));
  let closed = false;

  async function close() {
    if (closed) return;
    closed = true;
    silenced.forEach((child) => { child.inert = false; });
    layer.classList.add("leaving");
    if (before?.isConnected) before.focus({ preventScroll: true });
    await settled(layer, 250);
    layer.remove();
  }

  layer.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    close();
  });
  silenced.forEach((child) => { child.inert = true; });
  host.append(layer);
  (panel.querySelector("[data-autofocus]") ?? panel).focus({ preventScroll: true });
  return { close, panel };
}

/** A sheet of choices. @param items `{icon, label, hint?, run, danger?, current?}` */
export function openMenu(host, { title, hint, items, kind = "sheet" }) {
  const list = h("div", { class: "menu-list" });
  const layer = openLayer(host, { kind, title, hint, content: [list] });
  fill(list, items.filter(Boolean).map((item) => menuItem(item, layer.close)));
  list.addEventListener("keydown", moveByArrows);
  list.querySelector("button")?.focus({ preventScroll: true, focusVisible: false });
  return layer;
}

function menuItem({ icon: name, mark, label, hint, run, danger, current, badge }, close) {
  const choose = async () => {
    close();
    await run();
  };
  return h("button", { type: "button", class: `menu-item${danger ? " danger" : ""}`, "aria-current": current ? "true" : null, onclick: choose },
    mark ?? h("span", { class: "menu-icon" }, icon(name)),
    h("span", { class: "menu-words" }, h("span", { class: "menu-label" }, label), hint && h("span", { class: "menu-hint" }, hint)),
    badge ? h("span", { class: "badge" }, String(badge)) : null, current && icon("check", "current"));
}

export function moveByArrows(event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  const buttons = [...event.currentTarget.querySelectorAll("button:not(:disabled)")];
  const next = buttons[(buttons.indexOf(document.activeElement) + step + buttons.length) % buttons.length];
  event.preventDefault();
  next?.focus();
}

/** A question or a notice with its buttons. @param actions `{label, run?, primary?, danger?}` */
export function openAlert(host, { title, text, actions }) {
  const row = h("div", { class: "alert-actions" });
  const layer = openLayer(host, { kind: "alert", title, content: [text && h("p", { class: "alert-text" }, text), row] });
  fill(row, actions.map(({ label, run, primary, danger }) => {
    const choose = () => { layer.close(); run?.(); };
    return h("button", { type: "button", class: `button ${primary ? "primary" : danger ? "danger" : "quiet"}`, dataset: primary ? { autofocus: "" } : {}, onclick: choose }, label);
  }));
  row.querySelector("[data-autofocus]")?.focus({ focusVisible: false });
  return layer;
}

/** A short notice that leaves by itself. */
export function toast(host, text) {
  const shelf = host.querySelector(":scope > .toasts") ?? host.appendChild(h("div", { class: "toasts", role: "status", "aria-live": "polite" }));
  const note = h("div", { class: "toast" }, text);
  shelf.append(note);
  setTimeout(async () => {
    note.classList.add("leaving");
    await settled(note);
    note.remove();
  }, Math.min(7000, 2600 + text.length * 45));
}

/** A labelled switch. */
export function toggle({ label, hint, name, checked, onchange, disabled }) {
  const input = h("input", { type: "checkbox", role: "switch", class: "switch-input", name, checked: Boolean(checked), disabled, onchange: (event) => onchange(event.target.checked) });
  return h("label", { class: "switch" }, h("span", { class: "switch-words" }, h("span", null, label), hint && h("small", null, hint)), input, h("span", { class: "switch-track", "aria-hidden": "true" }));
}
