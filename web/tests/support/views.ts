// The views that only the demonstration has, as the queries of their addresses.

export const DEMO_VIEWS = ["feeds", "imports", "scans", "audits", "ingestions"].map((view) => `project=demo&view=${view}`);
