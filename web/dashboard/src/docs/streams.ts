// A stream: what it carries in which direction, and every way it ends.

import { arranged } from "./arrange.ts";
import { json, line } from "./code.ts";
import type { AsyncApi, Channel, Ending, Message } from "./documents.ts";
import { nameOf } from "./documents.ts";
import { element, prose } from "./element.ts";
import { members, typeLine } from "./schemas.ts";
import type { Article, Section } from "./section.ts";

/** Both streams, each with its messages. */
export function streams(api: AsyncApi): Section[] {
  return Object.entries(api.channels).map(([key, channel]) => {
    const commands = new Set(Object.values(api.operations)
      .filter(({ action, channel: { $ref } }) => action === "receive" && nameOf($ref) === key)
      .flatMap(({ messages }) => messages.map(({ $ref }) => nameOf($ref))));
    const names = Object.keys(channel.messages)
      .sort((a, b) => Number(b === "frame") - Number(a === "frame") || Number(commands.has(a)) - Number(commands.has(b)));
    const endings: Article = {
      id: `${key}-endings`, title: "How it ends", mark: "end", code: "", body: () => [table(channel["x-endings"])],
    };
    return {
      title: channel.title, note: channel.description, code: channel.address,
      articles: [...names.map((name) => article(api, key, channel, { name, command: commands.has(name) })), endings],
    };
  });
}

function article(api: AsyncApi, key: string, channel: Channel, { name, command }: { name: string; command: boolean }): Article {
  const message = channel.messages[name] as Message;
  const answers = api.operations[name]?.reply?.messages.map(({ $ref }) => nameOf($ref)) ?? [];
  return {
    id: `${key}-${name}`, title: message.summary, mark: command ? "send" : "receive", code: name,
    body: () => [
      ...(message.description ? [element("p", {}, prose(message.description))] : []),
      ...(command && answers.length > 0 ? [element("p", { class: "quiet" }, "Answered by ",
        ...answers.flatMap((word, at) => [at ? ", " : "", element("a", { href: `#${key}-${word}` }, word)]), ".")] : []),
      ...(message["x-types"] ? [types(message["x-types"])] : []),
      ...message.examples.map((example, at) => element("details", { class: "answer", ...(at ? {} : { open: "" }) },
        element("summary", {}, example.name ?? "Example"), shown(key, message, arranged(example.payload, message.payload, api.components.schemas)))),
      element("p", { class: "type" }, typeLine(message.payload)),
      ...described(api, message),
    ],
  };
}

/** An event as its lines stand in the stream, where it is short; JSON otherwise. */
function shown(key: string, message: Message, payload: unknown): HTMLElement {
  if (key !== "events" || message.name === "frame") return json(payload);
  const id = payload !== null && typeof payload === "object" && "cursor" in payload ? `id: ${String(payload.cursor)}\n` : "";
  return line(`event: ${message.name}\n${id}data: ${JSON.stringify(payload)}`);
}

function types(all: NonNullable<Message["x-types"]>): HTMLElement {
  return element("dl", { class: "types" }, ...all.flatMap(({ type, meaning }) => [
    element("dt", {}, element("code", {}, `…:${type}`)), element("dd", {}, meaning)]));
}

function described(api: AsyncApi, message: Message): HTMLElement[] {
  const schema = api.components.schemas[nameOf(message.payload.$ref)];
  return schema?.properties && message.name !== "frame" ? [members(schema)] : [];
}

function table(endings: readonly Ending[]): HTMLElement {
  const coded = endings.some(({ code }) => code !== undefined);
  const head = [...(coded ? ["Close"] : []), "Reason", "Meaning", "Come back?"];
  return element("div", { class: "wide", tabindex: "0", role: "region", "aria-label": "Endings" },
    element("table", {},
      element("thead", {}, element("tr", {}, ...head.map((word) => element("th", { scope: "col" }, word)))),
      element("tbody", {}, ...endings.map(({ code, reason, meaning, come_back }) => element("tr", {},
        ...(coded ? [element("td", {}, String(code ?? ""))] : []),
        element("td", {}, element("code", {}, reason)), element("td", {}, prose(meaning)),
        element("td", {}, prose(come_back)))))));
}
