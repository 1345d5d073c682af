// `@milepost/client/react`: hooks that connect components to a client, and components with a default look.

export { MilepostProvider, useClient, type MilepostProviderProps } from "./react/context.tsx";
export { useConnection, useSummary } from "./react/use-connection.ts";
export { useJob, type UseJobHandlers } from "./react/use-job.ts";
export { useJobs, type UseJobsHandlers } from "./react/use-jobs.ts";
export { useLocalNow, useNow } from "./react/now.ts";
export { feedQueries, jobQueryOptions, jobsQueryOptions, useFeedQueries, type QueryCache } from "./react/query.ts";

export { Announcer, useAnnouncements } from "./react/announcer.tsx";
export { CancelButton, useCancel } from "./react/cancel-button.tsx";
export type { CancelButtonProps, Cancelling, CancelStage } from "./react/cancel-button.tsx";
export { ConnectionChip, ReconnectButton, useConnectionWords } from "./react/connection-chip.tsx";
export type { ConnectionMood, ConnectionWords } from "./display/connection-words.ts";
export { Icon, type IconName } from "./react/icons.tsx";
export { JobCard, WatchedJobCard, type JobCardProps, type WatchedJobCardProps } from "./react/job-card.tsx";
export { Counters, ErrorNote, Facts, JobName, Silence, timesOf, type Opening } from "./react/job-parts.tsx";
export { JobTable, useRows, type JobTableProps } from "./react/job-table.tsx";
export { JobToasts, useToasts, type JobToastsProps } from "./react/job-toasts.tsx";
export { MOOD_WORDS, moodOf, type Mood } from "./display/mood.ts";
export { PhaseTimeline, usePhases, type PhaseParts, type PhaseTimelineProps } from "./react/phase-timeline.tsx";
export { ProgressBar, useProgressBar, type ProgressBarProps, type ProgressParts } from "./react/progress-bar.tsx";
export { RetryButton, type RetryButtonProps } from "./react/retry-button.tsx";
export type { Rows, RowsOrder, RowsView } from "./react/rows.ts";
export { comparison, type Sort, type SortKey } from "./react/sort.ts";
export { StatusBadge } from "./react/status-badge.tsx";
export type { Toasts } from "./react/toasts.ts";
export * as format from "./display/format.ts";
