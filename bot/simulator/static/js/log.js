/** The list of messages of one chat: keyed by message, patched in place, and never pulled from under a reader. */

import { fill, h, prefersCalm } from "./dom.js";
import { icon } from "./icons.js";
import { currentLanguage, t } from "./i18n.js";
import { renderMessage } from "./message.js";
import { dayKey, dayName } from "./time.js";

const NEAR = 90;
const TOGETHER = 4 * 60_000;

export class MessageLog {
  #nodes = new Map();
  #unseen = 0;
  #stick = true;

  constructor({ act }) {
    this.act = { ...act, resized: () => this.#keepPlace(), jump: (id) => this.jump(id) };
    this.list = h("div", { class: "log", role: "log", "aria-live": "polite", "aria-relevant": "additions text" });
    this.empty = h("div", { class: "log-empty" });
    this.scroller = h("div", { class: "scroller", tabindex: "0", onscroll: () => this.#scrolled() }, this.empty, this.list);
    this.chip = h("button", { type: "button", class: "chip", hidden: true, onclick: () => this.toBottom() });
    this.element = h("div", { class: "log-area" }, this.scroller, this.chip);
    new ResizeObserver(() => this.#keepPlace()).observe(this.scroller);
  }

  /** Forget the chat shown; the next `show` begins at its end, without animation. */
  reset() {
    this.#nodes.clear();
    this.list.replaceChildren();
    this.#stick = true;
    this.#unseen = 0;
    this.#showChip();
  }

  /** Show these messages. @param view `{answeredAt, names, quoted(id)}` */
  show(messages, view, { animate = false } = {}) {
    this.list.setAttribute("aria-label", t("log"));
    this.scroller.setAttribute("aria-label", t("log"));
    const items = arrange(messages, view);
    const before = new Set(this.#nodes.keys());
    const focus = this.#focused();
    this.#patch(items, animate);
    this.#restore(focus);
    const fresh = items.filter((item) => item.message && !before.has(item.key));
    if (!animate) this.toBottom("instant");
    else if (fresh.length > 0) this.#arrived(fresh);
    else this.#keepPlace();
  }

  toBottom(behavior = prefersCalm() ? "instant" : "smooth") {
    this.#stick = true;
    this.#unseen = 0;
    this.#showChip();
    this.scroller.scrollTo({ top: this.scroller.scrollHeight, behavior });
  }

  jump(id) {
    const node = this.#nodes.get(`m${id}`)?.node;
    if (!node) return;
    node.scrollIntoView({ block: "center", behavior: prefersCalm() ? "instant" : "smooth" });
    node.classList.remove("flash");
    requestAnimationFrame(() => node.classList.add("flash"));
  }

  #patch(items, animate) {
    const kept = new Set(items.map((item) => item.key));
    for (const [key, { node }] of this.#nodes) if (!kept.has(key)) this.#drop(key, node);
    let cursor = this.list.firstChild;
    for (const item of items) {
      const before = this.#nodes.get(item.key)?.node;
      const node = this.#nodeOf(item, animate);
      if (cursor && cursor === before) cursor = node;
      if (node === cursor) cursor = cursor.nextSibling;
      else this.list.insertBefore(node, cursor);
    }
  }

  #drop(key, node) {
    this.#nodes.delete(key);
    node.remove();
  }

  #nodeOf(item, animate) {
    const known = this.#nodes.get(item.key);
    if (known?.signature === item.signature) return known.node;
    const node = item.build(this.act);
    if (known) known.node.replaceWith(node);
    if (animate) node.classList.add(known ? known.content === item.content ? "same" : "flash" : "arriving");
    this.#nodes.set(item.key, { node, signature: item.signature, content: item.content });
    return node;
  }

  #focused() {
    const active = document.activeElement;
    const message = this.list.contains(active) ? active.closest(".message") : null;
    if (!message) return null;
    return { id: message.dataset.id, index: [...message.querySelectorAll("button, a")].indexOf(active) };
  }

  /** A card edited under the focus keeps the focus, on the same button or on its last one. */
  #restore(focus) {
    if (!focus || this.list.contains(document.activeElement)) return;
    const controls = [...(this.#nodes.get(`m${focus.id}`)?.node.querySelectorAll("button, a") ?? [])];
    const next = controls[focus.index] ?? controls.at(-1) ?? this.scroller;
    next.focus({ preventScroll: true });
  }

  #arrived(fresh) {
    const mine = fresh.some((item) => item.message.from === "user");
    if (!this.#stick && !mine) {
      this.#unseen += fresh.length;
      return this.#showChip();
    }
    const first = this.#nodes.get(fresh[0].key).node;
    const tall = this.scroller.scrollHeight - first.offsetTop > this.scroller.clientHeight;
    if (!tall || mine) return this.toBottom();
    this.scroller.scrollTo({ top: first.offsetTop - 12, behavior: prefersCalm() ? "instant" : "smooth" });
  }

  #scrolled() {
    const { scrollTop, clientHeight, scrollHeight } = this.scroller;
    this.#stick = scrollHeight - scrollTop - clientHeight < NEAR;
    if (this.#stick) this.#unseen = 0;
    this.#showChip();
  }

  #keepPlace() {
    if (this.#stick) this.scroller.scrollTo({ top: this.scroller.scrollHeight, behavior: "instant" });
  }

  #showChip() {
    this.chip.hidden = this.#stick;
    const words = this.#unseen > 0 ? t("newMessages", { n: this.#unseen }) : "";
    this.chip.setAttribute("aria-label", words || t("toBottom"));
    this.chip.classList.toggle("bare", words === "");
    fill(this.chip, icon("down"), words);
  }
}

/** Messages with day separators between them, each with a key and a signature that changes when its element must. */
function arrange(messages, view) {
  return messages.flatMap((message, index) => {
    const [before, after] = [messages[index - 1], messages[index + 1]];
    const item = messageItem(message, { head: !joined(before, message), tail: !joined(message, after) }, view);
    return before && dayKey(before.date) === dayKey(message.date) ? [item] : [dayItem(message.date), item];
  });
}

const joined = (a, b) => Boolean(a && b) && a.from === b.from && dayKey(a.date) === dayKey(b.date) && new Date(b.date) - new Date(a.date) < TOGETHER;

function dayItem(date) {
  const build = () => h("div", { class: "day" }, h("span", null, dayName(date)));
  return { key: `d${dayKey(date)}`, signature: `${currentLanguage()}${dayName(date)}`, build };
}

function messageItem(message, place, view) {
  const own = message.from === "user";
  const full = { ...place, own, read: own && view.answeredAt > message.seq, quoted: message.reply_to ? view.quoted(message.reply_to) : null, names: view.names };
  const content = JSON.stringify([message.html, message.text, message.buttons, message.media, message.edited, message.reactions]);
  const signature = [currentLanguage(), message.seq, place.head, place.tail, full.read, full.quoted?.seq, content].join();
  return { key: `m${message.id}`, message, signature, content, build: (act) => renderMessage(message, { ...full, act }) };
}
