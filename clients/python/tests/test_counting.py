"""What is counted, by how many ever at once, arrives exactly: loops, threads, asyncio, files."""

from __future__ import annotations

import asyncio
import csv
import gzip
import io
import tempfile
import threading
import unittest
from collections.abc import AsyncIterator
from pathlib import Path

from support import ServiceTest

from milepost import Cancelled, Count, Phase, Reporter


class Counting(ServiceTest):
    def test_eight_threads_count_ten_thousand_each(self) -> None:
        with self.reporter.job("scan", total=240_000) as job:
            added = job.counter("added")

            def work() -> None:
                for _ in range(10_000):
                    job.inc()
                    added.inc(2)
                for _ in job.track(range(10_000), total=0):
                    pass
                phase = job._line.work
                for _ in range(10_000):
                    phase.inc()

            threads = [threading.Thread(target=work) for _ in range(8)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        state = self.service.ended(job.id)
        self.assertEqual((240_000, {"added": 160_000}), (state["progress"]["current"], state["counters"]))

    def test_the_same_phase_again_goes_on_counting(self) -> None:
        with self.reporter.job("scan") as job:
            for repository in range(3):
                with job.phase("fetch") as fetch:
                    fetch.inc()
                for _ in job.phase("parse").track(range(10 + repository)):
                    pass
        phases = self.service.ended(job.id)["phases"]
        self.assertEqual(
            [("fetch", 3, None), ("parse", 33, 33)], [(p["name"], p["current"], p["total"]) for p in phases]
        )

    def test_asyncio(self) -> None:
        async def rows() -> AsyncIterator[int]:
            for number in range(50):
                await asyncio.sleep(0)
                yield number

        async def main() -> str:
            async with self.reporter.job("scan") as job:
                seen = [row async for row in job.phase("read", total=50).track(rows())]
                self.assertEqual(list(range(50)), seen)

                async def part(number: int) -> None:
                    async with job.child("scan:part", id=f"part-{job.id[-8:]}-{number}") as child:
                        child.inc(number)

                await asyncio.gather(*(part(number) for number in range(5)))
            self.assertTrue(await job.complete())
            return job.id

        name = asyncio.run(main())
        state = self.service.ended(name)
        self.assertEqual(("completed", 50), (state["status"], state["progress"]["current"]))
        self.assertEqual(3, self.service.ended(f"part-{name[-8:]}-3")["progress"]["current"])

    def test_asyncio_waits_for_the_wish_to_cancel(self) -> None:
        async def main() -> str:
            job = self.reporter.job("scan")
            with self.assertRaises(Cancelled):
                async with job:
                    await asyncio.to_thread(self.service.wait, job.id, lambda state: state["status"] == "running")
                    waiting = asyncio.ensure_future(_wait(job.cancelled))
                    await asyncio.to_thread(self.service.ask, "POST", f"/jobs/{job.id}/cancel", {})
                    await asyncio.wait_for(waiting, 30)
                    job.bail_if_cancelled()
            return job.id

        self.assertEqual("cancelled", self.service.ended(asyncio.run(main()))["status"])

    def test_a_task_that_is_cancelled_by_the_program_is_interrupted(self) -> None:
        async def main() -> str:
            job = self.reporter.job("scan")

            async def work() -> None:
                async with job:
                    await asyncio.get_running_loop().create_future()

            task = asyncio.ensure_future(work())
            await asyncio.sleep(0)
            task.cancel()
            with self.assertRaises(asyncio.CancelledError):
                await task
            return job.id

        error = self.service.ended(asyncio.run(main()))["error"]
        self.assertEqual(("interrupted", True), (error["code"], error["retryable"]))

    def test_files_count_their_bytes(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            source, packed = Path(folder, "a.csv"), Path(folder, "a.gz")
            source.write_text("id,price\n" + "1,2.50\n" * 1000, encoding="utf-8")
            packed.write_bytes(gzip.compress(source.read_bytes()))
            size = source.stat().st_size
            with self.reporter.job("csv:import") as job:
                read = job.phase("read")
                with io.TextIOWrapper(read.read(source.open("rb")), "utf-8") as file:
                    rows = list(csv.DictReader(file))
                text = job.phase("text")
                with text.read(source.open(encoding="utf-8")) as lines:
                    self.assertEqual(rows, list(csv.DictReader(lines)))
                unpack = job.phase("unpack")
                with unpack.read(packed.open("rb")) as whole, gzip.open(whole) as inner:
                    self.assertEqual(size, len(inner.read()))
                write = job.phase("write")
                with write.write(Path(folder, "b.csv").open("wb")) as out:
                    out.write(b"x" * 500)
                    out.writelines([b"y" * 10] * 5)
        found = {p["name"]: (p["current"], p["total"], p["unit"]) for p in self.service.ended(job.id)["phases"]}
        pack = unpack.value()
        self.assertEqual(1000, len(rows))
        self.assertEqual(
            {
                "read": (size, size, "bytes"),
                "text": (size, size, "bytes"),
                "unpack": (pack, pack, "bytes"),
                "write": (550, None, "bytes"),
            },
            found,
        )


class Alone(unittest.TestCase):
    """Without a service."""

    def test_an_item_counts_when_it_is_done(self) -> None:
        phase = Phase("parse")
        for item in phase.track([1, 2, 3]):
            self.assertEqual(item - 1, phase.value())
            if item == 3:
                break
        self.assertEqual(2, phase.value())

    def test_set_and_inc_go_together(self) -> None:
        count = Count()
        count.inc(5)
        count.set(3)
        count.inc()
        self.assertEqual(4, count.value())

    def test_a_loop_leaves_nothing_behind(self) -> None:
        phase = Phase("parse")
        for _ in range(100):
            list(phase.track([1, 2]))
        self.assertEqual((200, 1), (phase.value(), len(phase._cells)))

    def test_what_has_no_length_has_no_total(self) -> None:
        job = Reporter.off().job("scan").start()
        with self.assertRaises(TypeError):
            len(job.track(x for x in "abc"))
        self.assertEqual(3, len(job.track("abc")))
        self.assertEqual(7, len(job.track(iter(range(7)))))


async def _wait(event: object) -> None:
    await event  # type: ignore[misc]


if __name__ == "__main__":
    unittest.main()
