// Names that nobody else makes: of a job, sorted by time, and of one run of a worker.

/** A UUID of version 7. */
export function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  new DataView(bytes.buffer).setBigUint64(0, (BigInt(Date.now()) << 16n) | BigInt(0x7000 | (bytes[6]! << 8 | bytes[7]!) & 0x0fff));
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

/** What this process is called as a worker: `name`, its number where it has one, and something random. */
export function workerName(name: string): string {
  const pid = globalThis.process?.pid;
  return [name, ...(pid ? [pid] : []), newId().slice(-12)].join("-");
}
