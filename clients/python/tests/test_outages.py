"""What the network and the service do to a worker: nothing that its job would notice, and nothing that is lost."""

from __future__ import annotations

import random
import signal
import threading
import time
import unittest
from collections import Counter

from proxy import Proxy
from support import Service, ServiceTest, until

from milepost import Reporter
from milepost._channel import LINES
from milepost._engine import ENGINE
from milepost._line import NOTICES, ORDERS


class Outages(unittest.TestCase):
    """On a service that is taken away."""

    service: Service

    @classmethod
    def setUpClass(cls) -> None:
        cls.service = Service()
        cls.addClassCleanup(cls.service.close)

    def setUp(self) -> None:
        if not self.service.is_up:  # a test that failed half-way
            self.service.up()
        self.reporter = Reporter(self.service.url, "acme")

    def test_away_and_back_and_killed_and_back(self) -> None:
        with self.reporter.job("csv:import", phases=["parse", "load"], lease=60) as job:
            parse = job.phase("parse", total=100)
            parse.inc(10)
            added = job.counter("added")
            added.inc(10)
            self.service.wait(job.id, lambda state: state["progress"]["current"] == 10)
            self.service.down()
            parse.inc(40)
            job.warning("away", "said while nobody heard it")
            load = job.phase("load", total=10)
            load.inc(3)
            added.set(50)
            until(lambda: any(channel._failures > 1 for channel in ENGINE._channels.values()))
            self.service.up()
            state = self.service.wait(job.id, lambda state: state["progress"]["current"] == 3)
            self.assertEqual(
                ("load", {"added": 50}, 50), (state["phase"], state["counters"], state["phases"][0]["current"])
            )
            self.assertEqual(1, state["notices"]["total"])
            load.inc(2)
            self.service.down(signal.SIGKILL)
            load.inc(2)
            self.service.up()
            self.service.wait(job.id, lambda state: state["progress"]["current"] == 7)
            self.service.down(signal.SIGKILL)
        self.service.up()
        state = self.service.ended(job.id)
        self.assertEqual(("completed", 1, 7), (state["status"], state["attempt"], state["progress"]["current"]))
        self.assertEqual(1, state["notices"]["total"])

    def test_a_job_begun_and_ended_while_the_service_was_away(self) -> None:
        self.service.down()
        with self.reporter.job("scan", id="unseen", total=3) as job, self.assertLogs("milepost", "WARNING"):
            for _ in job.track(range(3)):
                pass
            self.assertFalse(job.known(0))
            until(lambda: any(channel._failures > 3 for channel in ENGINE._channels.values()))
        self.service.up()
        state = self.service.ended("unseen")
        self.assertEqual(("completed", 3), (state["status"], state["progress"]["current"]))

    def test_what_waits_is_bounded(self) -> None:
        job = self.reporter.job("scan").start()
        self.assertTrue(job.known(30))
        self.service.down()
        for number in range(5 * NOTICES):
            job.warning("bad_row", f"line {number}")
            job.phase(f"phase {number % 7}").inc()
        line = job._line
        self.assertLessEqual(len(line._notices), NOTICES)
        self.assertLessEqual(len(line._orders), ORDERS)
        job.complete()
        self.assertFalse(self.reporter.flush(1))  # as the end of a process does it: what waits is summed up
        self.service.up()
        self.assertEqual("completed", self.service.ended(job.id)["status"])
        notices = [item["data"] for item in self.service.history(job.id) if item["type"] == "scan:notice"]
        unlisted = [notice["data"]["unlisted"] for notice in notices if notice["data"]]
        self.assertEqual(5 * NOTICES, len(notices) - len(unlisted) + sum(unlisted))

    def test_jobs_that_wait_are_bounded(self) -> None:
        self.service.down()
        with self.assertLogs("milepost", "WARNING") as logs:
            for number in range(LINES + 50):
                with self.reporter.job("scan", id=f"waits-{number}"):
                    pass
        (channel,) = (channel for channel in ENGINE._channels.values() if channel._url == self.service.url)
        self.assertLessEqual(len(channel.lines), LINES)
        self.assertGreaterEqual(len([line for line in logs.output if "given up" in line]), 50)
        self.service.up()
        self.assertEqual("completed", self.service.ended(f"waits-{LINES + 49}")["status"])


