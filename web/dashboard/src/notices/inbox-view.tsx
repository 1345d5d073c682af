// The list of notifications: what ended while somebody looked, and while nobody did.

import { useNow } from "../../../src/react.ts";
import { ago, heading, when } from "../../../src/display/format.ts";
import { MOOD_WORDS } from "../../../src/display/mood.ts";
import { Trouble } from "../frame/trouble.tsx";
import { Link } from "../link.tsx";
import { inbox } from "../session.ts";
import { Symbol, type SymbolName } from "../symbol.tsx";
import { useStore } from "../use-store.ts";
import { countUnread, type Notification } from "./notifications.ts";
import { permission, switchTelling, type Permission } from "./tell.ts";

export function InboxView() {
  const list = useStore(inbox);
  const unread = countUnread(list);
  return (
    <div className="page-column">
      <header className="view-head">
        <div>
          <h1>Notifications</h1>
          <p className="view-note">{unread === 0 ? "All read" : `${unread} unread`}</p>
        </div>
        <div className="view-actions">
          <Action off={unread === 0} onClick={() => inbox.read()}>Mark all as read</Action>
          <Action off={list.length === 0} onClick={() => inbox.clear()}>Clear</Action>
        </div>
      </header>
      <Telling />
      {list.length === 0
        ? <Trouble symbol="bell" title="Nothing yet">Jobs that end are noted here, also while you are away.</Trouble>
        : <ol className="notes">{list.map((note) => <Note key={note.job} note={note} />)}</ol>}
    </div>
  );
}

function Action({ off, onClick, children }: {
  readonly off: boolean;
  readonly onClick: () => void;
  readonly children: string;
}) {
  const disabled = off || undefined;
  return <button type="button" className="mp-button" aria-disabled={disabled} onClick={onClick}>{children}</button>;
}

const WORDS: { readonly [state in Permission]: string } = {
  off: "Tell me by a notification of the browser when a job ends and this page is not in sight.",
  on: "The browser tells you when a job ends and this page is not in sight.",
  denied: "This browser does not allow notifications of this page. Its settings for the site can.",
  unsupported: "This browser has no notifications.",
};

function Telling() {
  const state = useStore(permission);
  const usable = state === "on" || state === "off";
  return (
    <div className="setting">
      <p id="telling">{WORDS[state]}</p>
      {usable && (
        <button type="button" className="switch" role="switch" aria-checked={state === "on"} aria-labelledby="telling"
          onClick={() => void switchTelling()}>
          <span className="switch-knob" />
        </button>
      )}
    </div>
  );
}

const SYMBOLS: { readonly [status: string]: SymbolName } = { completed: "check", failed: "close", cancelled: "dash" };

function Note({ note }: { readonly note: Notification }) {
  const now = useNow();
  return (
    <li className="note" data-status={note.status} data-unread={note.read ? undefined : ""}>
      <span className="note-mark"><Symbol name={SYMBOLS[note.status] ?? "info"} /></span>
      <div className="note-text">
        <p className="note-title">
          <Link className="row-link" to={{ job: note.job }} onClick={() => inbox.read(note.job)}>
            {note.title || heading(note.kind)}
          </Link>
          {!note.read && <span className="unseen"> unread</span>}
        </p>
        <p className="note-line">
          <span className="note-status">{MOOD_WORDS[note.status]}</span>
          {note.message ? `: ${note.message}` : ""} <span className="row-labels">{note.kind}</span>
        </p>
      </div>
      <time className="note-time" dateTime={note.at} title={when(note.at, now)}>{ago(note.at, now)}</time>
      {!note.read && (
        <button type="button" className="icon-button note-read" aria-label="Mark as read" title="Mark as read"
          onClick={() => inbox.read(note.job)}>
          <span className="note-dot" />
        </button>
      )}
    </li>
  );
}
