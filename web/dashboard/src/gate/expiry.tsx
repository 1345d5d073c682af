// Says it in time when the token is about to end, so that a newer one is at hand before the page stands still.

import { useState, useSyncExternalStore } from "react";
import { useLocalNow } from "../../../src/react.ts";
import { ticking } from "../../../src/display/format.ts";
import { Symbol } from "../symbol.tsx";
import { expiry, subscribeToken, token } from "./credential.ts";
import { Gate } from "./gate.tsx";

const NOTICE = 60_000;

export function Expiry() {
  const held = useSyncExternalStore(subscribeToken, token);
  const ends = held === null ? null : expiry(held);
  const now = useLocalNow(ends !== null);
  const [asking, setAsking] = useState<string | null>(null);
  if (ends === null || ends - now > NOTICE || ends <= now) return null;
  return (
    <>
      <div className="banner" data-level="warning" role="status">
        <Symbol name="key" />
        <p>Your token ends in <span className="digits">{ticking((ends - now) / 1000)}</span>.</p>
        <button type="button" className="mp-button" onClick={() => setAsking(held)}>Give a newer one</button>
      </div>
      {asking === held && <Gate over onClose={() => setAsking(null)} />}
    </>
  );
}
