// Components under a provider with a client that a test speaks for, in strict mode.

import { render } from "@testing-library/react";
import { StrictMode, type ReactNode } from "react";
import { MilepostProvider } from "../../src/react.ts";
import { fakeClient, type FakeClient } from "./fake-client.ts";

export function show(children: ReactNode, client: FakeClient = fakeClient()) {
  const wrapper = ({ children }: { children: ReactNode }) => (
    <StrictMode><MilepostProvider client={client}>{children}</MilepostProvider></StrictMode>
  );
  return { client, ...render(children, { wrapper }) };
}
