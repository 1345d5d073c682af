// The frame of the page, and which view is in it.

import { useMemo, useState } from "react";
import { useConnection } from "../../src/react.ts";
import { demo } from "./demo/demo.ts";
import { Feeds } from "./demo/feeds.tsx";
import { Imports } from "./demo/imports.tsx";
import { Ingestions } from "./demo/ingestions.tsx";
import { Detail } from "./detail/detail.tsx";
import { Announcer } from "./frame/announcer.tsx";
import { Banner } from "./frame/banner.tsx";
import { Help } from "./frame/help.tsx";
import { useShortcuts } from "./frame/shortcuts.ts";
import { Tab } from "./frame/tab.tsx";
import { switchTheme } from "./frame/theme.ts";
import { TopBar } from "./frame/top-bar.tsx";
import { Trouble } from "./frame/trouble.tsx";
import { Gate } from "./gate/gate.tsx";
import { Jobs } from "./jobs/jobs.tsx";
import { Link } from "./link.tsx";
import { go, route as currentRoute, useRoute } from "./navigation.ts";
import { InboxView } from "./notices/inbox-view.tsx";
import { Toasts } from "./notices/toasts.tsx";
import { isName, type Route } from "./route.ts";
import { book, client } from "./session.ts";
import { useStore } from "./use-store.ts";

export function App() {
  const route = useRoute();
  const connection = useConnection();
  const [help, setHelp] = useState(false);
  useShortcuts(useMemo(() => shortcuts(() => setHelp(true)), []));
  // Before anything was seen, the form stands in its place; later it is laid over what is there.
  const seen = useStore(book).synced;
  const locked = connection.state === "unauthorized";
  return (
    <>
      <a className="skip" href="#main">Skip to the content</a>
      <TopBar onHelp={() => setHelp(true)} />
      <Banner />
      <main id="main" tabIndex={-1} data-view={route.job === null ? route.view : "detail"}>
        {locked && !seen ? <Gate /> : <View route={route} />}
      </main>
      {locked && seen && <Gate over />}
      <Toasts />
      <Announcer />
      <Tab />
      {help && <Help onClose={() => setHelp(false)} />}
    </>
  );
}

function View({ route }: { readonly route: Route }) {
  const here = useStore(demo);
  if (!isName(route.project)) {
    return (
      <Trouble whole symbol="search" title="That is no name of a project">
        Names are letters, digits, dots and dashes.
      </Trouble>
    );
  }
  if (route.job !== null) return <Detail id={route.job} key={route.job} />;
  if (route.view === "notifications") return <InboxView />;
  if (route.view === "jobs") return <Jobs />;
  if (here === undefined) return null;
  if (here === null) {
    return (
      <Trouble whole symbol="feed" title="No demonstration here"
        actions={<Link className="mp-button" to={{ view: "jobs" }}>To the jobs</Link>}>
        Feeds, imports and ingestions belong to <code>milepost demo</code>, in its project <code>demo</code>.
        You are looking at <code>{client.project}</code>.
      </Trouble>
    );
  }
  if (route.view === "ingestions") return <Ingestions demo={here} />;
  return route.view === "feeds" ? <Feeds demo={here} /> : <Imports demo={here} />;
}

function shortcuts(help: () => void) {
  const view = (name: Route["view"]) => () => go({ view: name, job: null });
  const only = (name: "feeds" | "imports" | "ingestions") => () => demo.getSnapshot() && view(name)();
  return [
    { keys: "g j", label: "Go to the jobs", run: view("jobs") },
    { keys: "g f", label: "Go to the feeds", run: only("feeds") },
    { keys: "g i", label: "Go to the imports", run: only("imports") },
    { keys: "g d", label: "Go to the ingestions", run: only("ingestions") },
    { keys: "g n", label: "Go to the notifications", run: view("notifications") },
    { keys: "t", label: "Dark or light", run: switchTheme },
    { keys: "r", label: "Reconnect at once", run: () => client.reconnect() },
    { keys: "?", label: "This help", run: help },
    { keys: "Escape", label: "Back to the list", run: () => currentRoute().job !== null && go({ job: null }) },
  ];
}
