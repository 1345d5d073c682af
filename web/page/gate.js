// Asks for a token where the service wants one: once, however many parts of the page were refused,
// and until there is one that the service takes.

import { authorization, forget, isToken, keep, token } from "./credential.js";
import { setAttribute, setShown, setText } from "./element.js";

const find = (id) => document.getElementById(id);

let project = "";
let passing = null;
let answered = null; // what waits for the form to be sent

/** Names the project that the token must be for, and readies the form. */
export function setGate(name) {
  project = name;
  setText(find("gate-project"), name);
  setText(find("gate-command"), `milepost token --project ${name} --scope watch,cancel,create`);
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
 * `{ status, code, detail }` where it refuses it. Throws where it says neither.
 */
export async function inquire(text = token()) {
  const headers = { accept: "application/json, application/problem+json", ...authorization(text) };
  const limit = AbortSignal.timeout(15_000);
  const response = await fetch(`/v1/projects/${project}/progress?limit=1`, { headers, signal: limit, cache: "no-store" });
  if (response.ok) return null;
  if (response.status !== 401 && response.status !== 403) throw new Error(`answered ${response.status}`);
  const { code, detail } = await response.json().catch(() => ({}));
  return { status: response.status, code, detail };
}

/** Resolves once the page holds a token that the service takes; asks for one where it does not. */
export function pass() {
  passing ??= ask().finally(() => { passing = null; });
  return passing;
}

async function ask() {
  let refused = await inquire().catch(() => ({}));
  if (refused === null) return;
  const input = find("token");
  say(token() === null ? "" : reason(refused));
  setText(find("gate-title"), token() === null ? "This service asks for a token" : "Another token is needed");
  setShown(find("gate"), true);
  input.focus();
  while (refused !== null) {
    const text = await submitted();
    setBusy(true);
    refused = isToken(text) ? await inquire(text).catch(() => "silent") : "none";
    setBusy(false);
    if (refused === null) keep(text);
    else say(reason(refused));
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
  if (refused === "none") return "This is not a token: a token is three parts with dots between them. Paste the whole of it.";
  if (refused === "silent") return "The service did not answer. Check the connection and try again.";
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
