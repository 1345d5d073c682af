// Sizes of files as people read them. Pure.

const SHORT = new Intl.NumberFormat("en", { maximumSignificantDigits: 3 });
const UNITS = ["B", "kB", "MB", "GB", "TB"];

/** 7100000 as "7.1 MB". */
export function bytes(count: number): string {
  let at = 0;
  let value = count;
  for (; value >= 1000 && at < UNITS.length - 1; at += 1) value /= 1000;
  return `${SHORT.format(value)} ${UNITS[at]}`;
}
