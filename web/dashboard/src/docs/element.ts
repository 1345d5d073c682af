// Elements in one expression, and texts whose `code` is set as such. Nothing is ever parsed as HTML.

export type Child = Node | string | null | false | undefined;

export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K, attributes: Readonly<Record<string, string>> = {}, ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children.filter((child): child is Node | string => child !== null && child !== false && child !== undefined));
  return made;
}

/** A text in which what stands between backticks is code. */
export function prose(text: string): DocumentFragment {
  const all = document.createDocumentFragment();
  text.split("`").forEach((part, at) => all.append(at % 2 ? element("code", {}, part) : part));
  return all;
}
