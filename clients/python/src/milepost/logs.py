"""Warnings of the program's own log as notices of the job."""

from __future__ import annotations

import logging

from .job import Job, Level, current_job


class NoticeHandler(logging.Handler):
    """Turns log records into notices: of ``job``, or of the innermost ``with job:`` around the code that logs.

    logging.getLogger("importer").addHandler(NoticeHandler())
    """

    def __init__(self, job: Job | None = None, level: int = logging.WARNING) -> None:
        super().__init__(level)
        self._job = job

    def emit(self, record: logging.LogRecord) -> None:
        """One notice, with the logger's name as its code. The reporter's own records are left out."""
        job = self._job or current_job.get()
        if job is None or record.name.split(".")[0] == "milepost":
            return
        try:
            grave = record.levelno >= logging.ERROR
            level: Level = "error" if grave else "warning" if record.levelno >= logging.WARNING else "info"
            job.notice(level, record.name, record.getMessage(), {"file": record.filename, "line": record.lineno})
        except Exception:
            self.handleError(record)
