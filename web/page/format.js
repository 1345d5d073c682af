// Numbers, rates and times as people read them. Pure functions: the time is a parameter.

const WHOLE = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const FINE = new Intl.NumberFormat("en", { maximumFractionDigits: 2 });
const SHORT = new Intl.NumberFormat("en", { maximumSignificantDigits: 3 });
const CLOCK = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const DAY = new Intl.DateTimeFormat("en", { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });

/** 1500 as "1,500", 0.256 as "0.26". */
export function number(value) {
  return FINE.format(value);
}

/** "1,500 of 3,000 rules", "1,500 rules", or "" where nothing was counted. */
export function amount({ current, total, unit }) {
  if (total === null && current === 0) return "";
  const counted = total === null ? WHOLE.format(current) : `${WHOLE.format(current)} of ${WHOLE.format(total)}`;
  return unit ? `${counted} ${unit}` : counted;
}

/** Whole percents, cut and not rounded: 99.9 must not read as done. */
export function percent(value) {
  return value === null ? "" : `${Math.floor(value)}%`;
}

/** "313 rules/s", or per minute where a second is too short to see one. */
export function rate(perSecond, unit) {
  const what = unit ? ` ${unit}` : "";
  if (perSecond >= 100) return `${WHOLE.format(perSecond)}${what}/s`;
  if (perSecond >= 1) return `${SHORT.format(perSecond)}${what}/s`;
  if (perSecond * 60 >= 1) return `${SHORT.format(perSecond * 60)}${what}/min`;
  return perSecond > 0 ? `${SHORT.format(perSecond * 3600)}${what}/h` : "";
}

/** Seconds as "0.4 s", "12 s", "1 min 20 s", "2 h 5 min", "3 d 4 h". */
export function duration(seconds) {
  if (!(seconds > 0)) return "0 s";
  if (seconds < 9.95) return `${(Math.round(seconds * 10) / 10).toString()} s`;
  const s = Math.round(seconds);
  if (s < 60) return `${s} s`;
  if (s < 3600) return parts(Math.floor(s / 60), "min", s % 60, "s");
  if (s < 86400) return parts(Math.floor(s / 3600), "h", Math.floor((s % 3600) / 60), "min");
  return parts(Math.floor(s / 86400), "d", Math.floor((s % 86400) / 3600), "h");
}

/** Whole seconds only, for what counts up or down in front of the reader. */
export function ticking(seconds) {
  const s = Math.max(0, Math.round(seconds));
  return s < 10 ? `${s} s` : duration(s);
}

function parts(large, largeUnit, small, smallUnit) {
  return small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`;
}

/** The time of day, or the day too where it was not today. `now` in milliseconds. */
export function when(timestamp, now) {
  const at = new Date(timestamp);
  return at.toDateString() === new Date(now).toDateString() ? CLOCK.format(at) : DAY.format(at);
}

/** Bytes as "7.1 MB". */
export function bytes(count) {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let at = 0;
  let value = count;
  for (; value >= 1000 && at < units.length - 1; at += 1) value /= 1000;
  return `${SHORT.format(value)} ${units[at]}`;
}

/** A name such as `not_started` as words. */
export function words(name) {
  return name.replaceAll(/[_-]+/g, " ");
}

/** The plain values of an object as one line: "added 44 · removed 10". What is nested is counted. */
export function summary(object, most = 8) {
  const entries = Object.entries(object);
  const shown = entries.slice(0, most).map(([name, value]) => `${words(name)} ${plain(value)}`);
  if (entries.length > most) shown.push(`${entries.length - most} more`);
  return shown.join(" · ");
}

function plain(value) {
  if (typeof value === "number") return number(value);
  if (Array.isArray(value)) return `${value.length} entries`;
  if (value === null) return "none";
  if (typeof value === "object") return `${Object.keys(value).length} entries`;
  return String(value);
}
