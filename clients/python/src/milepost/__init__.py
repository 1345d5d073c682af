"""Report the progress of long work to a Milepost service, in three lines, from any Python program.

    reporter = Reporter.from_env()
    with reporter.job("csv:import", title="prices.csv", phases=["parse", "load"]) as job:
        for row in job.phase("parse").track(rows): ...

The modules in reading order: ``reporter`` (where to), ``job``, ``phase``, ``count`` (what is said), ``cancel``; then
the inside: ``_line`` (what one job has to say), ``_channel`` (one request for all jobs), ``_engine`` (the thread),
``_http``, ``_token``, ``_exit``, ``_limits``. ``tqdm`` and ``logs`` are for code that speaks those already.
"""

from .cancel import CancelEvent, Cancelled
from .count import Count
from .job import Ending, Job, Level, current_job
from .logs import NoticeHandler
from .phase import Phase, Tracked
from .reporter import Reporter

__all__ = [
    "CancelEvent",
    "Cancelled",
    "Count",
    "Ending",
    "Job",
    "Level",
    "NoticeHandler",
    "Phase",
    "Reporter",
    "Tracked",
    "current_job",
]
__version__ = "0.1.0"
