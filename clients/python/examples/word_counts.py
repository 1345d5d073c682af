#!/usr/bin/env python3
"""Counts the words of a CSV file and reports how far it is. Try it on the sample data of the repository:

    export MILEPOST_URL=http://127.0.0.1:8080 MILEPOST_PROJECT=acme
    python3 word_counts.py ../../../examples/data/known_exploited_vulnerabilities-2025-08-25.csv.zst

Plain, .gz and (with the zstd program) .zst files. Without MILEPOST_URL it counts just the same.
"""

from __future__ import annotations

import csv
import gzip
import io
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import TextIO, cast

import milepost


def opened(path: Path) -> TextIO:
    """The file as text, unpacked."""
    if path.suffix == ".zst":
        return io.StringIO(subprocess.run(["zstd", "-dc", path], check=True, stdout=subprocess.PIPE).stdout.decode())
    if path.suffix == ".gz":
        return cast(TextIO, gzip.open(path, "rt", encoding="utf-8", newline=""))
    return path.open(encoding="utf-8", newline="")


def main(path: Path) -> None:
    reporter = milepost.Reporter.from_env()
    with reporter.job("words:count", title=path.name, phases=["read", {"name": "count", "weight": 5}]) as job:
        with job.phase("read", unit="rows") as phase, opened(path) as file:
            rows = list(phase.track(csv.reader(line for line in file if not line.startswith("#"))))
        header, *body = rows or [[]]
        words: Counter[str] = Counter()
        found = job.counter("words")
        for number, row in enumerate(job.phase("count", unit="rows").track(body), start=2):
            job.bail_if_cancelled()
            if len(row) != len(header):
                job.warning("bad_row", f"row {number} has {len(row)} fields, not {len(header)}", {"row": number})
                continue
            of_row = re.findall(r"[^\W\d_]{3,}", " ".join(row).lower())
            words.update(of_row)
            found.inc(len(of_row))
        job.result = {"rows": len(body), "words": found.value(), "most": dict(words.most_common(10))}
    print(job.result)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
