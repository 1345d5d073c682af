// The head of the page: whose jobs these are, where else one can go, and how the connection stands.

import { useSyncExternalStore } from "react";
import { ConnectionChip } from "../../../src/react.ts";
import { demo } from "../demo/demo.ts";
import { forgetToken, subscribeToken, token } from "../gate/credential.ts";
import { Link } from "../link.tsx";
import { useRoute } from "../navigation.ts";
import { countUnread } from "../notices/notifications.ts";
import type { View } from "../route.ts";
import { client, inbox } from "../session.ts";
import { Symbol, type SymbolName } from "../symbol.tsx";
import { useStore } from "../use-store.ts";
import { IconButton } from "./icon-button.tsx";
import { switchTheme, theme } from "./theme.ts";

export function TopBar({ onHelp }: { readonly onHelp: () => void }) {
  const dark = useStore(theme) === "dark";
  const hasDemo = Boolean(useStore(demo));
  const held = useSyncExternalStore(subscribeToken, token) !== null;
  const unread = countUnread(useStore(inbox));
  return (
    <header className="top">
      <div className="top-inner">
        <Link className="brand" to={{ view: "jobs", job: null }}>
          <img src="/icons/milepost.svg" alt="" width="28" height="28" />
          <span className="brand-name">Milepost</span>
          <span className="brand-project">{client.project}</span>
        </Link>
        <nav className="nav" aria-label="Views">
          <Place view="jobs" symbol="jobs">Jobs</Place>
          {hasDemo && <Place view="feeds" symbol="feed">Feeds</Place>}
          {hasDemo && <Place view="imports" symbol="upload">Imports</Place>}
          {hasDemo && <Place view="ingestions" symbol="document">Ingestions</Place>}
          <Place view="notifications" symbol="bell" count={unread}>Notifications</Place>
        </nav>
        <div className="top-end">
          <ConnectionChip />
          {held && <IconButton symbol="key" label="Forget the token" onClick={forget} />}
          <IconButton symbol={dark ? "sun" : "moon"} label={dark ? "Light theme" : "Dark theme"}
            onClick={switchTheme} />
          <IconButton symbol="help" label="Keyboard shortcuts" className="help-button" onClick={onHelp} />
        </div>
      </div>
    </header>
  );
}

// What was seen with the token goes with it.
function forget() {
  forgetToken();
  location.reload();
}

function Place({ view, symbol, count = 0, children }: {
  readonly view: View;
  readonly symbol: SymbolName;
  readonly count?: number;
  readonly children: string;
}) {
  const here = useRoute().view === view;
  return (
    <Link className="place" to={{ view, job: null }} aria-current={here ? "page" : undefined}>
      <Symbol name={symbol} />
      <span className="place-name">{children}</span>
      {count > 0 && (
        <span className="place-count">{count > 99 ? "99+" : count}<span className="unseen"> unread</span></span>
      )}
    </Link>
  );
}
