/** Small helpers that build elements. Text always becomes text nodes: nothing here parses HTML. */

const SVG = "http://www.w3.org/2000/svg";

/**
 * Build an element.
 * @param {string} tag
 * @param {Record<string, unknown>} [props] `class`, `dataset`, `on<event>` listeners, else attributes; null and false are left out.
 * @param {...(Node|string|null|false|undefined|Array)} children
 */
export function h(tag, props, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props ?? {})) assign(node, name, value);
  node.append(...present(children));
  return node;
}

function assign(node, name, value) {
  if (value === null || value === undefined || value === false) return;
  if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
  else if (name === "class") node.className = value;
  else if (name === "dataset") Object.assign(node.dataset, value);
  else node.setAttribute(name, value === true ? "" : String(value));
}

const present = (children) => children.flat(3).filter((child) => child !== null && child !== undefined && child !== false);

/** Replace everything inside `node`. */
export function fill(node, ...children) {
  node.replaceChildren(...present(children));
  return node;
}

const drawn = new WeakMap();

/**
 * Replace everything inside `node` by what `build` gives, unless it was last drawn from the same `facts`: an element under a pointer or
 * with the focus stays the same element as long as it says the same. The focus stays on the control in the same place.
 */
export function redraw(node, facts, build) {
  const signature = JSON.stringify(facts);
  if (drawn.get(node) === signature) return;
  drawn.set(node, signature);
  const index = controls(node).indexOf(document.activeElement);
  fill(node, build());
  if (index >= 0) controls(node)[index]?.focus({ preventScroll: true, focusVisible: false });
}

const controls = (node) => [...node.querySelectorAll("button, input, select, a[href]")];

/** An SVG element with attributes. */
export function svg(tag, attributes = {}, ...children) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

export const prefersCalm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
export const isNarrow = () => matchMedia("(max-width: 759px)").matches;

/** Wait for an animation of `node` to end, or for `limit` milliseconds where there is none. */
export function settled(node, limit = 400) {
  const running = node.getAnimations().map((animation) => animation.finished.catch(() => undefined));
  return Promise.race([Promise.all(running), new Promise((done) => setTimeout(done, limit))]);
}
