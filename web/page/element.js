// DOM nodes, made and changed. Owns the rule that text from outside is only ever text:
// nothing here parses HTML. Knows nothing of jobs.

const SVG = "http://www.w3.org/2000/svg";

/** A new element. `attributes`: name to value; null and false leave an attribute out. */
export function element(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== null && value !== false) node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children);
  return node;
}

/** A symbol of `symbols.svg`, decoration only: what it means must stand beside it as text. */
export function symbol(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "symbol");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `/page/symbols.svg#${name}`);
  svg.append(use);
  return svg;
}

/** Points a symbol at another drawing. */
export function setSymbol(svg, name) {
  setAttribute(svg.firstChild, "href", `/page/symbols.svg#${name}`);
}

// The setters below touch the document only when something differs: a frame that changes one
// number must not make the browser lay out, or a screen reader read, a whole card again.

/** Sets the text of a node. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** Sets an attribute; null takes it away. */
export function setAttribute(node, name, value) {
  if (value === null) {
    if (node.hasAttribute(name)) node.removeAttribute(name);
  } else if (node.getAttribute(name) !== String(value)) {
    node.setAttribute(name, value);
  }
}

/** Shows or hides a node. */
export function setShown(node, shown) {
  if (node.hidden === shown) node.hidden = !shown;
}

/**
 * Makes the children of `parent` the nodes of `items`, in order: one node per key, made by
 * `make(item)` and brought up to date by `update(node, item)`. Nodes that stay are not moved.
 */
export function keyed(parent, items, { key, make, update }) {
  const held = new Map([...parent.children].map((node) => [node.dataset.key, node]));
  const wanted = items.map((item) => {
    const name = String(key(item));
    const node = held.get(name) ?? make(item);
    node.dataset.key = name;
    held.delete(name);
    update(node, item);
    return node;
  });
  for (const node of held.values()) node.remove();
  arrange(parent, wanted);
}

/** Puts nodes in order with the fewest moves that a walk from the front finds. */
export function arrange(parent, wanted) {
  const keep = new Set(wanted);
  let at = parent.firstElementChild;
  for (const node of wanted) {
    while (at && !keep.has(at)) at = at.nextElementSibling;
    if (at === node) at = at.nextElementSibling;
    else place(parent, node, at);
  }
}

// Taking a node out of the document and putting it back loses the focus inside it.
function place(parent, node, before) {
  const focused = node.contains(document.activeElement) ? document.activeElement : null;
  if (node.isConnected && typeof parent.moveBefore === "function") parent.moveBefore(node, before);
  else parent.insertBefore(node, before);
  if (focused && document.activeElement !== focused) focused.focus({ preventScroll: true });
}
