// Asks for a token where the service wants one: once, however many parts of the page were refused,
// and until there is one that the service takes.

import { authorization, forget, isToken, keep, token } from "./credential.js";
import { element, setAttribute, setShown, setText } from "./element.js";

const NO_TOKEN = { detail: "This is not a token: a token is three parts with dots between them. Paste the whole of it." };

const find = (id) => document.getElementById(id);

let project = "";
let passing = null;
let answered = null; // what waits for the form to be sent

/** Names the project that the token must be for, and readies the form. */
export function setGate(name) {
  project = name;
  setText(find("gate-project"), name);
  const command = `milepost token --project ${name} --scope watch,cancel,create`;
  find("gate-command").append(...command.split(" ").flatMap((word) => [element("span", {}, word), " "]));
  find("gate-form").addEventListener("submit", (event) => {
    event.preventDefault();
    answered?.(find("token").value.trim().replace(/^bearer\s+/i, ""));
  });
  find("forget").addEventListener("click", () => {
    forget();
    // What was seen with the token goes with it.
    location.reload();
  });
  setShown(find("foot"), token() !== null);
}

/**
 * What the service says of a token, by the least that this page needs: null where it takes it,
 * `{ status, code, detail }` where it refuses it. Throws where it says neither, with a message
 * for the reader.
 */
export async function inquire(text = token()) {
  const headers = { accept: "application/json, application/problem+json", ...authorization(text) };
  const limit = AbortSignal.timeout(15_000);
  const response = await fetch(`/v1/projects/${project}/progress?limit=1`, { headers, signal: limit, cache: "no-store" })
    .catch(() => { throw new Error("The service did not answer. Check the connection and try again."); });
  if (response.ok) return null;
  const { status } = response;
  const { code, detail } = await response.json().catch(() => ({}));
  if (status === 401 || status === 403) return { status, code, detail };
  throw new Error(detail ?? `The service answered ${status}. Try again.`);
}

/** Resolves once the page holds a token that the service takes; asks for one where it does not. */
export function pass() {
  passing ??= ask().finally(() => { passing = null; });
  return passing;
}

async function ask() {
  // Where nothing is said of the token, it is not to blame: whoever was refused tries again.
  let refused = await inquire().catch(() => null);
  if (refused === null) return;
  const input = find("token");
  say(token() === null ? "" : reason(refused));
  setText(find("gate-title"), token() === null ? "This service asks for a token" : "Another token is needed");
  setShown(find("gate"), true);
  input.focus();
  while (refused !== null) {
    const text = await submitted();
    setBusy(true);
    refused = isToken(text) ? await inquire(text).catch(({ message }) => ({ detail: message })) : NO_TOKEN;
    setBusy(false);
    if (refused === null) keep(text);
    else say(reason(refused));
    input.select(); // what is pasted next takes its place
  }
  input.value = "";
  say("");
  setShown(find("gate"), false);
  setShown(find("foot"), true);
  // The focus was in what is gone now.
  find("jobs").focus({ preventScroll: true });
}

async function submitted() {
  const text = await new Promise((resolve) => { answered = resolve; });
  answered = null;
  return text;
}

function reason(refused) {
  if (refused.code === "token_expired") return "The token has expired. Paste a newer one.";
  if (refused.code === "invalid_token") return "The service does not know this token. See that it is whole, and meant for this service.";
  if (refused.code === "forbidden" && refused.detail?.includes("scope")) return "The token does not allow to watch. Paste one with the scope watch.";
  if (refused.code === "forbidden") return `The token is not for the project ${project}. Paste one that is.`;
  return refused.detail ?? "The service did not take the token.";
}

function say(text) {
  setText(find("gate-why"), text);
  setShown(find("gate-why"), text !== "");
  setAttribute(find("token"), "aria-invalid", text === "" ? null : "true");
}

function setBusy(busy) {
  setAttribute(find("gate-connect"), "aria-disabled", busy ? "true" : null);
  setText(find("gate-connect"), busy ? "Connecting…" : "Connect");
}
