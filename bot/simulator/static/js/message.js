/** One message as an element: bubble, media, buttons, time. */

import { h } from "./dom.js";
import { icon } from "./icons.js";
import { t } from "./i18n.js";
import { fullName } from "./names.js";
import { plainText, renderMarkup } from "./markup.js";
import { renderRich } from "./rich.js";
import { clock, duration, fileSize } from "./time.js";

/**
 * @param {object} message as the control API gives it
 * @param {{own: boolean, tail: boolean, head: boolean, read: boolean, quoted: object|null, names: {own: string, bot: string}, act: object}} view
 */
export function renderMessage(message, view) {
  const side = view.own ? "own" : "theirs";
  const classes = `message ${side}${view.tail ? " tail" : ""}${view.head ? " head" : ""}${message.buttons?.length ? " with-buttons" : ""}`;
  const said = h("span", { class: "sr-only" }, `${view.own ? t("you") : view.names.bot}: `);
  return h("div", { class: classes, dataset: { id: message.id } },
    h("div", { class: "body" },
      h("div", { class: bubbleClass(message), onclick: (event) => touched(event, message, view) }, said, bubbleContent(message, view)),
      menuButton(message, view), keyboard(message, view), reactions(message)));
}

/** A picture below this width in pixels is a placeholder, and a sticker is drawn in its stead. */
const SMALLEST_STICKER = 16;

const isPicture = (media) => media?.kind === "photo" || media?.kind === "sticker";
const wordsOf = (message) => message.html ?? "";
const hasWords = (message) => Boolean(message.html || message.text);

function bubbleClass(message) {
  const bare = message.media?.kind === "sticker" ? " sticker-bubble" : "";
  const picture = isPicture(message.media) && !bare ? " picture" : "";
  const rich = message.rich?.length ? " with-table" : "";
  return `bubble${bare}${picture}${rich}${hasWords(message) ? "" : " wordless"}`;
}

function bubbleContent(message, view) {
  return [quote(message, view), media(message, view), contact(message), place(message), words(message, view), meta(message, view)];
}

function words(message, view) {
  if (message.rich?.length) return renderRich(message.rich);
  if (!hasWords(message)) return null;
  const content = message.html ? renderMarkup(wordsOf(message), view.act.link) : [message.text];
  return h("div", { class: "words" }, content);
}

function meta(message, view) {
  const edited = message.edited && h("button", { type: "button", class: "edited", "aria-label": t("editHistory"), onclick: () => view.act.history(message) }, t("edited"));
  const ticks = view.own && icon(view.read ? "checks" : "check", "ticks");
  return h("span", { class: "meta" }, edited, h("time", { datetime: message.date }, clock(message.date)), ticks);
}

function menuButton(message, view) {
  return h("button", { type: "button", class: "icon-button message-menu", "aria-label": t("actions"), onclick: () => view.act.menu(message) }, icon("dots"));
}

function touched(event, message, view) {
  if (!matchMedia("(hover: none)").matches || event.target.closest("a, button, .spoiler") || !getSelection().isCollapsed) return;
  view.act.menu(message);
}

function quote(message, view) {
  if (!view.quoted) return null;
  const name = view.quoted.from === "user" ? t("you") : view.names.bot;
  return h("button", { type: "button", class: "quoted", onclick: () => view.act.jump(view.quoted.id) }, h("strong", null, name), h("span", null, summary(view.quoted)));
}

/** A message in one line. */
export function summary(message) {
  if (hasWords(message)) return (message.html ? plainText(message.html) : message.text).replace(/\s+/g, " ").slice(0, 120);
  if (message.contact) return t("contactCard");
  if (message.location) return t("location");
  return message.media ? t(message.media.kind) : "";
}

function reactions(message) {
  if (!message.reactions?.length) return null;
  const shown = message.reactions.map((reaction) => (typeof reaction === "string" ? reaction : reaction.emoji ?? ""));
  return h("div", { class: "reactions", "aria-label": t("reactions") }, shown.map((emoji) => h("span", null, emoji)));
}

function keyboard(message, view) {
  if (!message.buttons?.length) return null;
  const rows = message.buttons.map((row) => h("div", { class: "inline-row" }, row.map((button) => inlineButton(message, button, view))));
  return h("div", { class: "inline-keyboard" }, rows);
}

function inlineButton(message, button, view) {
  const pressed = (event) => (button.url ? view.act.link(button.url) : view.act.press(message, button.data, event.currentTarget));
  return h("button", { type: "button", class: "inline-button", disabled: !button.url && button.data === undefined, onclick: pressed }, h("span", null, button.text), button.url && icon("out", "corner"));
}

