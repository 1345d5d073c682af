// The dashboard begins here: what runs without being drawn is started, and the page is drawn.

import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { MilepostProvider } from "../../src/react.ts";
import { App } from "./app.tsx";
import { findDemo } from "./demo/demo.ts";
import { tell } from "./notices/tell.ts";
import { followVisits } from "./notices/visits.ts";
import { book, client, inbox } from "./session.ts";
import "../../src/react/look.css";
import "./styles/page.css";
import "./styles/jobs.css";
import "./styles/detail.css";
import "./styles/rest.css";
import "./styles/scans.css";
import "./styles/audits.css";
import "./styles/ingestions.css";

void findDemo(client.project);
followVisits(client, book, (jobs) => inbox.add(jobs));
book.onEnded((job) => {
  inbox.add([job]);
  tell(job);
});

const root = document.getElementById("root");
if (root !== null) {
  createRoot(root).render(
    <StrictMode>
      <MilepostProvider client={client}><App /></MilepostProvider>
    </StrictMode>,
  );
}
