// What the page is made of: sections of articles, each article drawn when it is first opened.

import { element, prose } from "./element.ts";

export interface Article {
  readonly id: string;
  readonly title: string;
  /** A method, a direction, or what sort of thing it is. */
  readonly mark: string;
  /** The path, or the name on the wire. */
  readonly code: string;
  readonly body: () => readonly HTMLElement[];
}

export interface Section {
  readonly title: string;
  readonly note: string;
  readonly code?: string;
  readonly articles: readonly Article[];
}

/** What the filter goes by. */
export interface Drawn {
  /** What it is called: each word behind a space. */
  readonly words: string;
  readonly parts: readonly HTMLElement[];
}

function slug(title: string): string {
  return `part-${title.toLowerCase().replaceAll(/[^a-z]+/g, "-")}`;
}

/** A path that may break behind its slashes. */
function breakable(path: string): (string | HTMLElement)[] {
  return path.split(/(?<=\/)/).flatMap((part, at) => (at ? [element("wbr"), part] : [part]));
}

function folded({ id, title, mark, code, body }: Article): HTMLElement {
  const link = element("a", { href: `#${id}`, class: "hash", "aria-label": `Link to ${code || title}` }, "#");
  const head = element("summary", {},
    element("span", { class: "mark", "data-mark": mark }, mark),
    code && element("code", { class: "path" }, ...breakable(code)), element("span", { class: "title" }, prose(title)));
  const made = element("details", { class: "article", id }, head);
  made.addEventListener("toggle", () => {
    if (made.open && !made.querySelector(".body")) made.append(element("div", { class: "body" }, link, ...body()));
  });
  return made;
}

/** Each word of a text behind a space, those within a name too. */
function wordsOf(text: string): string {
  return ` ${text.replaceAll(/(?<=[a-z])(?=[A-Z])|[^A-Za-z0-9]+/g, " ").toLowerCase()}`;
}

/** Draws the sections and their table of contents; answers what may be filtered. */
export function draw(sections: readonly Section[], main: HTMLElement, contents: HTMLElement): Drawn[] {
  const drawn: Drawn[] = [];
  for (const { title, note, code, articles } of sections) {
    const id = slug(title);
    const list = element("ul");
    const section = element("section", { "aria-labelledby": id },
      element("h2", { id }, title), code && element("p", {}, element("code", {}, code)),
      element("p", { class: "quiet" }, prose(note)));
    for (const article of articles) {
      const made = folded(article);
      const name = article.mark === "schema" || article.code === "" || !article.code.startsWith("/") ? article.code || article.title : article.title;
      const entry = element("li", {}, element("a", { href: `#${article.id}` }, name));
      section.append(made);
      list.append(entry);
      drawn.push({ words: wordsOf([article.id, article.title, article.code, article.mark].join(" ")), parts: [made, entry] });
    }
    main.append(section);
    contents.append(element("div", { class: "part" }, element("h3", {}, element("a", { href: `#${id}` }, title)), list));
  }
  return drawn;
}
