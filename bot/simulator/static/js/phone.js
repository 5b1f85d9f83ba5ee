/** One phone: whose chat it shows, its header, topics, log and composer, and what their buttons do. */

import { simulator } from "./api.js";
import { Composer } from "./composer.js";
import { fill, h, isNarrow, redraw } from "./dom.js";
import { icon } from "./icons.js";
import { currentLanguage, t } from "./i18n.js";
import { MessageLog } from "./log.js";
import { plainText, renderMarkup } from "./markup.js";
import { openAlert, openLayer, openMenu, toast } from "./overlays.js";
import { fullName } from "./names.js";
import { PersonaBar } from "./personas.js";
import { summary } from "./message.js";
import { clock } from "./time.js";

const CHANNELS = [
  ["market-poster", "channelMarket", "poster"], ["wechat-article", "channelWechat", "article"], ["partner-park", "channelPark", "park"],
];
const ANSWER_PATIENCE = 15_000;
const FOLLOW_TOPIC = 8_000;

export class Phone {
  #user = null;
  #thread = null;
  #topicUnread = new Map();
  #pressedAt = 0;
  #invitation = undefined;

  constructor({ role, store, handOver }) {
    Object.assign(this, { role, store, handOver });
    this.screen = h("div", { class: "screen" });
    this.log = new MessageLog({ act: this.#messageActions() });
    this.composer = new Composer({ host: this.screen, act: this.#composerActions() });
    this.persona = new PersonaBar({ role, store, host: () => (isNarrow() ? document.body : this.seat), selected: () => this.user, select: (id) => this.select(id) });
    this.header = h("header", { class: "chat-head" });
    this.topics = h("div", { class: "topics", role: "tablist", hidden: true, onkeydown: moveInTabs });
    this.footer = h("div", { class: "footer" });
    this.statusbar = h("div", { class: "statusbar", "aria-hidden": "true" });
    this.screen.append(this.statusbar, this.header, this.topics, this.log.element, this.footer);
    this.seat = h("section", { class: `seat ${role}`, id: `seat-${role}` }, this.persona.element, h("div", { class: "phone" }, this.screen));
    this.#listen();
  }

  get user() {
    return this.store.user(this.#user);
  }

  #listen() {
    this.store.addEventListener("users", () => this.#renderFrame());
    this.store.addEventListener("connection", () => this.#renderHeader());
    this.store.addEventListener("resynchronised", () => this.#resynchronise());
    this.store.addEventListener("chat", (event) => event.detail.user === this.#user && this.#chatChanged(event.detail));
    setInterval(() => this.#renderStatusbar(), 10_000);
  }

  /** Show this user's chat. */
  async select(id) {
    this.#user = id;
    this.#thread = null;
    this.#invitation = undefined;
    this.#topicUnread.clear();
    localStorage.setItem(`tillwise.${this.role}`, String(id));
    this.log.reset();
    this.composer.use(`${id}`);
    this.render();
    await Promise.all([this.store.open(id).catch(() => this.#say("unreachable")), this.invite()]);
  }

  /** Choose whom to show at first: the one last played, else the first there is. */
  restore() {
    const last = localStorage.getItem(`tillwise.${this.role}`);
    const users = this.store.inSeat(this.role);
    const user = users.find(({ id }) => String(id) === last) ?? users[0];
    return user ? this.select(user.id) : undefined;
  }

  async #resynchronise() {
    if (!this.user) return this.restore();
    if (!this.#chat.loaded) {
      this.log.reset();
      await this.store.open(this.#user);
    }
    return this.render();
  }

  /** Draw everything again, as after a change of language. */
  render() {
    this.seat.setAttribute("aria-label", t(this.role));
    this.persona.render();
    this.composer.translate();
    this.#renderFrame();
    this.#renderTopics();
    this.#renderLog(false);
  }

  get #chat() {
    return this.store.chat(this.#user);
  }

  get #visible() {
    const { ordered, topics } = this.#chat;
    return topics.length === 0 ? ordered : ordered.filter((message) => (message.thread ?? null) === this.#thread);
  }

  #renderFrame() {
    this.#renderStatusbar();
    this.#renderHeader();
    this.#renderFooter();
    this.#renderEmpty();
  }

  #renderStatusbar() {
    fill(this.statusbar, h("span", null, clock(new Date().toISOString())), h("span", { class: "island" }), h("span", { class: "signals" }, h("i", { class: "bars" }), h("i", { class: "battery" })));
  }

  #renderHeader() {
    const bot = this.store.bot;
    const typing = this.#user !== null && this.#chat.typing;
    const status = !this.store.connected || !bot ? "connecting" : this.user?.blocked ? "blocked" : typing ? "typing" : "online";
    redraw(this.header, [currentLanguage(), bot?.name, status], () => this.#headerParts(bot?.name ?? "Tillwise", status));
  }

  #headerParts(name, status) {
    const menu = h("button", { type: "button", class: "icon-button", "aria-label": t("chatMenu"), title: t("chatMenu"), onclick: () => this.#openChatMenu() }, icon("more"));
    return [h("img", { class: "bot-avatar", src: "/static/img/mark.svg", alt: "" }), h("div", { class: "head-words" }, h("h2", null, name), h("p", { class: `status ${status}` }, t(status))), menu];
  }

  #renderFooter() {
    const begun = this.#user !== null && this.#chat.messages.size > 0;
    const part = this.user?.blocked ? "blocked" : begun ? "composer" : "start";
    const focused = this.footer.contains(document.activeElement);
    const facts = part === "composer" ? part : [part, currentLanguage(), Boolean(this.store.bot && this.user), String(this.#invitation)];
    redraw(this.footer, facts, { blocked: () => this.#unblockBar(), composer: () => this.composer.element, start: () => this.#startBar() }[part]);
    if (focused && !this.footer.contains(document.activeElement)) this.log.scroller.focus({ preventScroll: true, focusVisible: false });
    if (part === "composer") this.composer.setKeyboard(this.#chat.keyboard);
  }

  #unblockBar() {
    return h("div", { class: "big-action" }, h("p", null, t("blockedText")), h("button", { type: "button", class: "button primary wide", onclick: () => this.#attempt(simulator.unblock(this.#user)) }, t("unblock")));
  }

  #startBar() {
    const ready = this.store.bot && this.user;
    const asking = this.user?.role === "manager" && this.#invitation === undefined;
    const invited = this.user?.role === "manager" && this.#invitation;
    const [label, run] = asking || invited ? ["inviteJoin", () => this.#join()] : ["start", () => this.#start()];
    return h("div", { class: "big-action" }, h("button", { type: "button", class: "button primary wide start", disabled: !ready || asking, onclick: run }, t(label)));
  }

  #renderEmpty() {
    const show = this.user && this.#chat.loaded && this.#chat.messages.size === 0;
    this.log.empty.hidden = !show;
    if (!show) return;
    const waiting = !this.store.bot;
    const manager = this.role === "manager";
    const title = waiting ? t("noBot") : manager ? t("emptyManager") : t("emptyCustomer", { name: this.user.first_name });
    const text = waiting ? t("noBotText") : t(manager ? "emptyManagerText" : "emptyCustomerText");
    const art = h("img", { src: `/static/img/${manager ? "desk" : "shop"}.svg`, alt: "", class: "empty-art" });
    redraw(this.log.empty, [title, text, this.#invitation], () => [art, h("h3", null, title), h("p", null, text), manager && this.#invitation && this.#inviteBox()]);
  }

  #inviteBox() {
    const copy = h("button", { type: "button", class: "icon-button", "aria-label": t("inviteCopy"), title: t("inviteCopy"), onclick: () => this.#copy(this.#invitation) }, icon("copy"));
    return h("div", { class: "invite" }, icon("manager"), h("div", { class: "invite-words" }, h("strong", null, t("inviteTitle")), h("span", null, this.#invitation)), copy);
  }

  #renderTopics() {
    const { topics } = this.#user === null ? { topics: [] } : this.#chat;
    this.topics.hidden = topics.length === 0;
    this.topics.setAttribute("aria-label", t("topics"));
    const tabs = [{ id: null, name: t("general") }, ...topics];
    redraw(this.topics, [tabs, this.#thread, [...this.#topicUnread]], () => tabs.map((topic) => this.#topicTab(topic)));
    this.topics.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: "nearest", inline: "center" });
  }

  #topicTab(topic) {
    const selected = topic.id === this.#thread;
    const unread = this.#topicUnread.get(topic.id) ?? 0;
    return h("button", { type: "button", class: "topic", role: "tab", "aria-selected": String(selected), tabindex: selected ? "0" : "-1", onclick: () => this.#selectTopic(topic.id) },
      topic.closed && icon("lock"), h("span", null, topic.name), topic.closed && h("span", { class: "sr-only" }, t("closedTopic")), unread > 0 && h("span", { class: "badge" }, String(unread)));
  }

  #selectTopic(id) {
    if (id === this.#thread) return;
    const focused = this.topics.contains(document.activeElement);
    this.#thread = id;
    this.#topicUnread.delete(id);
    this.composer.use(`${this.#user}/${id ?? ""}`);
    this.log.reset();
    this.#renderTopics();
    this.#renderLog(false);
    if (focused) this.topics.querySelector('[aria-selected="true"]').focus();
  }

  #renderLog(animate) {
    if (this.#user === null) return;
    const chat = this.#chat;
    const names = { own: this.user ? fullName(this.user) : "", bot: this.store.bot?.name ?? "Tillwise" };
    this.log.show(this.#visible, { answeredAt: chat.answeredAt, names, quoted: (id) => chat.messages.get(id) ?? null }, { animate });
    this.store.read(this.#user);
  }

  #chatChanged({ kind, message, event }) {
    const handlers = {
      loaded: () => this.render(),
      message: () => this.#arrived(message),
      change: () => this.#renderLog(true),
      typing: () => this.#renderHeader(),
      keyboard: () => this.#refreshed(),
      answer: () => this.#answered(event),
    };
    handlers[kind]?.();
  }

  #arrived(message) {
    const thread = message.thread ?? null;
    this.#renderFrame();
    if (this.#chat.ordered.includes(message) && thread !== this.#thread && this.#chat.topics.some((topic) => topic.id === thread || thread === null)) this.#elsewhere(thread);
    this.#renderLog(true);
  }

  /** News in another topic: follow it when it answers a press of this moment, else count it. */
  #elsewhere(thread) {
    if (Date.now() - this.#pressedAt < FOLLOW_TOPIC && thread !== null) return this.#selectTopic(thread);
    this.#topicUnread.set(thread, (this.#topicUnread.get(thread) ?? 0) + 1);
    return this.#renderTopics();
  }

  #refreshed() {
    this.composer.setKeyboard(this.#chat.keyboard);
    this.#follow();
    this.#renderTopics();
    this.#renderFrame();
    this.#renderLog(true);
  }

  #follow() {
    const newest = this.#chat.ordered.at(-1)?.thread ?? null;
    const known = this.#chat.topics.some((topic) => topic.id === newest);
    if (known && newest !== this.#thread && Date.now() - this.#pressedAt < FOLLOW_TOPIC) this.#selectTopic(newest);
  }

  #answered({ text, alert }) {
    this.screen.querySelectorAll(".waiting").forEach((button) => button.classList.remove("waiting"));
    if (!text) return;
    if (alert) openAlert(this.screen, { title: this.store.bot?.name ?? "Tillwise", text, actions: [{ label: t("ok"), primary: true }] });
    else toast(this.screen, text);
  }

  #messageActions() {
    return {
      press: (message, data, button) => this.#press(message, data, button),
      link: (url) => this.openLink(url),
      menu: (message) => this.#openMessageMenu(message),
      history: (message) => this.#openHistory(message),
      photo: (source, name) => this.#openPhoto(source, name),
    };
  }

  #composerActions() {
    const inThread = () => (this.#thread === null ? {} : { thread: this.#thread });
    return {
      user: () => this.user,
      start: () => this.#start(),
      text: (text, reply) => this.#attempt(simulator.text(this.#user, text, { reply_to: reply?.id, ...inThread() }), "sendFailed"),
      edit: (message, text) => this.#attempt(simulator.edit(this.#user, message.id, text), "sendFailed"),
      file: (file) => this.#attempt(simulator.file(this.#user, { ...file, ...inThread() }), "sendFailed"),
      quick: (text) => this.#attempt(simulator.replyKeyboard(this.#user, text), "sendFailed"),
      location: () => this.#attempt(simulator.location(this.#user), "sendFailed"),
      sticker: () => this.#attempt(simulator.sticker(this.#user), "sendFailed"),
      contact: () => this.#shareContact(),
    };
  }

  /** True when the server took it; else say so, with the server's own reason where it gives one. */
  async #attempt(request, failure = "failed") {
    try {
      await request;
      return true;
    } catch (error) {
      toast(this.screen, error.status ? error.message || t(failure) : t("unreachable"));
      return false;
    }
  }

  #say(key) {
    toast(this.screen, t(key));
  }

  async #press(message, data, button) {
    if (button.classList.contains("waiting")) return;
    button.classList.add("waiting");
    this.#pressedAt = Date.now();
    setTimeout(() => button.classList.remove("waiting"), ANSWER_PATIENCE);
    if (!(await this.#attempt(simulator.press(this.#user, message.id, data)))) button.classList.remove("waiting");
  }

  #start(payload) {
    return this.#attempt(simulator.start(this.#user, payload));
  }

  /** Have whoever holds this phone invited by their own name, in their language; show the invitation where there is one. */
  async invite() {
    const user = this.user;
    if (user?.role !== "manager" || this.store.known(user.id)) return;
    const link = await simulator.invitation(fullName(user), user.language_code);
    if (user.id !== this.#user) return;
    this.#invitation = link;
    this.#renderFrame();
  }

  async #join() {
    await this.#attempt(simulator.open(this.#user, this.#invitation));
    await this.store.open(this.#user).catch(() => undefined);
  }

  #shareContact() {
    const user = this.user;
    if (!user.phone) return this.#say("noPhone");
    const text = t("shareText", { phone: user.phone, bot: this.store.bot?.name ?? "Tillwise" });
    const share = () => this.#attempt(simulator.contact(user.id), "sendFailed");
    return openAlert(this.screen, { title: t("shareTitle"), text, actions: [{ label: t("cancel") }, { label: t("share"), primary: true, run: share }] });
  }

  /** A link of the bot's own opens in this phone, or is for a customer's; any other is shown before it is opened. */
  openLink(url) {
    const own = isBotLink(url, this.store.bot?.username);
    if (own && this.handOver) return this.handOver(url);
    if (own) return this.#attempt(simulator.open(this.#user, url));
    const visit = () => window.open(url, "_blank", "noopener,noreferrer");
    return openAlert(this.screen, { title: t("openLink"), text: `${t("openLinkText")}\n${url}`, actions: [{ label: t("cancel") }, { label: t("open"), primary: true, run: visit }] });
  }

  #openChatMenu() {
    const blocked = this.user?.blocked;
    openMenu(this.screen, { title: this.store.bot?.name ?? "Tillwise", items: [
      this.role === "customer" && { icon: "link", label: t("linkMenu"), run: () => this.#openChannels() },
      this.role === "manager" && this.#invitation && { icon: "manager", label: t("inviteUse"), run: () => this.#join() },
      { icon: "menu", label: t("commands"), run: () => this.composer.openCommands() },
      { icon: "block", label: t(blocked ? "unblock" : "block"), danger: !blocked, run: () => this.#attempt(blocked ? simulator.unblock(this.#user) : simulator.block(this.#user)) },
    ] });
  }

  #openChannels() {
    const channels = CHANNELS.map(([payload, key, name]) => ({ icon: name, label: t(key), hint: t(`${key}Hint`), run: () => this.#start(payload) }));
    const codes = this.store.staff.flatMap(({ user, links }) => (links ?? []).map(({ place, link }) => ({ icon: "user", label: t("agentCode", { name: fullName(this.store.user(user)) }), hint: place, run: () => this.openLink(link) })));
    const items = [...channels, ...codes];
    openMenu(this.screen, { title: t("linkMenu"), hint: t("linkMenuHint"), items });
  }

  #openMessageMenu(message) {
    const own = message.from === "user";
    const words = message.html ? plainText(message.html) : message.text ?? "";
    const name = own ? t("you") : this.store.bot?.name ?? "Tillwise";
    openMenu(this.screen, { title: t("actions"), items: [
      { icon: "reply", label: t("reply"), run: () => this.composer.replyTo(message, name, summary(message)) },
      own && words && { icon: "edit", label: t("edit"), run: () => this.composer.edit(message, words) },
      words && { icon: "copy", label: t("copy"), run: () => this.#copy(words) },
      message.edits?.length > 0 && { icon: "clock", label: t("editHistory"), run: () => this.#openHistory(message) },
    ] });
  }

  async #copy(text) {
    try {
      await navigator.clipboard.writeText(text);
      this.#say("copied");
    } catch {
      this.#say("failed");
    }
  }

  #openHistory(message) {
    const versions = [...(message.edits ?? []), message.html ?? message.text ?? ""].map((version) => (typeof version === "string" ? version : version.html ?? ""));
    const entries = versions.map((html, index) => {
      const title = index === versions.length - 1 ? t("current") : t("version", { n: index + 1 });
      return h("li", null, h("span", { class: "version" }, title), h("div", { class: "words" }, renderMarkup(html, (url) => this.openLink(url))));
    });
    openLayer(this.screen, { title: t("editHistory"), content: [h("ol", { class: "history" }, entries.reverse())] });
  }

  #openPhoto(source, name) {
    openLayer(document.body, { kind: "lightbox", title: name || t("photo"), content: [h("img", { src: source, alt: name || t("photoAlt") })] });
  }
}

function isBotLink(url, username) {
  const parsed = new URL(url);
  if (parsed.protocol === "tg:") return (parsed.searchParams.get("domain") ?? "").toLowerCase() === username?.toLowerCase();
  return parsed.hostname === "t.me" && parsed.pathname.slice(1).toLowerCase() === username?.toLowerCase();
}

/** Left and right move between tabs, as in every tab strip. */
export function moveInTabs(event) {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!step) return;
  const tabs = [...event.currentTarget.querySelectorAll('[role="tab"]')];
  const next = tabs[(tabs.indexOf(document.activeElement) + step + tabs.length) % tabs.length];
  event.preventDefault();
  next.focus();
  next.click();
}
