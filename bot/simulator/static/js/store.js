/** What the page knows of the simulator: users, their chats, and who is being looked at. It changes by events, never by polling. */

import { simulator } from "./api.js";
import { Stream } from "./stream.js";

const TYPING = 5_000;
const STAFF = ["manager", "supervisor", "agent"];

class Chat {
  messages = new Map();
  keyboard = null;
  topics = [];
  seq = 0;
  loaded = false;
  typing = false;
  unread = 0;
  typingTimer = 0;

  /** Messages as they stand in the chat, oldest first; deleted ones and service messages, which say nothing, are left out. */
  get ordered() {
    return [...this.messages.values()].filter((message) => !message.deleted && saysSomething(message)).sort((a, b) => a.id - b.id);
  }

  put(message) {
    const known = this.messages.get(message.id);
    if (known && known.seq > message.seq) return false;
    this.messages.set(message.id, message);
    return !known;
  }

  /** The newest change by the bot: what the customer sent before it has been read. */
  get answeredAt() {
    return Math.max(0, ...[...this.messages.values()].filter((message) => message.from === "bot").map((message) => message.seq));
  }
}

const saysSomething = ({ text, html, media, contact, location }) => Boolean(text || html || media || contact || location);

/**
 * Dispatches `users`, `bot`, `faults`, `connection`, `resynchronised`, and per chat `chat` with detail
 * `{user, kind: "loaded"|"message"|"change"|"typing"|"keyboard"|"topics"|"answer", message?, event?}`.
 */
export class Store extends EventTarget {
  bots = [];
  users = [];
  staff = [];
  faults = {};
  seq = 0;
  connected = false;
  #chats = new Map();
  #stream = null;

  async load() {
    const before = this.seq;
    const state = await simulator.state();
    if (state.seq < before) this.#forget();
    this.#adopt(state);
  }

  /** The server began anew: what was known belongs to another life of it. */
  #forget() {
    this.#chats.clear();
    this.seq = 0;
  }

  listen() {
    this.#stream = new Stream("/simulator/events", {
      event: (event) => this.#take(event),
      open: (again) => this.#connection(true, again),
      lost: () => this.#connection(false),
    }, this.seq);
    this.#stream.start();
  }

  get bot() {
    return this.bots[0] ?? null;
  }

  user(id) {
    return this.users.find((user) => user.id === id) ?? null;
  }

  /** Who may sit in a seat of the page: the customers, or everybody who works for the lender. */
  inSeat(seat) {
    return this.users.filter(({ role }) => (seat === "manager" ? STAFF.includes(role) : role === seat));
  }

  /** What the demo tells of somebody who works there: photo, and an agent's links. */
  known(id) {
    return this.staff.find(({ user }) => user === id) ?? null;
  }

  /** Have the lender's staff come in, where there is one; they speak `language`. */
  async hire(language) {
    this.staff = await simulator.staff(language);
    if (this.staff.some(({ user }) => this.user(user) === null)) await this.load();
    else this.#emit("users");
  }

  chat(id) {
    if (!this.#chats.has(id)) this.#chats.set(id, new Chat());
    return this.#chats.get(id);
  }

  async createUser(fields) {
    const user = await simulator.createUser(fields);
    if (!this.user(user.id)) this.users.push({ role: fields.role ?? "customer", blocked: false, ...user });
    this.#emit("users");
    return user;
  }

  /** Bring a chat up to date from the server; the first time, all of it. */
  async open(id) {
    const chat = this.chat(id);
    const first = !chat.loaded;
    const fresh = await simulator.chat(id, chat.seq);
    fresh.messages.forEach((message) => chat.put(message));
    if (fresh.seq >= chat.seq) Object.assign(chat, { keyboard: fresh.keyboard, topics: fresh.topics ?? [], seq: fresh.seq, loaded: true });
    this.#emitChat(id, first ? "loaded" : "keyboard");
  }

  read(id) {
    if (this.chat(id).unread === 0) return;
    this.chat(id).unread = 0;
    this.#emit("users");
  }

  #adopt({ bots, users, faults, seq }) {
    Object.assign(this, { bots, users, faults: faults ?? {}, seq: Math.max(seq, this.seq) });
    this.#emit("users");
    this.#emit("faults");
  }

  async #connection(connected, again = false) {
    this.connected = connected;
    this.#emit("connection");
    if (!again) return undefined;
    await this.load();
    if (this.seq < Number(this.#stream.lastId)) return this.#stream.resumeFrom(this.seq);
    const open = [...this.#chats].filter(([, chat]) => chat.loaded).map(([id]) => this.open(id));
    await Promise.allSettled(open);
    return this.#emit("resynchronised");
  }

  #take(event) {
    this.seq = Math.max(this.seq, event.seq ?? 0);
    const handler = this.#handlers[event.type];
    if (handler) handler(event);
  }

  #handlers = {
    message: (event) => this.#message(event),
    edit: (event) => this.#change(event),
    delete: (event) => this.#change({ ...event, message: { ...event.message, deleted: true } }),
    callback_answer: (event) => this.#emitChat(event.user, "answer", { event }),
    typing: (event) => this.#typing(event.user, true),
    keyboard: (event) => this.#refresh(event.user),
    topic: (event) => this.#refresh(event.user),
    user: () => this.load(),
    bot: () => this.load().then(() => this.#emit("bot")),
    faults: () => this.load(),
  };

  #message({ user, message }) {
    const chat = this.chat(user);
    const isNew = chat.put(message);
    if (message.from === "bot") this.#typing(user, false);
    if (isNew && message.from === "bot" && saysSomething(message)) chat.unread += 1;
    this.#emitChat(user, isNew ? "message" : "change", { message });
    this.#emit("users");
  }

  #change({ user, message }) {
    const chat = this.chat(user);
    const known = chat.messages.get(message?.id);
    if (message) chat.put({ ...known, ...message, seq: message.seq ?? known?.seq ?? 0 });
    this.#emitChat(user, "change", { message });
  }

  #typing(user, typing) {
    const chat = this.chat(user);
    clearTimeout(chat.typingTimer);
    chat.typing = typing;
    if (typing) chat.typingTimer = setTimeout(() => this.#typing(user, false), TYPING);
    this.#emitChat(user, "typing");
  }

  #refresh(user) {
    if (this.chat(user).loaded) this.open(user).catch(() => undefined);
  }

  #emit(type) {
    this.dispatchEvent(new Event(type));
  }

  #emitChat(user, kind, detail = {}) {
    this.dispatchEvent(new CustomEvent("chat", { detail: { user, kind, ...detail } }));
  }
}
