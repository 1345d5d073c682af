// `@milepost/client/react`: hooks that connect components to a client, and components with a default look.

export { MilepostProvider, useClient, type MilepostProviderProps } from "./react/context.tsx";
export { useConnection, useSummary } from "./react/use-connection.ts";
export { useJob, type UseJobHandlers } from "./react/use-job.ts";
export { useJobs, type UseJobsHandlers } from "./react/use-jobs.ts";
export { useLocalNow, useNow } from "./react/now.ts";
export * as format from "./react/format.ts";
