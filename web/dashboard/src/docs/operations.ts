// A request: how to send it from a terminal, what it takes, and everything it may be answered.

import { arranged } from "./arrange.ts";
import { json, line } from "./code.ts";
import type { Media, OpenApi, Operation, Parameter, Response, Schema } from "./documents.ts";
import { nameOf } from "./documents.ts";
import { element, prose } from "./element.ts";
import { explained, members, typeLine } from "./schemas.ts";
import type { Section } from "./section.ts";

/** Every request, under its tag. */
export function operations(api: OpenApi): Section[] {
  const all = Object.entries(api.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })));
  return api.tags.map(({ name, description }) => ({
    title: name, note: description,
    articles: all.filter(({ operation }) => operation.tags.includes(name)).map(({ path, method, operation }) => ({
      id: operation.operationId, title: operation.summary, mark: method, code: path,
      body: () => article(api, operation),
    })),
  }));
}

function article(api: OpenApi, operation: Operation): HTMLElement[] {
  const scopes = (operation.security ?? []).flatMap((way) => way["bearer"] ?? []).filter((scope) => !operation.description.includes(`\`${scope}\``));
  const samples = operation["x-codeSamples"] ?? [];
  const responses = Object.entries(operation.responses).map(([status, response]): [string, Response] =>
    [status, response.$ref ? api.components.responses[nameOf(response.$ref)] ?? response : response]);
  const good = responses.filter(([status]) => !/^[45]/.test(status));
  const bad = responses.filter(([status]) => /^[45]/.test(status));
  return [
    element("p", {}, prose(operation.description),
      ...(scopes.length > 0 ? [" Scope: ", element("code", {}, scopes.join(" ")), "."] : [])),
    ...samples.map(({ source }) => line(here(source))),
    ...(operation.parameters?.length ? [element("h4", {}, "Parameters"), parameters(operation.parameters)] : []),
    ...(operation.requestBody ? [
      element("h4", {}, operation.requestBody.required === false ? "Body, which may be left out" : "Body"),
      ...Object.entries(operation.requestBody.content).map(([type, media]) => content(api, type, media)),
    ] : []),
    element("h4", {}, "Answers"),
    ...good.map(([status, response]) => answer(api, status, response, true)),
    element("h4", {}, "Refusals"),
    ...bad.map(([status, response]) => answer(api, status, response, false)),
  ];
}

/** The line as it is for the service that shows this page. */
function here(source: string): string {
  return source.replace("http://127.0.0.1:8080", location.origin)
    .replace("ws://127.0.0.1:8080", location.origin.replace(/^http/, "ws"));
}

function parameters(all: readonly Parameter[]): HTMLElement {
  return element("ul", { class: "members" }, ...all.map((one) => element("li", { class: "member" },
    element("span", { class: "member-head" },
      element("code", { class: "member-name" }, one.name),
      element("span", { class: "type" }, typeLine(one.schema ?? {})),
      element("span", { class: "limits" }, one.in),
      one.required ? element("span", { class: "needed" }, "required") : null),
    one.description && element("p", { class: "quiet" }, prose(one.description)))));
}

function content(api: OpenApi, type: string, media: Media): HTMLElement {
  const { schema, example } = media;
  const named = schema?.$ref ? api.components.schemas[nameOf(schema.$ref)] : schema;
  const body: Schema = named ?? {};
  return element("div", {},
    element("p", { class: "type" }, element("code", {}, type), " ", typeLine(schema ?? {})),
    body.description && element("p", { class: "quiet" }, prose(body.description)),
    example === undefined ? null : typeof example === "string" ? line(example) : json(arranged(example, schema, api.components.schemas)),
    body.properties ? element("details", { class: "nested" }, element("summary", {}, "Its members"), members(body))
      : schema?.$ref ? null : explained(body),
  );
}

/** The codes that a refusal may have: the second part of its schema. */
function codes(response: Response): readonly unknown[] {
  const problem = response.content?.["application/problem+json"]?.schema;
  return problem?.allOf?.flatMap((part) => part.properties?.["code"]?.enum ?? []) ?? [];
}

function answer(api: OpenApi, status: string, response: Response, open: boolean): HTMLElement {
  const headers = Object.keys(response.headers ?? {});
  const words = codes(response).map((word) => element("code", { class: "word" }, String(word)));
  const fold = element("details", { class: "answer" },
    element("summary", {}, element("span", { class: "status", "data-kind": status.charAt(0) }, status), " ",
      element("span", {}, prose(response.description)), ...words),
    headers.length > 0 && element("p", { class: "quiet" }, "Headers: ", element("code", {}, headers.join(", "))),
    ...Object.entries(response.content ?? {}).map(([type, media]) => content(api, type, media)),
  );
  fold.open = open && status.startsWith("2");
  return fold;
}
