"""What counting costs a loop, beside tqdm: nanoseconds of CPU time a step, the median of interleaved rounds.

    PYTHONPATH=clients/python/src python3 clients/python/benches/cost.py     # tqdm too, where it is installed

The jobs report to the service that MILEPOST_URL names while this runs; without one nothing is sent.
"""

from __future__ import annotations

import io
import platform
import statistics
import time
from typing import Any, Callable

from milepost import Job, Reporter
from milepost.tqdm import tqdm as our_tqdm

try:
    from tqdm import tqdm as real_tqdm
except ImportError:
    real_tqdm = None  # type: ignore[assignment,misc]

STEPS = 200_000
ROUNDS = 31
Step = Callable[[], Any]


def calls(step: Step) -> float:
    """Nanoseconds of one call, the loop left out."""
    begin = time.thread_time_ns()
    for _ in range(STEPS):
        step()
    called = time.thread_time_ns() - begin
    begin = time.thread_time_ns()
    for _ in range(STEPS):
        pass
    return (called - (time.thread_time_ns() - begin)) / STEPS


def loops(wrap: Callable[[range], Any]) -> float:
    """Nanoseconds that a wrapper adds to one round of a loop."""
    begin = time.thread_time_ns()
    for _ in wrap(range(STEPS)):
        pass
    wrapped = time.thread_time_ns() - begin
    begin = time.thread_time_ns()
    for _ in range(STEPS):
        pass
    return (wrapped - (time.thread_time_ns() - begin)) / STEPS


def background(job: Job) -> float:
    """Milliseconds of CPU time a second that go to other threads than the one at work."""
    begun, own, all_of_it = time.monotonic(), time.thread_time(), time.process_time()
    while time.monotonic() - begun < 5:
        job.inc()
    others = (time.process_time() - all_of_it) - (time.thread_time() - own)
    return others / (time.monotonic() - begun) * 1000


def main() -> None:
    reporter = Reporter.from_env()
    with reporter.job("bench", total=STEPS * ROUNDS) as job, reporter.job("bench") as other:
        phase, counter = other.phase("steps"), other.counter("steps")
        contenders: dict[str, Callable[[], float]] = {
            "an empty function": lambda: calls(lambda: None),
            "job.inc()": lambda: calls(job.inc),
            "phase.inc()": lambda: calls(phase.inc),
            "counter.inc()": lambda: calls(counter.inc),
            "job.track(…)": lambda: loops(job.track),
            "milepost.tqdm: update()": lambda: calls(our_tqdm(job=other, file=io.StringIO()).update),
            "milepost.tqdm(…)": lambda: loops(lambda items: our_tqdm(items, job=other, file=io.StringIO())),
        }
        if real_tqdm is not None:
            contenders["tqdm: update()"] = lambda: calls(real_tqdm(file=io.StringIO()).update)
            contenders["tqdm(…)"] = lambda: loops(lambda items: real_tqdm(items, file=io.StringIO()))
        seen: dict[str, list[float]] = {name: [] for name in contenders}
        for _ in range(ROUNDS):
            for name, contender in contenders.items():
                seen[name].append(contender())
        thread = background(other)
    print(f"Python {platform.python_version()}, reporting: {not reporter.silent}, median (fastest round), ns a step")
    for name, times in seen.items():
        print(f"{name:28} {statistics.median(times):7.1f}  ({min(times):.1f})")
    print(f"{'the background thread':28} {thread:7.2f}  ms of CPU time in each second of work")


if __name__ == "__main__":
    main()
