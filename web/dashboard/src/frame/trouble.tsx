// Why there is nothing to see, and what can be done: one look for everything that is empty, missing, forbidden,
// expired, or too much for the service just now.

import { useEffect, useState, type ReactNode } from "react";
import { Symbol, type SymbolName } from "../symbol.tsx";
import type { Problem } from "../../../src/problem.ts";

interface Props {
  readonly symbol: SymbolName;
  readonly title: string;
  readonly children?: ReactNode;
  readonly actions?: ReactNode;
  /** Whether this is all there is on the page. */
  readonly whole?: boolean;
}

export function Trouble({ symbol, title, children, actions, whole = false }: Props) {
  const Heading = whole ? "h1" : "h2";
  return (
    <div className="trouble">
      <span className="trouble-mark"><Symbol name={symbol} /></span>
      <Heading className="trouble-title">{title}</Heading>
      {children && <div className="trouble-text">{children}</div>}
      {actions && <div className="trouble-actions">{actions}</div>}
    </div>
  );
}

/** A refusal, in words; tries again by itself where the service said when. */
export function Refusal({ problem, what, onRetry }: {
  readonly problem: Problem;
  readonly what: string;
  readonly onRetry: () => void;
}) {
  const retry = <button type="button" className="mp-button" onClick={onRetry}>Try again</button>;
  switch (problem.status) {
    case 401:
      return <Trouble symbol="key" title="A token is needed">The service does not show {what} without one.</Trouble>;
    case 403:
      return (
        <Trouble symbol="key" title="Not allowed" actions={retry}>
          Your token does not cover {what}. {problem.message}
        </Trouble>
      );
    case 404:
      return <Trouble symbol="search" title="Nothing here">The service knows no such thing as {what}.</Trouble>;
    case 0:
      return (
        <Trouble symbol="offline" title="No answer" actions={retry}>
          The service cannot be reached at the moment.
        </Trouble>
      );
    case 429:
    case 503:
      return (
        <Trouble symbol="clock" title="The service is overloaded" actions={retry}>
          {problem.message} <Again after={problem.retryAfter ?? 5} onRetry={onRetry} />
        </Trouble>
      );
    default:
      return <Trouble symbol="warning" title="That did not work" actions={retry}>{problem.message}</Trouble>;
  }
}

function Again({ after, onRetry }: { readonly after: number; readonly onRetry: () => void }) {
  const [left, setLeft] = useState(Math.ceil(after));
  useEffect(() => {
    if (left <= 0) return onRetry();
    const timer = setTimeout(() => setLeft(left - 1), 1000);
    return () => clearTimeout(timer);
  }, [left, onRetry]);
  return <>Trying again in <span className="digits">{Math.max(left, 0)} s</span>.</>;
}
