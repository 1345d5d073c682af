// What the reader has to know of everything on the page: that it is old, or that the connection is lost for good.

import { ReconnectButton, useConnection } from "../../../src/react.ts";
import { Symbol } from "../symbol.tsx";
import { Expiry } from "../gate/expiry.tsx";

export function Banner() {
  const connection = useConnection();
  if (connection.state === "offline") {
    return (
      <div className="banner" data-level="error" role="alert">
        <Symbol name="offline" />
        <p><strong>Offline.</strong> Ten attempts to reach the service failed. What you see may be out of date.</p>
        <ReconnectButton>Reconnect</ReconnectButton>
      </div>
    );
  }
  if (connection.staleSince !== null && connection.state !== "closed") {
    return (
      <div className="banner" data-level="warning" role="status">
        <Symbol name="warning" />
        <p><strong>The service cannot reach its database.</strong> What you see may be out of date.</p>
      </div>
    );
  }
  return <Expiry />;
}
