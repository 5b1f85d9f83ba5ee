/** The drawer of faults: every kind the simulator knows, with a switch, and its settings once it is on. */

import { simulator } from "./api.js";
import { fill, h } from "./dom.js";
import { humanised, knows, t } from "./i18n.js";
import { openLayer, toast, toggle } from "./overlays.js";

const NARROWING = new Set(["on", "methods", "users", "struck"]);

const labelOf = (prefix, key) => (knows(`${prefix}_${key}`) ? t(`${prefix}_${key}`) : humanised(key));
const isOn = (fault) => (typeof fault === "object" && fault !== null ? Boolean(fault.on) : Boolean(fault));

export const activeFaults = (faults) => Object.values(faults).filter(isOn).length;

/** What is on, as the simulator takes it: a kind that is not named is switched off. */
const wanted = (faults) => Object.fromEntries(Object.entries(faults).filter(([, fault]) => isOn(fault)).map(([kind, { struck: _struck, ...fault }]) => [kind, fault]));

export function openFaults(store) {
  const body = h("div", { class: "drawer-body" });
  openLayer(document.body, { kind: "drawer", title: t("faults"), hint: t("faultsText"), content: [body] });
  const draw = () => {
    if (body.isConnected) return drawFaults(body, store);
    return store.removeEventListener("faults", draw);
  };
  store.addEventListener("faults", draw);
  draw();
}

async function save(store, faults) {
  try {
    await simulator.setFaults(wanted(faults));
  } catch (error) {
    toast(document.body, error.message || t("failed"));
  }
  await store.load().catch(() => toast(document.body, t("unreachable")));
}

function drawFaults(body, store) {
  const put = (kind, fault) => save(store, { ...store.faults, [kind]: fault });
  const groups = Object.entries(store.faults).map(([kind, fault]) => faultGroup(kind, fault, (next) => put(kind, next)));
  const clear = h("button", { type: "button", class: "button quiet wide", disabled: activeFaults(store.faults) === 0, onclick: () => save(store, {}) }, t("faultsClear"));
  const focused = document.activeElement?.name;
  fill(body, groups.length > 0 ? [groups, clear] : h("p", { class: "muted" }, t("faultsNone")));
  if (focused) body.querySelector(`[name="${CSS.escape(focused)}"]`)?.focus();
}

function faultGroup(kind, fault, put) {
  const hint = fault.struck > 0 ? t("struck", { n: fault.struck }) : null;
  const control = toggle({ label: labelOf("fault", kind), hint, name: kind, checked: fault.on, onchange: (on) => put({ ...fault, on, count: on && fault.count === 0 ? null : fault.count }) });
  const settings = fault.on ? Object.entries(fault).filter(([name]) => !NARROWING.has(name)) : [];
  return h("div", { class: `fault${fault.on ? " on" : ""}` }, control, settings.length > 0 && h("div", { class: "fault-settings" }, settings.map(([name, value]) => setting(kind, name, value, (next) => put({ ...fault, [name]: next })))));
}

function setting(kind, name, value, put) {
  const bounds = name === "probability" ? { min: "0", max: "1", step: "0.1" } : { min: "0", step: "any" };
  const read = (typed) => (typed === "" ? null : Number(typed));
  const input = h("input", { class: "input short", type: "number", name: `${kind}.${name}`, ...bounds, value: value ?? "", onchange: (event) => put(read(event.target.value)) });
  return h("label", { class: "field row" }, h("span", null, labelOf("setting", name)), input);
}
