/**
 * The Telegram HTML subset as DOM.
 *
 * What the bot says is parsed by an inert document (it runs no script and loads nothing) and then *rebuilt* from an allow-list: a tag or
 * attribute that is not listed never reaches the page; of an unknown tag only the text is kept. Nothing is assigned to innerHTML.
 */

import { h } from "./dom.js";
import { icon } from "./icons.js";
import { t } from "./i18n.js";

const SIMPLE = { B: "strong", STRONG: "strong", I: "em", EM: "em", U: "u", INS: "u", S: "s", STRIKE: "s", DEL: "s", CODE: "code" };
const DROPPED = new Set(["SCRIPT", "STYLE", "TEMPLATE", "IFRAME", "OBJECT", "SVG", "MATH", "NOSCRIPT", "HEAD"]);
const SCHEMES = new Set(["http:", "https:", "tg:", "mailto:", "tel:"]);

/** Nodes for a message's HTML; `onLink(url)` is called instead of following a link. */
export function renderMarkup(html, onLink) {
  const parsed = new DOMParser().parseFromString(`<body>${html}`, "text/html");
  return rebuildAll(parsed.body, onLink);
}

const rebuildAll = (parent, onLink) => [...parent.childNodes].flatMap((node) => rebuild(node, onLink));

function rebuild(node, onLink) {
  if (node.nodeType === Node.TEXT_NODE) return [document.createTextNode(node.data)];
  if (node.nodeType !== Node.ELEMENT_NODE || DROPPED.has(node.nodeName.toUpperCase())) return [];
  const children = rebuildAll(node, onLink);
  if (node.nodeName in SIMPLE) return [h(SIMPLE[node.nodeName], null, children)];
  return BUILDERS[node.nodeName]?.(node, children, onLink) ?? children;
}

const BUILDERS = {
  A: (node, children, onLink) => [link(node.getAttribute("href"), children, onLink)].flat(),
  PRE: (_node, children) => [h("pre", null, children)],
  BR: () => [document.createTextNode("\n")],
  BLOCKQUOTE: (node, children) => [node.hasAttribute("expandable") ? expandable(children) : h("blockquote", null, children)],
  "TG-SPOILER": (_node, children) => [spoiler(children)],
  SPAN: (node, children) => (node.classList.contains("tg-spoiler") ? [spoiler(children)] : children),
};

/** The address if a link may have it, else null. */
export function safeUrl(address) {
  try {
    const url = new URL(address, "https://invalid.invalid/");
    return SCHEMES.has(url.protocol) && url.hostname !== "invalid.invalid" ? url.href : null;
  } catch {
    return null;
  }
}

function link(address, children, onLink) {
  const url = safeUrl(address ?? "");
  if (url === null) return children;
  const follow = (event) => {
    event.preventDefault();
    onLink(url);
  };
  return h("a", { href: url, target: "_blank", rel: "noopener noreferrer", onclick: follow }, children);
}

function spoiler(children) {
  const reveal = (event) => {
    event.currentTarget.classList.add("revealed");
    event.currentTarget.removeAttribute("role");
    event.currentTarget.removeAttribute("aria-label");
  };
  const byKey = (event) => (event.key === "Enter" || event.key === " ") && (event.preventDefault(), reveal(event));
  return h("span", { class: "spoiler", role: "button", tabindex: "0", "aria-label": t("spoiler"), onclick: reveal, onkeydown: byKey }, h("span", null, children));
}

function expandable(children) {
  const body = h("div", { class: "quote-body" }, children);
  const label = h("span", null, t("expand"));
  const toggle = h("button", { type: "button", class: "quote-toggle", "aria-expanded": "false" }, label, icon("chevron"));
  const quote = h("blockquote", { class: "expandable" }, body, toggle);
  toggle.addEventListener("click", () => {
    const open = quote.classList.toggle("open");
    toggle.setAttribute("aria-expanded", String(open));
    label.textContent = t(open ? "collapse" : "expand");
  });
  return quote;
}

/** The words alone, for a quoted line or the clipboard. */
export function plainText(html) {
  return renderMarkup(html, () => undefined).map((node) => node.textContent).join("");
}
