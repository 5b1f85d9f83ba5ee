/** The people of the demo: examples of each segment, the switcher above a phone, and the form for a new one. */

import { fill, h, redraw } from "./dom.js";
import { currentLanguage, t } from "./i18n.js";
import { fullName } from "./names.js";
import { openLayer, openMenu, toast } from "./overlays.js";
import { icon } from "./icons.js";

const CUSTOMERS = [
  { segment: "segSole", bio: "bioSole", phone: "+8613800138101", zh: ["林秀英", ""], en: ["Xiuying", "Lin"], hue: "pine" },
  { segment: "segSmall", bio: "bioSmall", phone: "+8613900139202", zh: ["陈志远", ""], en: ["Zhiyuan", "Chen"], hue: "indigo" },
  { segment: "segFarmer", bio: "bioFarmer", phone: "+8613700137303", zh: ["王大山", ""], en: ["Dashan", "Wang"], hue: "ochre" },
  { segment: "segFlexible", bio: "bioFlexible", phone: "+8613600136404", zh: ["周小北", ""], en: ["Xiaobei", "Zhou"], hue: "rose" },
];
const MANAGERS = [
  { phone: "+8613500135505", zh: ["方雅", ""], en: ["Ya", "Fang"] },
  { phone: "+8613400134606", zh: ["何建国", ""], en: ["Jianguo", "He"] },
  { phone: "+8613300133707", zh: ["苏敏", ""], en: ["Min", "Su"] },
];
const CHIPS = 4;
const HUES = ["pine", "indigo", "ochre", "rose"];

/** A round avatar: the photo, else the initial of the name. */
export function avatar(user, photo) {
  if (photo) return h("img", { class: "avatar", src: photo, alt: "" });
  const initial = [...fullName(user)][0]?.toUpperCase() ?? "?";
  return h("span", { class: `avatar hue-${HUES[Math.abs(Number(user.id)) % HUES.length]}`, "aria-hidden": "true" }, initial);
}

const fieldsOf = (example, language, role) => ({
  first_name: example[language][0], last_name: example[language][1], language_code: language, phone: example.phone, role,
});

const complete = (fields) => Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== "" && value !== undefined));

/** The next example nobody plays yet, of customers or managers. */
export function nextExample(role, taken) {
  const examples = role === "manager" ? MANAGERS : CUSTOMERS;
  const phones = new Set(taken.map((user) => user.phone));
  return examples.find((example) => !phones.has(example.phone)) ?? examples[taken.length % examples.length];
}

export const exampleUser = (role, taken = []) => complete(fieldsOf(nextExample(role, taken), currentLanguage(), role));

/** The bar above a phone: who is playing, and the way to somebody else. */
export class PersonaBar {
  constructor({ role, store, select, selected, host }) {
    Object.assign(this, { role, store, select, selected, host });
    this.element = h("div", { class: "persona" });
    store.addEventListener("users", () => this.render());
  }

