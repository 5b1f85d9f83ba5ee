/** The lender's panel: every application, where it stands, and what the lender does with it next. */

import { lender } from "./api.js";
import { fill, h, redraw } from "./dom.js";
import { icon } from "./icons.js";
import { currentLanguage, humanised, stageName, t, word } from "./i18n.js";
import { openLayer, openMenu, toast, toggle } from "./overlays.js";
import { Stream } from "./stream.js";
import { ago, money } from "./time.js";

const PHASES = ["received", "documents", "risk", "decision", "payout"];
const PHASE_OF = {
  draft: 0, consented: 0, submitted: 0, docs_check: 1, docs_missing: 1, credit_authorised: 2, risk_review: 2, site_visit: 2, decision: 3, approved: 3,
  counter_offer: 3, declined: 3, signing: 4, collateral: 4, disbursing: 4, disbursed: 5, repaying: 5, settled: 5, withdrawn: 0, expired: 0,
};
const ENDED = { declined: "bad", withdrawn: "bad", expired: "bad", disbursed: "good", repaying: "good", settled: "good", approved: "good" };
const isPaidOut = (stage) => PHASE_OF[stage] === PHASES.length;
const DECIDABLE = new Set(["submitted", "docs_check", "docs_missing", "credit_authorised", "risk_review", "site_visit", "decision"]);
const PACES = [2, 5, 8, 15, 30];
const DELAYS = [30, 120, 600];

export class LenderPanel {
  #applications = new Map();
  #cards = new Map();
  #settings = {};
  #options = { documents: [], reasons: [], stages: [], products: [], answers: [] };
  #away = true;
  #meanwhile = null;
  #asked = false;

  constructor() {
    this.head = h("header", { class: "lender-head" });
    this.list = h("div", { class: "lender-list", tabindex: "0", role: "region" });
    this.screen = h("div", { class: "lender-panel" }, this.head, this.list);
    this.seat = h("section", { class: "seat lender", id: "seat-lender" }, this.screen);
  }

