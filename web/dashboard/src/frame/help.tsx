// The keys of the page, for whoever presses "?".

import { Dialog } from "./dialog.tsx";
import { knownShortcuts } from "./shortcuts.ts";

const NAMES: { readonly [key: string]: string } = { Escape: "Esc" };

export function Help({ onClose }: { readonly onClose: () => void }) {
  return (
    <Dialog title="Keyboard shortcuts" onClose={onClose}>
      <dl className="keys">
        {knownShortcuts().map(({ keys, label }) => (
          <div key={keys}>
            <dt>{keys.split(" ").map((key) => <kbd key={key}>{NAMES[key] ?? key}</kbd>)}</dt>
            <dd>{label}</dd>
          </div>
        ))}
        <div>
          <dt><kbd>Enter</kbd></dt>
          <dd>Open the job under the focus</dd>
        </div>
      </dl>
      <p className="quiet-text">What programs can do here: <a href="/docs">the API</a>.</p>
    </Dialog>
  );
}
