// Asks for a token where the service wants one: in place of the page before anything was seen, later over it.

import { useId, useRef, useState, type FormEvent } from "react";
import { findDemo } from "../demo/demo.ts";
import { Dialog } from "../frame/dialog.tsx";
import { refreshList } from "../jobs/current-list.ts";
import { client } from "../session.ts";
import { Symbol } from "../symbol.tsx";
import { isToken, keepToken, token } from "./credential.ts";
import { inquire } from "./inquire.ts";

export function Gate({ over = false, onClose }: { readonly over?: boolean; readonly onClose?: () => void }) {
  // Read once: keeping the new one must not change the words under the reader's eyes.
  const [first] = useState(token() === null);
  const title = first ? "This service asks for a token" : "Another token is needed";
  const why = first || onClose ? "" : "The one this tab holds has expired, or is not taken any more.";
  const form = <Form why={why} />;
  if (over) return <Dialog title={title} {...(onClose && { onClose })}>{form}</Dialog>;
  return (
    <section className="gate" aria-label={title}>
      <span className="trouble-mark"><Symbol name="key" /></span>
      <h1>{title}</h1>
      {form}
    </section>
  );
}

function Form({ why: first }: { readonly why: string }) {
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const [why, setWhy] = useState(first);
  const [busy, setBusy] = useState(false);

  async function answer(event: FormEvent) {
    event.preventDefault();
    if (busy) return;
    const text = (input.current?.value ?? "").trim().replace(/^bearer\s+/i, "");
    if (!isToken(text)) {
      setWhy("This is not a token: a token is three parts with dots between them. Paste the whole of it.");
      return input.current?.select();
    }
    setBusy(true);
    const refused = await inquire(client.project, text).catch((error: unknown) => String((error as Error).message));
    setBusy(false);
    if (refused !== null) {
      setWhy(refused);
      return input.current?.select();
    }
    keepToken(text);
    client.reconnect();
    refreshList();
    void findDemo(client.project);
  }

  return (
    <form className="gate-form" method="post" noValidate onSubmit={(event) => void answer(event)}>
      <label htmlFor={id}>Token</label>
      <div className="gate-row">
        <input id={id} ref={input} type="password" autoComplete="off" autoCapitalize="off" spellCheck={false} autoFocus
          aria-invalid={why !== "" || undefined} aria-describedby={`${id}-why ${id}-hint`} />
        <button type="submit" className="mp-button mp-primary" aria-disabled={busy || undefined}>
          {busy ? "Connecting…" : "Connect"}
        </button>
      </div>
      <p className="gate-why" id={`${id}-why`} role="alert">{why}</p>
      <p className="gate-hint" id={`${id}-hint`}>
        It must be for the project <code>{client.project}</code>, with the scope <code>watch</code>. It stays in this
        tab, and is forgotten when you close it. Whoever runs the service makes one with
      </p>
      <code className="gate-command">milepost token --project {client.project} --scope watch,cancel,create</code>
    </form>
  );
}