  /** Listen; whenever the lender can be reached, what it holds is read anew. */
  start() {
    new Stream("/lender/control/events", { event: (event) => this.#take(event), open: () => this.#load(), lost: () => undefined }).start();
    setInterval(() => this.#renderTimes(), 15_000);
  }

  /** Read everything; what is pushed meanwhile is newer than what was read, and is taken after it. */
  async #load() {
    this.#meanwhile = [];
    await this.#read();
    const news = this.#meanwhile;
    this.#meanwhile = null;
    this.#asked = true;
    news.forEach((event) => this.#apply(event));
    this.render();
  }

  async #read() {
    try {
      const [{ automatic, applications }, options, settings] = await Promise.all([lender.applications(), lender.options(), lender.settings()]);
      this.#applications = new Map(applications.map((application) => [application.reference, application]));
      this.#options = { documents: [], reasons: [], stages: [], products: [], answers: [], ...options };
      this.#settings = { automatic, ...settings };
      this.#away = false;
    } catch {
      this.#away = this.#applications.size === 0;
    }
  }

  #take(event) {
    if (this.#meanwhile) return this.#meanwhile.push(event);
    this.#apply(event);
    return this.render();
  }

  #apply(event) {
    if (event.type === "application") this.#applications.set(event.application.reference, event.application);
    if (event.type === "settings") this.#settings = { ...this.#settings, ...(event.settings ?? withoutType(event)) };
    this.#away = false;
  }

  get waiting() {
    return [...this.#applications.values()].filter((application) => application.acts_next === "lender" && !(application.stage in ENDED)).length;
  }

  render() {
    this.seat.setAttribute("aria-label", t("lender"));
    this.list.setAttribute("aria-label", t("applications"));
    this.#renderHead();
    this.#renderList();
    this.seat.dispatchEvent(new CustomEvent("changed", { bubbles: true }));
  }

  #renderHead() {
    redraw(this.head, [currentLanguage(), this.#away, this.#settings.automatic], () => this.#headParts());
  }

  #headParts() {
    const more = h("button", { type: "button", class: "icon-button", "aria-label": t("settings"), title: t("settings"), disabled: this.#away, onclick: () => this.#openSettings() }, icon("gear"));
    const automatic = toggle({ label: t("automatic"), hint: t("automaticHint"), checked: this.#settings.automatic, disabled: this.#away, onchange: (on) => this.#set({ automatic: on }) });
    const title = h("div", { class: "head-words" }, h("h2", null, t("lenderName")), h("p", { class: "status" }, t("lenderNote")));
    return [h("div", { class: "lender-title" }, h("span", { class: "lender-mark", "aria-hidden": "true" }, icon("bank")), title, more), h("div", { class: "lender-automatic" }, automatic)];
  }

  #renderList() {
    const newest = [...this.#applications.values()].sort((a, b) => String(b.submitted_at).localeCompare(String(a.submitted_at)));
    const nodes = newest.length > 0 ? newest.map((application) => this.#drawnCard(application)) : [this.#nothing()];
    const same = nodes.length === this.list.children.length && nodes.every((node, index) => node === this.list.children[index]);
    if (!same) fill(this.list, nodes);
    this.#renderTimes();
  }

  #drawnCard(application) {
    const { reference, stage } = application;
    if (!this.#cards.has(reference)) this.#cards.set(reference, h("article", { dataset: { reference } }));
    const card = this.#cards.get(reference);
    card.className = `application ${ENDED[stage] ?? ""}`;
    card.setAttribute("aria-label", `${reference} ${this.#stage(stage)}`);
    redraw(card, [currentLanguage(), application, this.#options], () => this.#card(application));
    return card;
  }

  #renderTimes() {
    this.list.querySelectorAll("time").forEach((node) => { node.textContent = t("updated", { time: ago(node.dateTime) }); });
  }

  #nothing() {
    if (!this.#asked) return h("div");
    const [title, text] = this.#away ? ["lenderAway", "lenderAwayText"] : ["noApplications", "noApplicationsText"];
    return h("div", { class: "lender-empty" }, h("img", { src: "/static/img/ledger.svg", alt: "", class: "empty-art" }), h("h3", null, t(title)), h("p", null, t(text)));
  }

  #card(application) {
    const { reference } = application;
    const months = application.months ? t("months", { n: application.months }) : null;
    const terms = [money(application.amount), months].filter(Boolean).join(" · ");
    return [
      h("div", { class: "application-head" }, h("div", null, h("h3", null, word(application.applicant) ?? ""), h("p", { class: "reference" }, reference)), h("div", { class: "terms" }, h("strong", null, terms), h("span", null, this.#label(this.#options.products, application.product)))),
      this.#progress(application), this.#state(application), this.#buttons(application)];
  }

  #progress({ stage }) {
    const reached = PHASE_OF[stage] ?? 0;
    const steps = PHASES.map((phase, index) => h("li", { class: index < reached ? "done" : index === reached ? "now" : "", "aria-current": index === reached ? "step" : null }, h("span", null, t(`phase_${phase}`))));
    return h("ol", { class: "phases" }, steps);
  }

  #state({ stage, acts_next: actor, missing, corrections, updated_at: updated }) {
    const corrected = [...new Set((corrections ?? []).flatMap(({ fields }) => fields))].map((id) => this.#label(this.#options.answers, id)).join("、");
    const documents = (missing ?? []).map((id) => this.#label(this.#options.documents, id)).join("、");
    const who = actor && ENDED[stage] !== "bad" && !isPaidOut(stage) && h("span", { class: `actor ${actor}` }, `${t("actsNext")} ${t(`actor_${actor}`)}`);
    return h("div", { class: "application-state" }, h("strong", null, this.#stage(stage)), who, updated && h("time", { datetime: updated }, t("updated", { time: ago(updated) })), documents && h("p", { class: "missing" }, t("missing", { list: documents })), corrected && h("p", { class: "corrected" }, t("corrected", { list: corrected })));
  }

  #buttons(application) {
    const { reference, stage, next_stages: next } = application;
    const over = (next ?? []).length === 0;
    const deciding = !over && (DECIDABLE.has(stage) || next.some((name) => ["approved", "counter_offer", "declined"].includes(name)));
    const stepLabel = over ? t("step") : t("stepTo", { stage: this.#stage(next[0]) });
    const choice = (name, label, run, enabled = true) => h("button", { type: "button", class: "tool", disabled: !enabled, onclick: run }, icon(name), h("span", null, label));
    return h("div", { class: "application-buttons" },
      !over && h("div", { class: "step-row" },
        h("button", { type: "button", class: "button primary wide", onclick: () => this.#do(lender.step(reference, next[0])) }, h("span", null, stepLabel), icon("forward")),
        next.length > 1 && h("button", { type: "button", class: "button primary narrow", "aria-label": t("stepElse"), title: t("stepElse"), onclick: () => this.#openSteps(application) }, icon("chevron"))),
      h("div", { class: "tools" },
        choice("gavel", t("decide"), () => this.#openDecision(application), deciding),
        choice("document", t("requestDocument"), () => this.#openDocuments(reference), !over && !isPaidOut(stage)),
        choice("clock", t("delay"), () => this.#openDelay(reference), !over),
        choice("repeat", t("resend"), () => this.#do(lender.resend(reference), "resent"))));
  }

  #stage(id) {
    const entries = (this.#options.stages ?? []).filter((entry) => typeof entry === "object");
    return stageName(id, Object.fromEntries(entries.map((entry) => [entry.id, entry.label])));
  }

  #label(entries, id) {
    return word(entries.find((entry) => entry.id === id)?.label) ?? humanised(id);
  }

  async #do(request, success = null) {
    try {
      await request;
      if (success) toast(this.#host, t(success));
      return true;
    } catch (error) {
      toast(this.#host, error.message || t("failed"));
      return false;
    }
  }

  get #host() {
    return this.screen;
  }

  async #set(settings) {
    this.#settings = { ...this.#settings, ...settings };
    if (!(await this.#do(lender.setSettings(settings)))) await this.#load();
  }

  #openSettings() {
    const { pace_seconds: pace, duplicates, disorder } = this.#settings;
    const paces = [...new Set([...PACES, pace].filter(Boolean))].sort((a, b) => a - b);
    const select = h("select", { class: "input short", onchange: (event) => this.#set({ pace_seconds: Number(event.target.value) }) }, paces.map((seconds) => h("option", { value: seconds, selected: seconds === pace }, t("seconds", { n: seconds }))));
    openLayer(this.#host, { title: t("settings"), content: [h("div", { class: "drawer-body" },
      h("label", { class: "field row" }, h("span", null, t("pace")), select),
      toggle({ label: t("duplicates"), hint: t("duplicatesHint"), checked: duplicates, onchange: (on) => this.#set({ duplicates: on }) }),
      toggle({ label: t("disorder"), hint: t("disorderHint"), checked: disorder, onchange: (on) => this.#set({ disorder: on }) }))] });
  }

  #openSteps({ reference, next_stages: next }) {
    openMenu(this.#host, { title: t("stepTitle"), items: next.map((stage) => ({ icon: "forward", label: this.#stage(stage), run: () => this.#do(lender.step(reference, stage)) })) });
  }

  #openDelay(reference) {
    const label = (seconds) => (seconds < 60 ? t("seconds", { n: seconds }) : t("minutes", { n: seconds / 60 }));
    openMenu(this.#host, { title: t("delayTitle"), items: DELAYS.map((seconds) => ({ icon: "clock", label: label(seconds), run: () => this.#do(lender.delay(reference, seconds), "delayed") })) });
  }

  #openDocuments(reference) {
    const items = this.#options.documents.map(({ id, label }) => ({ icon: "document", label: word(label) ?? humanised(id), run: () => this.#do(lender.requestDocument(reference, id), "asked") }));
    openMenu(this.#host, { title: t("documentTitle"), items });
  }

  #openDecision(application) {
    const form = h("form", { class: "decision" });
    const layer = openLayer(this.#host, { title: t("decideTitle"), hint: `${word(application.applicant) ?? ""} · ${money(application.amount)}`, content: [form] });
    decisionForm(form, application, this.#options.reasons, async (decision) => {
      if (await this.#do(lender.decide(application.reference, decision), "decided")) layer.close();
    });
  }
}

const withoutType = ({ type: _type, seq: _seq, ...rest }) => rest;

function decisionForm(form, application, reasons, send) {
  const amount = h("input", { class: "input", type: "number", min: "1", step: "any", required: true, value: Math.round(Number(application.amount?.amount ?? application.amount) * 0.8) });
  const months = h("input", { class: "input", type: "number", min: "1", max: "120", value: application.months });
  const offer = h("div", { class: "decision-part" }, h("label", { class: "field" }, h("span", null, t("offerAmount")), amount), h("label", { class: "field" }, h("span", null, t("offerMonths")), months));
  const boxes = reasons.map(({ id, label }) => h("label", { class: "check" }, h("input", { type: "checkbox", value: id, onchange: () => limit(boxes) }), h("span", null, word(label) ?? humanised(id))));
  const why = h("fieldset", { class: "decision-part" }, h("legend", null, t("reasons")), boxes);
  const submit = h("button", { type: "submit", class: "button primary wide" }, t("submitDecision"));
  const chosen = () => form.elements.decision.value;
  const show = () => {
    offer.hidden = chosen() !== "counter_offer";
    why.hidden = chosen() !== "declined";
    [amount, months].forEach((input) => { input.disabled = offer.hidden; });
    submit.disabled = chosen() === "declined" && picked(boxes).length === 0;
  };
  const kinds = ["approved", "counter_offer", "declined"].map((kind, index) => h("label", { class: "segment" }, h("input", { type: "radio", name: "decision", value: kind, checked: index === 0, class: "sr-only" }), h("span", null, t(kind))));
  fill(form, h("div", { class: "segments", role: "radiogroup", "aria-label": t("decideTitle") }, kinds), offer, why, submit);
  form.addEventListener("change", show);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send(decisionOf(chosen(), amount, months, boxes));
  });
  show();
}

const picked = (boxes) => boxes.map((box) => box.querySelector("input")).filter((input) => input.checked).map((input) => input.value);

function limit(boxes) {
  const full = picked(boxes).length >= 4;
  boxes.forEach((box) => { const input = box.querySelector("input"); input.disabled = full && !input.checked; });
}

function decisionOf(decision, amount, months, boxes) {
  if (decision === "counter_offer") return { decision, amount: Number(amount.value), ...(months.value ? { months: Number(months.value) } : {}) };
  return decision === "declined" ? { decision, reasons: picked(boxes) } : { decision };
}