function media(message, view) {
  if (!message.media) return null;
  const builder = { photo: picture, sticker, voice, audio: voice }[message.media.kind];
  if (message.media.kind === "location") return null;
  return (builder ?? file)(message.media, view);
}

const ownUrl = (url) => (typeof url === "string" && /^(\/(?!\/)|\.\/|blob:)/.test(url) ? url : sameOrigin(url));

function sameOrigin(url) {
  try {
    return new URL(url, location.href).origin === location.origin ? url : null;
  } catch {
    return null;
  }
}

function picture(attachment, view) {
  const source = ownUrl(attachment.url);
  if (!source) return file(attachment);
  const image = h("img", { src: source, alt: attachment.name || t("photoAlt"), decoding: "async", onload: view.act.resized });
  return h("button", { type: "button", class: "photo", "aria-label": t("viewPhoto"), onclick: () => view.act.photo(source, attachment.name) }, image);
}

function sticker(attachment, view) {
  const source = ownUrl(attachment.url);
  if (!source || !attachment.mime?.startsWith("image/")) return drawnSticker();
  const shown = (event) => (event.target.naturalWidth < SMALLEST_STICKER ? event.target.replaceWith(drawnSticker()) : view.act.resized());
  return h("img", { class: "sticker", src: source, alt: t("stickerAlt"), onload: shown, onerror: (event) => event.target.replaceWith(drawnSticker()) });
}

const drawnSticker = () => h("span", { class: "sticker drawn", role: "img", "aria-label": t("stickerAlt") }, icon("sticker"));

function file(attachment) {
  const name = attachment.name || t("file");
  const extension = /\.(\w{1,4})$/.exec(name)?.[1] ?? "";
  const source = ownUrl(attachment.url);
  const badge = h("span", { class: "file-badge" }, extension ? extension.toUpperCase() : icon("file"));
  const body = h("span", { class: "file-words" }, h("span", { class: "file-name" }, name), h("span", { class: "file-size" }, attachment.size ? fileSize(attachment.size) : ""));
  if (!source) return h("div", { class: "file" }, badge, body);
  return h("a", { class: "file", href: source, download: name, "aria-label": t("download", { name }) }, badge, body, icon("download"));
}

function place(message) {
  if (message.media?.kind !== "location" && !message.location) return null;
  return h("div", { class: "place", role: "img", "aria-label": t("location") }, icon("pin"));
}

function contact(message) {
  if (!message.contact) return null;
  const { first_name: first, last_name: last, phone } = message.contact;
  const name = fullName({ first_name: first ?? "", last_name: last });
  return h("div", { class: "contact" }, h("span", { class: "contact-avatar", "aria-hidden": "true" }, icon("user")), h("span", { class: "file-words" }, h("span", { class: "file-name" }, name || t("contactCard")), h("span", { class: "file-size" }, phone)));
}

function voice(attachment) {
  const source = ownUrl(attachment.url);
  const player = new Audio();
  player.preload = "metadata";
  if (source) player.src = source;
  const bars = h("span", { class: "wave", "aria-hidden": "true" }, waveform(attachment.name ?? String(attachment.size)).map((height) => bar(height)));
  const time = h("span", { class: "voice-time" }, "0:00");
  const button = h("button", { type: "button", class: "voice-button", "aria-label": t("playVoice") }, icon("play"));
  connectPlayer(player, button, bars, time);
  return h("div", { class: "voice" }, button, h("span", { class: "voice-track" }, bars, time));
}

function bar(height) {
  const node = h("i");
  node.style.height = `${height}%`;
  return node;
}

/** Bars that are the same for the same note; a sketch, not a measurement. */
function waveform(seed) {
  let state = [...seed].reduce((sum, letter) => (sum * 31 + letter.codePointAt(0)) >>> 0, 7);
  return Array.from({ length: 30 }, () => {
    state = (state * 1_103_515_245 + 12_345) >>> 0;
    return 22 + ((state >>> 16) % 78);
  });
}

function connectPlayer(player, button, bars, time) {
  const show = () => {
    const progress = player.duration ? player.currentTime / player.duration : 0;
    [...bars.children].forEach((node, index) => node.classList.toggle("played", index / bars.children.length < progress));
    time.textContent = duration(player.currentTime || player.duration);
  };
  const state = (playing) => {
    button.replaceChildren(icon(playing ? "pause" : "play"));
    button.setAttribute("aria-label", t(playing ? "pauseVoice" : "playVoice"));
  };
  ["timeupdate", "loadedmetadata", "durationchange"].forEach((event) => player.addEventListener(event, show));
  player.addEventListener("play", () => state(true));
  ["pause", "ended", "error"].forEach((event) => player.addEventListener(event, () => state(false)));
  button.addEventListener("click", () => (player.paused ? player.play().catch(() => state(false)) : player.pause()));
}
