/** The page: two phones, the lender, and what surrounds them. */

import { h, redraw } from "./dom.js";
import { activeFaults, openFaults } from "./faults.js";
import { icon } from "./icons.js";
import { currentLanguage, languages, t, useLanguage } from "./i18n.js";
import { LenderPanel } from "./lender.js";
import { openAlert, openMenu, toast } from "./overlays.js";
import { fullName } from "./names.js";
import { exampleUser } from "./personas.js";
import { Phone, moveInTabs } from "./phone.js";
import { Store } from "./store.js";

const VIEWS = [["customer", "user"], ["manager", "manager"], ["lender", "bank"]];
const LABELS = { zh: "中文", en: "English" };

const store = new Store();
const phones = { customer: new Phone({ role: "customer", store }), manager: new Phone({ role: "manager", store, handOver: (url) => handOver(url) }) };
const lender = new LenderPanel();
const root = document.documentElement;
const topbar = h("header", { class: "topbar" });
const tabs = h("nav", { class: "tabs" });
const stage = h("main", { class: "stage" }, phones.customer.seat, phones.manager.seat, lender.seat);

let view = "customer";

function isDark() {
  const chosen = root.dataset.theme;
  return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

function switchTheme() {
  root.dataset.theme = isDark() ? "light" : "dark";
  localStorage.setItem("tillwise.theme", root.dataset.theme);
  renderFrame();
}

function switchLanguage(language) {
  useLanguage(language);
  render();
}

function languageSwitch() {
  const option = (language) => h("button", { type: "button", lang: language, "aria-pressed": String(language === currentLanguage()), onclick: () => switchLanguage(language) }, LABELS[language]);
  return h("div", { class: "language", role: "group", "aria-label": t("language") }, languages().map(option));
}

function renderTopbar() {
  const facts = { language: currentLanguage(), dark: isDark(), faults: activeFaults(store.faults), waiting: lender.waiting, open: stage.classList.contains("lender-open") };
  redraw(topbar, facts, () => topbarParts(facts));
}

function topbarParts({ dark, faults: count, waiting, open }) {
  const faults = h("button", { type: "button", class: "bar-button", "aria-haspopup": "dialog", onclick: () => openFaults(store) }, icon("bolt"), h("span", null, t("faults")), count > 0 && h("span", { class: "badge" }, String(count)));
  const bank = h("button", { type: "button", class: "bar-button lender-toggle", "aria-expanded": String(open), onclick: toggleLender }, icon("bank"), h("span", null, t("lender")), waiting > 0 && h("span", { class: "badge" }, String(waiting)));
  const theme = h("button", { type: "button", class: "icon-button", "aria-label": t("theme"), title: t("theme"), onclick: switchTheme }, icon(dark ? "sun" : "moon"));
  const brand = h("div", { class: "brand" }, h("h1", null, "Tillwise"), h("p", null, t("tagline")));
  return [h("img", { src: "/static/img/mark.svg", alt: "", class: "brand-mark" }), brand, h("div", { class: "bar-tools" }, bank, faults, languageSwitch(), theme)];
}

function toggleLender() {
  stage.classList.toggle("lender-open");
  renderTopbar();
}

function unread(name) {
  if (name === "lender") return lender.waiting;
  return store.inSeat(name).reduce((sum, user) => sum + store.chat(user.id).unread, 0);
}

function renderTabs() {
  const counts = Object.fromEntries(VIEWS.map(([name]) => [name, name === view ? 0 : unread(name)]));
  redraw(tabs, { language: currentLanguage(), view, counts }, () => tabParts(counts));
}

function tabParts(counts) {
  const tab = ([name, picture]) => h("button", {
    type: "button", role: "tab", class: `tab ${name}`, id: `tab-${name}`, "aria-selected": String(name === view), "aria-controls": `seat-${name}`, tabindex: name === view ? "0" : "-1", onclick: () => show(name),
  }, icon(picture), h("span", null, t(name === "manager" ? "team" : name)), counts[name] > 0 && h("span", { class: "badge" }, String(counts[name])));
  const more = h("button", { type: "button", class: "tab", "aria-haspopup": "dialog", onclick: openMore }, icon("dots"), h("span", null, t("more")));
  return [h("div", { role: "tablist", "aria-label": t("views"), class: "tablist", onkeydown: moveInTabs }, VIEWS.map(tab)), more];
}

function openMore() {
  const other = languages().find((language) => language !== currentLanguage());
  openMenu(document.body, { title: t("moreTitle"), items: [
    { icon: "globe", label: LABELS[other], run: () => switchLanguage(other) },
    { icon: isDark() ? "sun" : "moon", label: t("theme"), run: switchTheme },
    { icon: "bolt", label: t("faults"), badge: activeFaults(store.faults), run: () => openFaults(store) },
  ] });
}

function show(name) {
  view = name;
  stage.dataset.view = name;
  renderTabs();
  tabs.querySelector('[aria-selected="true"]').focus({ focusVisible: false });
}

function renderFrame() {
  renderTopbar();
  renderTabs();
}

function render() {
  root.lang = currentLanguage();
  document.title = t("title");
  renderFrame();
  Object.values(phones).forEach((phone) => phone.render());
  lender.render();
}

/** Staff show their phone to a customer, who scans the code there: the link opens on the customer's own. */
function handOver(url) {
  const customer = phones.customer.user;
  openAlert(phones.manager.screen, { title: t("handOver", { name: customer ? fullName(customer) : t("customer") }), text: url, actions: [
    { label: t("cancel") },
    { label: t("open"), primary: true, run: () => { show("customer"); phones.customer.openLink(url); } },
  ] });
}

/** A fresh simulator gets one customer and the demo's staff, or one manager; a lock keeps two pages from both making them. */
async function populate() {
  const make = async () => {
    await store.load();
    await store.hire(currentLanguage());
    for (const seat of ["customer", "manager"]) if (store.inSeat(seat).length === 0) await store.createUser(exampleUser(seat));
  };
  return navigator.locks ? navigator.locks.request("tillwise.populate", make) : make();
}

/** The simulator was started anew under an open page: people again, and the phones in their hands. */
async function repopulate() {
  if (store.inSeat("customer").length > 0 && store.inSeat("manager").length > 0) return;
  await begin();
  await Promise.allSettled(Object.values(phones).filter((phone) => phone.user === null).map((phone) => phone.restore()));
}

async function begin() {
  for (;;) {
    try {
      return await populate();
    } catch {
      toast(document.body, t("unreachable"));
      await new Promise((done) => setTimeout(done, 3000));
    }
  }
}

async function main() {
  root.dataset.theme = localStorage.getItem("tillwise.theme") ?? "";
  if (root.dataset.theme === "") delete root.dataset.theme;
  stage.dataset.view = view;
  document.body.append(topbar, stage, tabs);
  render();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", renderFrame);
  store.addEventListener("users", renderTabs);
  store.addEventListener("faults", renderFrame);
  lender.seat.addEventListener("changed", renderFrame);
  await begin();
  store.listen();
  store.addEventListener("resynchronised", repopulate);
  store.addEventListener("bot", () => phones.manager.invite());
  lender.start();
  await Promise.allSettled([phones.customer.restore(), phones.manager.restore()]);
}

main();
