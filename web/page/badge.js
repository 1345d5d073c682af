// The chip that says how the data comes here, how well, and how old it is.

import { serviceNow } from "./clock.js";
import { setAttribute, setShown, setText } from "./element.js";
import { ticking } from "./format.js";

const find = (id) => document.getElementById(id);
/** Younger than this is simply live: the service speaks every 15 s even when nothing happens. */
const YOUNG = 20;

/** Seconds since the data was last known to be true. */
function ageOf({ heardAt, staleAt }) {
  if (staleAt) return Math.max(0, (serviceNow() - staleAt) / 1000);
  return heardAt ? (Date.now() - heardAt) / 1000 : 0;
}

/** Draws the chip; `state` as told by the connection, `degraded` while a better way is out of order. */
export function drawConnection(state, degraded) {
  const old = ageOf(state);
  const mood = moodOf(state, old, degraded);
  setAttribute(find("link"), "data-state", mood);
  setText(find("link-transport"), mood === "locked" ? "Needs a token" : state.transport?.label ?? "Connecting");
  setText(find("link-note"), noteOf(state, mood, old));
  const banner = bannerOf(state, mood, old);
  setText(find("banner"), banner);
  setShown(find("banner"), banner !== "");
}

function moodOf({ state, staleAt }, old, degraded) {
  if (state !== "live") return state;
  if (staleAt || old > YOUNG) return "stale";
  return degraded ? "degraded" : "live";
}

function noteOf(state, mood, old) {
  const age = old < 1.5 ? "now" : `${ticking(old)} ago`;
  switch (mood) {
    case "live": return `live · ${age}`;
    case "degraded": return `${state.transport.name === "polling" ? "degraded" : "fallback"} · ${age}`;
    case "stale": return `stale · ${age}`;
    case "stopped": return "stopped";
    case "locked": return "";
    case "waiting": return state.heardAt ? `reconnecting · ${age}` : "connecting…";
    default: return "connecting…";
  }
}

function bannerOf({ state, reason, staleAt, nextAt }, mood, old) {
  if (state === "stopped") return `${reason}.`;
  if (mood === "stale" && staleAt) {
    return `The service cannot reach its database. What you see is ${ticking(old)} old.`;
  }
  // The form says what is wrong, but not that what is below it stands still.
  if (state === "locked") return old < 5 ? "" : `What you see is ${ticking(old)} old.`;
  // A short break is the chip's business alone.
  if (state !== "waiting" || old < 5) return "";
  const soon = nextAt > Date.now() ? ` Trying again in ${ticking((nextAt - Date.now()) / 1000)}.` : " Trying again.";
  return `${reason || "Not connected"}. What you see is ${ticking(old)} old.${soon}`;
}
