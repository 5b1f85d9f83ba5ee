/** Rich messages as DOM: words and tables from the blocks that the control API gives. Text always becomes text nodes. */

import { h } from "./dom.js";

const STYLES = { bold: "strong", italic: "em", underline: "u", strikethrough: "s", code: "code", subscript: "sub", superscript: "sup", marked: "mark" };
const ALIGNS = new Set(["left", "center", "right"]);

/** The blocks of a message. */
export function renderRich(blocks) {
  return h("div", { class: "rich" }, blocks.map(block));
}

function block(given) {
  const builder = { table, divider: () => h("hr"), blockquote: quotation, details: quotation, heading: words("strong"), pre: words("pre") }[given.type];
  return (builder ?? words("p"))(given);
}

const words = (tag) => (given) => h(tag, null, text(given.text));
const quotation = (given) => h("blockquote", null, given.blocks.map(block));

/** A rich text: a string, a list of them, or one in a style. */
function text(given) {
  if (typeof given === "string") return [document.createTextNode(given)];
  if (Array.isArray(given)) return given.flatMap(text);
  return [h(STYLES[given?.type] ?? "span", null, text(given?.text ?? ""))];
}

/** A table that scrolls sideways within its bubble where it is too wide, by the keyboard as well. */
function table(given) {
  const rows = given.cells.map((cells) => h("tr", null, cells.map(cell)));
  const heads = given.cells.findIndex((cells) => !cells.every((one) => one.is_header));
  const split = heads < 0 ? rows.length : heads;
  const caption = given.caption && h("caption", null, text(given.caption));
  const classes = ["rich-table", given.is_striped && "striped", given.is_compact && "compact", given.is_bordered && "bordered"].filter(Boolean).join(" ");
  const body = h("table", { class: classes }, caption, h("thead", null, rows.slice(0, split)), h("tbody", null, rows.slice(split)));
  return h("div", { class: "table-scroll", tabindex: "0" }, body);
}

/** A cell of so many letters may be broken into lines; a character of Chinese is as wide as two. */
const LONG = 18;
const roomOf = (node) => [...node.textContent].reduce((sum, letter) => sum + (letter > "\u2e80" ? 2 : 1), 0);

function cell(given, place) {
  const header = given.is_header || place === 0;
  const align = ALIGNS.has(given.align) ? given.align : "left";
  const scope = given.is_header ? "col" : header ? "row" : null;
  const node = h(header ? "th" : "td", { class: align, scope, colspan: given.colspan, rowspan: given.rowspan }, text(given.text ?? ""));
  node.classList.toggle("long", roomOf(node) > LONG);
  return node;
}
