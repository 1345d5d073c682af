// A refusal, as the service words it (RFC 9457), or the lack of any answer.

/** Thrown by every request that is not granted. */
export class Problem extends Error {
  override readonly name = "Problem";

  constructor(
    /** The status of the answer; 0 = there was none. */
    readonly status: number,
    /** Stable, snake case: `not_found`, `finished`, …; `unreachable` without an answer. */
    readonly code: string,
    message: string,
    /** Seconds to stay away, if it says. */
    readonly retryAfter: number | null = null,
    /** What is wrong with which part of the body. */
    readonly errors: readonly { readonly pointer: string; readonly detail: string }[] = [],
  ) {
    super(message);
  }
}
