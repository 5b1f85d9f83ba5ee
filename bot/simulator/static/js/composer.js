/** Where the customer writes: text, commands, attachments, voice, quick replies. It reports through `act`, it knows no server. */

import { fill, h } from "./dom.js";
import { icon } from "./icons.js";
import { t } from "./i18n.js";
import { moveByArrows, openLayer, openMenu, toast } from "./overlays.js";
import { recordVoice, sampleLicence, sampleVoice } from "./samples.js";
import { duration, fileSize } from "./time.js";

const COMMANDS = [
  ["/start", "cmdStart", "forward"], ["/help", "cmdHelp", "help"], ["/human", "cmdHuman", "manager"], ["/back", "cmdBack", "undo"],
  ["/cancel", "cmdCancel", "close"], ["/language", "cmdLanguage", "globe"], ["/privacy", "cmdPrivacy", "shield"],
];

export class Composer {
  #drafts = new Map();
  #key = "";
  #mode = null;
  #keyboard = null;
  #recording = null;

  /** @param act `{text, start, file, contact, location, sticker, quick, edit, user()}` */
  constructor({ act, host }) {
    Object.assign(this, { act, host });
    this.input = h("textarea", { class: "composer-input", rows: "1", enterkeyhint: "send", oninput: () => this.#typed(), onkeydown: (event) => this.#keyed(event), onpaste: (event) => this.#pasted(event) });
    this.commandsButton = this.#button("menu", () => this.openCommands());
    this.attachButton = this.#button("attach", () => this.openAttach());
    this.keyboardButton = this.#button("keyboard", () => this.#toggleKeyboard());
    this.keyboardButton.hidden = true;
    this.sendButton = h("button", { type: "button", class: "send", onclick: () => this.#sendOrRecord() });
    this.context = h("div", { class: "composer-context", hidden: true });
    this.suggestions = h("div", { class: "suggestions", hidden: true, onkeydown: moveByArrows });
    this.quick = h("div", { class: "quick", hidden: true });
    this.bar = h("div", { class: "composer-bar" }, this.commandsButton, this.attachButton, h("div", { class: "composer-field" }, this.input, this.keyboardButton), this.sendButton);
    this.element = h("div", { class: "composer" }, this.suggestions, this.context, this.bar, this.quick);
  }

  #button(name, onclick) {
    return h("button", { type: "button", class: "icon-button", onclick }, icon(name));
  }

  /** Words in the page's language. */
  translate() {
    const labels = [[this.commandsButton, "commands"], [this.attachButton, "attach"], [this.keyboardButton, this.quick.hidden ? "keyboardShow" : "keyboardHide"]];
    labels.forEach(([button, key]) => { button.setAttribute("aria-label", t(key)); button.title = t(key); });
    this.input.placeholder = this.#keyboard?.placeholder || t("message");
    this.input.setAttribute("aria-label", t("message"));
    this.#showMode();
    this.#typed();
  }

  /** Move to the draft of another chat. */
  use(key) {
    this.#drafts.set(this.#key, this.input.value);
    this.#key = key;
    this.input.value = this.#drafts.get(key) ?? "";
    this.#setMode(null);
    this.#typed();
  }

  setKeyboard(keyboard) {
    const same = JSON.stringify(keyboard) === JSON.stringify(this.#keyboard);
    this.#keyboard = keyboard;
    if (same) return;
    const none = !keyboard?.rows?.length;
    this.quick.hidden = none;
    this.keyboardButton.hidden = none;
    fill(this.quick, (keyboard?.rows ?? []).map((row) => h("div", { class: "quick-row" }, row.map((button) => this.#quickButton(button)))));
    this.translate();
  }

  #quickButton(button) {
    const pressed = () => {
      if (this.#keyboard?.one_time) this.quick.hidden = true;
      if (button.request_contact) return this.act.contact();
      return button.request_location ? this.act.location() : this.act.quick(button.text);
    };
    const picture = button.request_contact ? "phone" : button.request_location ? "pin" : null;
    return h("button", { type: "button", class: "quick-button", onclick: pressed }, picture && icon(picture), h("span", null, button.text));
  }

  #toggleKeyboard() {
    this.quick.hidden = !this.quick.hidden;
    this.translate();
  }

  replyTo(message, name, words) {
    this.#setMode({ kind: "reply", message, title: t("replyTo", { name }), words });
    this.input.focus();
  }

  edit(message, words) {
    this.#setMode({ kind: "edit", message, title: t("editing"), words });
    this.input.value = words;
    this.#typed();
    this.input.focus();
  }

  #setMode(mode) {
    if (this.#mode?.kind === "edit" && mode?.kind !== "edit") this.input.value = "";
    this.#mode = mode;
    this.#showMode();
  }

  #showMode() {
    this.context.hidden = !this.#mode;
    if (!this.#mode) return;
    const close = h("button", { type: "button", class: "icon-button", "aria-label": t("cancel"), onclick: () => { this.#setMode(null); this.#typed(); } }, icon("close"));
    fill(this.context, icon(this.#mode.kind === "edit" ? "edit" : "reply"), h("span", { class: "context-words" }, h("strong", null, this.#mode.title), h("span", null, this.#mode.words)), close);
  }

  #typed() {
    this.input.style.height = "auto";
    this.input.style.height = `${Math.min(this.input.scrollHeight, 140)}px`;
    const empty = this.input.value.trim() === "";
    const [name, label] = this.#recording ? ["stop", "stopSend"] : empty ? ["mic", "record"] : this.#mode?.kind === "edit" ? ["check", "save"] : ["send", "send"];
    fill(this.sendButton, icon(name));
    this.sendButton.classList.toggle("ready", !empty || Boolean(this.#recording));
    this.sendButton.setAttribute("aria-label", t(label));
    this.#suggest();
  }

  #suggest() {
    const typed = this.input.value;
    const fitting = /^\/\w*$/.test(typed) ? COMMANDS.filter(([command]) => command.startsWith(typed)) : [];
    this.suggestions.hidden = fitting.length === 0;
    fill(this.suggestions, fitting.map(([command, key]) => h("button", { type: "button", class: "suggestion", onclick: () => this.#command(command) }, h("strong", null, command), h("span", null, t(key)))));
  }

  #keyed(event) {
    if (event.key === "Escape" && (this.#mode || this.input.value.startsWith("/"))) return this.#escape(event);
    if (event.key === "ArrowUp" && !this.suggestions.hidden) return this.#into(event, this.suggestions.lastChild);
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return undefined;
    event.preventDefault();
    return this.#send();
  }

  #escape(event) {
    event.stopPropagation();
    if (this.#mode) this.#setMode(null);
    else this.input.value = "";
    this.#typed();
  }

  #into(event, node) {
    event.preventDefault();
    node?.focus();
  }

  #pasted(event) {
    const [file] = event.clipboardData?.files ?? [];
    if (!file) return;
    event.preventDefault();
    this.#confirmFile(file);
  }

  #sendOrRecord() {
    if (this.#recording) return this.#finishRecording();
    return this.input.value.trim() === "" ? this.#record() : this.#send();
  }

  async #send() {
    const text = this.input.value.trim();
    if (text === "") return;
    const mode = this.#mode;
    this.input.value = "";
    this.#mode = null;
    this.#showMode();
    this.#typed();
    const sent = await (mode?.kind === "edit" ? this.act.edit(mode.message, text) : this.act.text(text, mode?.message));
    if (sent === false && this.input.value === "") this.input.value = text;
    this.#typed();
  }

  #command(command) {
    this.input.value = "";
    this.#typed();
    this.input.focus({ preventScroll: true });
    return command === "/start" ? this.act.start() : this.act.text(command);
  }

  openCommands() {
    const items = COMMANDS.map(([command, key, name]) => ({ icon: name, label: t(key), hint: command, run: () => this.#command(command) }));
    openMenu(this.host, { title: t("commands"), items });
  }

  openAttach() {
    openMenu(this.host, { title: t("attach"), items: [
      { icon: "photo", label: t("photo"), run: () => this.#choose("image/*") },
      { icon: "file", label: t("file"), run: () => this.#choose("") },
      { icon: "mic", label: t("voice"), run: () => this.#record() },
      { icon: "licence", label: t("sample"), hint: t("sampleHint"), run: async () => this.#confirmFile(await sampleLicence(this.act.user()?.first_name ?? "")) },
      { icon: "phone", label: t("ownPhone"), run: () => this.act.contact() },
      { icon: "pin", label: t("location"), run: () => this.act.location() },
      { icon: "sticker", label: t("sticker"), run: () => this.act.sticker() },
    ] });
  }

  #choose(accept) {
    const input = h("input", { type: "file", accept });
    input.addEventListener("change", () => input.files[0] && this.#confirmFile(input.files[0]));
    input.click();
  }

  #confirmFile(file) {
    const picture = file.type.startsWith("image/");
    const preview = picture ? URL.createObjectURL(file) : null;
    const caption = h("input", { class: "input", type: "text", placeholder: t("caption"), "aria-label": t("caption"), maxlength: "1024" });
    const shown = picture ? h("img", { class: "file-preview", src: preview, alt: file.name }) : h("div", { class: "file" }, h("span", { class: "file-badge" }, icon("file")), h("span", { class: "file-words" }, h("span", { class: "file-name" }, file.name), h("span", { class: "file-size" }, fileSize(file.size))));
    const form = h("form", { class: "file-form" }, shown, caption, h("button", { type: "submit", class: "button primary wide" }, icon("send"), t("send")));
    const layer = openLayer(this.host, { title: t("sendFile"), content: [form] });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      layer.close();
      this.act.file({ kind: picture ? "photo" : "document", file, caption: caption.value.trim() });
    });
  }

  async #record() {
    try {
      this.#recording = { voice: await recordVoice(), since: Date.now() };
    } catch {
      toast(this.host, t("noMicrophone"));
      return this.act.file({ kind: "voice", file: sampleVoice() });
    }
    this.#recording.timer = setInterval(() => this.#showRecording(), 500);
    this.#showRecording();
    return this.#typed();
  }

  #showRecording() {
    const time = duration((Date.now() - this.#recording.since) / 1000);
    this.context.hidden = false;
    fill(this.context, h("span", { class: "recording-dot" }), h("span", { class: "context-words" }, t("recording", { time })));
  }

  async #finishRecording() {
    const { voice, timer } = this.#recording;
    clearInterval(timer);
    this.#recording = null;
    this.context.hidden = true;
    const file = await voice.stop();
    this.#typed();
    return this.act.file({ kind: "voice", file });
  }
}
