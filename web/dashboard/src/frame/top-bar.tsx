// The head of the page: whose jobs these are, where else one can go, and how the connection stands.

import { useSyncExternalStore } from "react";
import { ConnectionChip } from "../../../src/react.ts";
import { forgetToken, subscribeToken, token } from "../gate/credential.ts";
import { Link } from "../link.tsx";
import { client } from "../session.ts";
import { useStore } from "../use-store.ts";
import { IconButton } from "./icon-button.tsx";
import { Nav } from "./nav.tsx";
import { switchTheme, theme } from "./theme.ts";

export function TopBar({ onHelp }: { readonly onHelp: () => void }) {
  const dark = useStore(theme) === "dark";
  const held = useSyncExternalStore(subscribeToken, token) !== null;
  return (
    <header className="top">
      <div className="top-inner">
        <Link className="brand" to={{ view: "jobs", job: null }}>
          <img src="/icons/milepost.svg" alt="" width="28" height="28" />
          <span className="brand-name">Milepost</span>
          <span className="brand-project">{client.project}</span>
        </Link>
        <Nav />
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