class Network(ServiceTest):
    """Between the worker and a service that is well."""

    def proxied(self, judge: object = None) -> tuple[Proxy, Reporter]:
        proxy = Proxy(self.service.port)
        self.addCleanup(proxy.close)
        if judge is not None:
            proxy.judge = judge  # type: ignore[assignment]
        return proxy, Reporter(proxy.url, "acme")

    def test_answers_that_are_lost_change_nothing(self) -> None:
        random.seed(7)
        chance = random.Random(7)
        proxy, reporter = self.proxied(lambda _: chance.choice(["pass", "lose", "drop", "busy", "pass"]))
        names = [f"step {number}" for number in range(6)]
        with reporter.job("sync", phases=names) as job:
            for name in names:
                phase = job.phase(name, total=5)
                phase.inc(5)
                job.notice("info", "step", name)
                self.assertTrue(reporter.flush(50))
        self.assertTrue(job.complete().wait(50))
        self.assertGreater(len({seen.verdict for seen in proxy.seen}), 2)
        state = self.service.job(job.id)
        self.assertEqual((1, "completed"), (state["attempt"], state["status"]))
        self.assertEqual([5] * 6, [phase["current"] for phase in state["phases"]])
        notices = [item["data"]["message"] for item in self.service.history(job.id) if item["type"] == "sync:notice"]
        self.assertEqual(names, notices)
        kinds = Counter(item["type"] for item in self.service.history(job.id))
        self.assertEqual((1, 6), (kinds["sync:started"], kinds["sync:phase"]))

    def test_a_request_is_repeated_byte_for_byte_until_it_is_answered(self) -> None:
        proxy, reporter = self.proxied(lambda number: "lose" if number in (1, 2, 4) else "pass")
        with reporter.job("sync") as job:
            job.set(4)
        self.assertTrue(job.complete().wait(50))
        for number in (1, 2, 4):
            self.assertEqual(proxy.seen[number].body, proxy.seen[number + 1].body)

    def test_retry_after_is_obeyed(self) -> None:
        proxy, reporter = self.proxied(lambda number: "busy" if number == 1 else "pass")
        with reporter.job("sync") as job:
            pass
        self.assertTrue(job.complete().wait(50))
        self.assertGreaterEqual(proxy.seen[2].at - proxy.seen[1].at, 1.0)

    def test_one_request_for_all_jobs_and_ticks_four_times_a_second(self) -> None:
        proxy, reporter = self.proxied()
        jobs = [reporter.job("sync", total=10**9).start() for _ in range(20)]
        for job in jobs:
            self.service.wait(job.id, lambda state: state["status"] == "running")
        self.assertTrue(reporter.flush(30))
        before, begun, stop = len(proxy.seen), time.monotonic(), threading.Event()

        def work() -> None:
            while not stop.wait(0.001):
                for job in jobs:
                    job.inc()

        thread = threading.Thread(target=work)
        thread.start()
        until(lambda: len(proxy.seen) - before >= 9)
        stop.set()
        thread.join()
        seen = proxy.seen[before : before + 9]
        # The first may go at once, the ninth not before eight quarters of a second. A slow machine makes it later.
        self.assertGreaterEqual(seen[-1].at - begun, 8 * 0.25)
        self.assertEqual(20, max(len({report["job"] for report in request.reports}) for request in seen))
        self.assertEqual({"progress"}, {report["type"] for request in seen for report in request.reports})
        for job in jobs:
            job.complete()
        self.assertTrue(reporter.close(30))

    def test_heartbeats_at_a_third_of_the_lease(self) -> None:
        proxy, reporter = self.proxied()
        begun = time.monotonic()
        with reporter.job("sync", lease=5) as job:
            self.service.wait(job.id, lambda state: state["status"] == "running")

            def beats() -> list[float]:
                return [s.at for s in proxy.seen if any(r["type"] == "heartbeat" for r in s.reports)]

            until(lambda: len(beats()) >= 4)
            self.assertIsNone(self.service.job(job.id)["stalled_at"])
            self.assertGreaterEqual(beats()[3] - begun, 4 * 5 / 3)
        self.assertTrue(job.complete().wait(30))

    def test_notices_are_paced_and_none_is_lost(self) -> None:
        with self.reporter.job("scan") as job:
            for number in range(150):
                job.notice("info", "found", str(number))
        self.assertTrue(job.complete().wait(50))
        notices = [item["data"]["message"] for item in self.service.history(job.id) if item["type"] == "scan:notice"]
        self.assertEqual([str(number) for number in range(150)], notices)


if __name__ == "__main__":
    unittest.main()
