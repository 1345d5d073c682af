// The first page: a project's jobs, live. This file only connects the parts:
//   connection, transport, ending   how frames come here
//   store                           what is known
//   list, card, phases, notices     how it looks
//   front                           the demo's buttons
//   gate, credential                the token, where the service asks for one
// `?project=` names the project (default `demo`); `kind`, `subject`, `owner`, `parent` and `job`
// narrow the view as they do in the API; `transport=websocket|events|polling` insists on one.

import { Announcer } from "./announcer.js";
import { Problem, post, request } from "./api.js";
import { drawConnection } from "./badge.js";
import { Connection } from "./connection.js";
import { setText } from "./element.js";
import { Front } from "./front.js";
import { pass, setGate } from "./gate.js";
import { List } from "./list.js";
import { Store } from "./store.js";
import { toast } from "./toast.js";
import { events, polling, webSocket } from "./transport.js";

const SELECTORS = new Set(["kind", "subject", "owner", "parent", "job"]);
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

const asked = new URLSearchParams(location.search);
const project = NAME.test(asked.get("project") ?? "") ? asked.get("project") : "demo";
const base = `/v1/projects/${project}`;
const selector = [...asked].filter(([name]) => SELECTORS.has(name));

const store = new Store();
const announcer = new Announcer(document.getElementById("announcer"));
const front = new Front(store);
const list = new List(store, { cancel, retry, isRetried: (id) => store.isRetried(id) });

const ladder = [webSocket, events, polling];
const only = ladder.filter((transport) => transport.name === asked.get("transport"));
const connection = new Connection(
  only.length > 0 ? only : ladder,
  { base, query: [["status", "active"], ...selector] },
  { frame: (frame) => take(frame), control, changed, locked },
);

let synced = false;
let drawing = 0;
let spoken = "";

// Takes a frame; what the first snapshot says is old news, and not announced.
function take(frame, news = synced) {
  const change = store.take(frame);
  if (change === null) return;
  list.draw(change.job);
  if (news) announcer.job(change.before, change.job);
  drawing ||= requestAnimationFrame(draw);
}

function draw() {
  drawing = 0;
  if (synced) list.layout();
  front.update();
  const active = store.active().length;
  setText(document.querySelector("title"), `${active ? `(${active}) ` : ""}${project} · Milepost`);
}

function control(message) {
  switch (message.type) {
    case "reset":
      store.reset();
      break;
    case "gone":
      if (store.remove(message.job)) list.layout();
      break;
    case "synced":
      settle();
      break;
    default: // pings and answers carry nothing to draw
  }
}

let endedAt = 0;

// The stream is about active jobs; those that ended before (or between two polls) are asked for.
async function settle() {
  const first = !synced;
  synced = true;
  if (first) list.layout();
  for (const id of store.unconfirmed()) settleOne(id);
  if (!first && Date.now() - endedAt < 20_000) return;
  endedAt = Date.now();
  const query = new URLSearchParams([...selector, ["status", "completed"], ["status", "failed"], ["status", "cancelled"], ["limit", "20"]]);
  const answer = await request(`${base}/jobs?${query}`).catch(() => null);
  for (const frame of answer?.items ?? []) take(frame, false);
  draw();
}

// A job that a fresh snapshot of the active ones left out: it has ended, or is gone.
async function settleOne(id) {
  try {
    take(await request(`${base}/jobs/${encodeURIComponent(id)}`));
  } catch (error) {
    if (error.status === 404 && store.remove(id)) list.layout();
  }
}

function changed(state) {
  const news = {
    live: state.staleAt ? "The service cannot reach its database" : `Connected by ${state.transport?.label}`,
    waiting: "Connection lost, reconnecting",
    stopped: state.reason,
  }[state.state];
  if (news && spoken && news !== spoken) announcer.say("connection", news);
  spoken = news ?? spoken;
  drawConnection(state, connection.degraded);
}

async function locked() {
  await pass();
  connection.unlock();
}

async function cancel(job) {
  await told(async () => take(await post(`${base}/jobs/${encodeURIComponent(job.id)}/cancel`, { reason: "asked for on the page" })));
}

async function retry(job) {
  await told(async () => take(await post(`${base}/jobs/${encodeURIComponent(job.id)}/retry`, {})));
}

async function told(action) {
  try {
    await action();
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    toast(error.message);
  }
}

setText(document.getElementById("project"), project);
setGate(project);
if (asked.has("project") && asked.get("project") !== project) toast("That is not a name of a project. This is the demo's.");
setInterval(() => {
  if (document.hidden) return;
  list.tick();
  drawConnection(connection.state, connection.degraded);
}, 1000);
addEventListener("online", () => connection.hurry());
document.addEventListener("visibilitychange", () => { if (!document.hidden) connection.hurry(); });
// A page kept for the back button must not keep a connection open, and comes back with one.
addEventListener("pagehide", () => connection.stop());
addEventListener("pageshow", (event) => { if (event.persisted) connection.start(); });
front.open();
connection.start();
