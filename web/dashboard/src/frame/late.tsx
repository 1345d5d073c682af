// A part of the page that is loaded when it is needed. Where that fails (the network is gone, or a newer version of the
// page has taken the place of this one), it says so, and the rest of the page goes on.

import { Component, Suspense, type ReactNode } from "react";
import { Trouble } from "./trouble.tsx";

interface Props {
  readonly children: ReactNode;
}

export class Late extends Component<Props, { readonly failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError(): { failed: boolean } {
    return { failed: true };
  }

  override render() {
    if (!this.state.failed) return <Suspense fallback={null}>{this.props.children}</Suspense>;
    return (
      <Trouble whole symbol="offline" title="This view could not be loaded" actions={
        <button type="button" className="mp-button" onClick={() => location.reload()}>Load the page again</button>
      }>
        The service cannot be reached, or has a newer page.
      </Trouble>
    );
  }
}