  render() {
    const user = this.selected();
    const others = this.store.inSeat(this.role).filter((other) => other.id !== user?.id).map((other) => ({ ...other, unread: this.store.chat(other.id).unread }));
    const unread = others.reduce((sum, other) => sum + other.unread, 0);
    redraw(this.element, [currentLanguage(), user, others, this.store.staff], () => [this.#button(user, unread), this.#colleagues(others)]);
  }

  #avatar(user) {
    return avatar(user, this.store.known(user.id)?.photo);
  }

  /** Everybody else at one tap, where the page is wide enough. */
  #colleagues(others) {
    const chip = (other) => {
      const name = t("switchTo", { name: fullName(other), role: t(other.role) });
      const label = other.unread > 0 ? `${name} (${t("newMessages", { n: other.unread })})` : name;
      return h("button", { type: "button", class: "persona-chip", "aria-label": label, title: label, onclick: () => this.select(other.id) }, this.#avatar(other), other.unread > 0 && h("span", { class: "dot" }));
    };
    return h("div", { class: "colleagues" }, others.slice(0, CHIPS).map(chip));
  }

  #button(user, unread) {
    const who = user ? [this.#avatar(user), h("span", { class: "persona-words" }, h("span", { class: "persona-role" }, t(user.role)), h("span", { class: "persona-name" }, fullName(user)))] : t(this.role);
    const label = `${t(this.role === "manager" ? "switchManager" : "switchCustomer")}${user ? ` (${fullName(user)})` : ""}`;
    return h("button", { type: "button", class: "persona-button", "aria-haspopup": "dialog", "aria-label": label, onclick: () => this.open() }, who, unread > 0 && h("span", { class: "badge" }, String(unread)), icon("chevron", "persona-chevron"));
  }

  open() {
    const users = this.store.inSeat(this.role).map((user) => this.#item(user));
    const create = { mark: h("span", { class: "menu-icon round" }, icon("plus")), label: t(this.role === "manager" ? "newManager" : "newCustomer"), run: () => this.create() };
    openMenu(this.host(), { title: t(this.role === "manager" ? "managers" : "customers"), items: [...users, create] });
  }

  #item(user) {
    const role = user.role === "customer" ? "" : `${t(user.role)} · `;
    const hint = `${role}${user.language_code === "zh" ? t("chinese") : t("english")}${user.phone ? ` · ${user.phone}` : ""}`;
    return { mark: this.#avatar(user), label: fullName(user), hint, badge: this.store.chat(user.id).unread, current: user.id === this.selected()?.id, run: () => this.select(user.id) };
  }

  create() {
    openForm(this.host(), this.role, this.store.inSeat(this.role), async (fields) => {
      const user = await this.store.createUser(fields);
      this.select(user.id);
    });
  }
}

function openForm(host, role, taken, done) {
  const form = h("form", { class: "persona-form", novalidate: true });
  const layer = openLayer(host, { title: t(role === "manager" ? "newManager" : "newCustomer"), hint: t("newCustomerHint"), content: [form] });
  const chosen = nextExample(role, taken);
  const inputs = formInputs(fieldsOf(chosen, currentLanguage(), role));
  const put = (example) => Object.entries(fieldsOf(example, inputs.language_code.value, role)).forEach(([name, value]) => { if (inputs[name]) inputs[name].value = value; });
  const examples = role === "manager" ? null : exampleCards(chosen, put);
  const submit = h("button", { type: "submit", class: "button primary wide" }, t("create"));
  fill(form, examples,
    h("div", { class: "pair" }, field("givenName", inputs.first_name), field("familyName", inputs.last_name)),
    field("phoneField", inputs.phone), field("userLanguage", inputs.language_code), submit);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (inputs.first_name.value.trim() === "") return inputs.first_name.focus();
    submit.disabled = true;
    try {
      await done(complete({ ...Object.fromEntries(Object.entries(inputs).map(([name, input]) => [name, input.value.trim()])), role }));
      layer.close();
    } catch {
      submit.disabled = false;
      toast(host, t("failed"));
    }
  });
}

function formInputs(values) {
  const input = (name, type = "text") => h("input", { class: "input", type, name, value: values[name], autocomplete: "off", required: name === "first_name" });
  const option = (code, label) => h("option", { value: code, selected: values.language_code === code }, label);
  const language = h("select", { class: "input", name: "language_code" }, option("zh", t("chinese")), option("en", t("english")));
  return { first_name: input("first_name"), last_name: input("last_name"), language_code: language, phone: input("phone", "tel") };
}

const field = (key, input) => h("label", { class: "field" }, h("span", null, t(key)), input);

function exampleCards(chosen, put) {
  const group = h("div", { class: "examples", role: "radiogroup", "aria-label": t("newCustomerHint") });
  const mark = (card) => [...group.children].forEach((other) => other.setAttribute("aria-checked", String(other === card)));
  fill(group, CUSTOMERS.map((example) => h("button", {
    type: "button", class: `example hue-${example.hue}`, role: "radio", "aria-checked": String(example === chosen),
    onclick: (event) => { mark(event.currentTarget); put(example); },
  }, h("strong", null, t(example.segment)), h("span", null, t(example.bio)))));
  return group;
}
