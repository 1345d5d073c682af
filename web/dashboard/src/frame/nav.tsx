// Where one can go. The views of the demonstration stand side by side where there is room, else behind a button.

import { useEffect, useRef } from "react";
import { demo } from "../demo/demo.ts";
import { DEMO_VIEWS } from "../demo/views.tsx";
import { Link } from "../link.tsx";
import { useRoute } from "../navigation.ts";
import { countUnread } from "../notices/notifications.ts";
import type { View } from "../route.ts";
import { inbox } from "../session.ts";
import { Symbol, type SymbolName } from "../symbol.tsx";
import { useStore } from "../use-store.ts";

export function Nav() {
  const hasDemo = Boolean(useStore(demo));
  const unread = countUnread(useStore(inbox));
  return (
    <nav className="nav" aria-label="Views">
      <Place view="jobs" symbol="jobs">Jobs</Place>
      {hasDemo && <div className="nav-wide"><DemoPlaces /></div>}
      {hasDemo && <DemoMenu />}
      <Place view="notifications" symbol="bell" count={unread}>Notifications</Place>
    </nav>
  );
}

function DemoPlaces() {
  return DEMO_VIEWS.map(({ view, title, symbol }) => <Place key={view} view={view} symbol={symbol}>{title}</Place>);
}

function DemoMenu() {
  const route = useRoute();
  const menu = useRef<HTMLDivElement>(null);
  useEffect(() => menu.current?.hidePopover?.(), [route]);
  const here = DEMO_VIEWS.find(({ view }) => view === route.view);
  return (
    <div className="nav-narrow">
      <button type="button" className="place" popoverTarget="demo-views" data-here={here ? "" : undefined}>
        <Symbol name={here?.symbol ?? "cards"} />
        <span className="place-name">{here?.title ?? "Workers"}</span>
        <Symbol name="down" />
      </button>
      <div className="nav-menu" id="demo-views" popover="auto" ref={menu}><DemoPlaces /></div>
    </div>
  );
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
