"""How a job ends: normally, by an exception, by a person's wish, and with the death of its worker."""

from __future__ import annotations

import signal
import unittest

from support import ServiceTest, Worker

from milepost import Cancelled


class Endings(ServiceTest):
    def test_a_normal_end_is_completed_with_its_result(self) -> None:
        plan = [{"name": "parse", "weight": 3, "unit": "rows"}, "load"]
        job = self.reporter.job("csv:import", title="prices.csv", subject="feed-1", owner="u-17", phases=plan)
        with job:
            rows = job.counter("rows")
            for _ in job.phase("parse").track(range(120)):
                rows.inc()
            with job.phase("load", total=2, unit="tables") as load:
                load.inc(2)
            job.message("all there")
            job.metadata({"encoding": "utf-8"})
            job.notice("warning", "bad_row", "line 88: no price", {"line": 88})
            job.result = {"rows": 120}
        self.assertTrue(job.complete().wait(30))
        state = self.service.job(job.id)
        self.assertEqual(("completed", {"rows": 120}), (state["status"], state["result"]))
        self.assertEqual(("prices.csv", "feed-1", "u-17"), (state["title"], state["subject"], state["owner"]))
        phases = [(p["name"], p["status"], p["current"], p["total"], p["unit"]) for p in state["phases"]]
        self.assertEqual([("parse", "completed", 120, 120, "rows"), ("load", "completed", 2, 2, "tables")], phases)
        self.assertEqual(
            ("all there", {"rows": 120}, {"encoding": "utf-8"}, 100),
            (state["message"], state["counters"], state["metadata"], state["progress"]["percent"]),
        )
        (notice,) = state["notices"]["recent"]
        self.assertEqual(("warning", "bad_row", {"line": 88}), (notice["level"], notice["code"], notice["data"]))

    def test_an_exception_is_failed_and_goes_on(self) -> None:
        job = self.reporter.job("scan", phases=["read"])
        with self.assertRaises(ZeroDivisionError), job:
            job.phase("read")
            _ = 1 / 0
        state = self.service.ended(job.id)
        error = state["error"]
        self.assertEqual(("failed", "zero_division_error"), (state["status"], error["code"]))
        self.assertEqual(("division by zero", False, "read"), (error["message"], error["retryable"], error["phase"]))
        self.assertEqual("builtins.ZeroDivisionError", error["details"]["type"])
        self.assertIn("_ = 1 / 0", error["details"]["traceback"])

    def test_an_exception_that_cannot_be_printed_still_goes_on_as_it_is(self) -> None:
        class Mute(Exception):
            def __str__(self) -> str:
                raise RuntimeError("no words")

        job = self.reporter.job("scan")
        with self.assertRaises(Mute), job:
            raise Mute
        error = self.service.ended(job.id)["error"]
        self.assertEqual(("mute", "<Mute>"), (error["code"], error["message"]))

    def test_a_wish_to_cancel_is_heard_and_carried_out(self) -> None:
        job = self.reporter.job("scan")
        with self.assertRaises(Cancelled) as caught, job:
            self.assertTrue(job.known(30))
            self.service.wait(job.id, lambda state: state["status"] == "running")
            self.service.ask("POST", f"/jobs/{job.id}/cancel", {"reason": "wrong feed"})
            self.assertTrue(job.cancelled.wait(30))
            job.bail_if_cancelled()
        self.assertEqual("asked", caught.exception.reason)
        self.assertEqual("cancelled", self.service.ended(job.id)["status"])

    def test_a_job_that_finishes_in_spite_of_the_wish_is_completed(self) -> None:
        with self.reporter.job("scan") as job:
            self.service.wait(job.id, lambda state: state["status"] == "running")
            self.service.ask("POST", f"/jobs/{job.id}/cancel", {})
            self.assertTrue(job.cancelled.wait(30))
        self.assertEqual("completed", self.service.ended(job.id)["status"])

    def test_a_killed_worker_shows_as_stalled_and_then_as_lost(self) -> None:
        code = """
with reporter.job("scan", id="killed-9", lease=5, lost_after=2, total=10) as job:
    job.inc(3)
    reporter.flush(30)
    print("at work")
    signal.pause()
"""
        with Worker(code, self.service) as worker:
            self.assertEqual("at work", worker.line())
            worker.kill(signal.SIGKILL)
        stalled = self.service.wait("killed-9", lambda state: state["stalled_at"] is not None)
        self.assertEqual(("running", 3), (stalled["status"], stalled["progress"]["current"]))
        lost = self.service.ended("killed-9")
        self.assertEqual(("failed", "worker_lost"), (lost["status"], lost["error"]["code"]))
        self.assertTrue(lost["error"]["retryable"])

    def test_sigterm_is_failed_retryable_and_still_kills(self) -> None:
        code = """
with reporter.job("scan", id="terminated", total=10) as job:
    job.inc(4)
    print("at work")
    signal.pause()
"""
        with Worker(code, self.service) as worker:
            self.assertEqual("at work", worker.line())
            self.assertEqual(-signal.SIGTERM, worker.kill(signal.SIGTERM))
        state = self.service.ended("terminated")
        self.assertEqual(("failed", 4), (state["status"], state["progress"]["current"]))
        self.assertEqual(("interrupted", True), (state["error"]["code"], state["error"]["retryable"]))

    def test_ctrl_c_is_failed_retryable(self) -> None:
        job = self.reporter.job("scan")
        with self.assertRaises(KeyboardInterrupt), job:
            raise KeyboardInterrupt
        error = self.service.ended(job.id)["error"]
        self.assertEqual(("interrupted", True), (error["code"], error["retryable"]))

    def test_a_signal_handler_of_the_program_s_own_is_left_alone(self) -> None:
        code = """
signal.signal(signal.SIGTERM, lambda *_: sys.exit(3))
with reporter.job("scan", id="own-handler") as job:
    print("at work")
    signal.pause()
"""
        with Worker(code, self.service) as worker:
            self.assertEqual("at work", worker.line())
            self.assertEqual(3, worker.kill(signal.SIGTERM))
        self.assertEqual("interrupted", self.service.ended("own-handler")["error"]["code"])

    def test_the_end_of_the_process_waits_for_what_was_said(self) -> None:
        code = """
with reporter.job("scan", id="short", total=5) as job:
    job.set(5)
    job.result = {"found": 2}
"""
        with Worker(code, self.service) as worker:
            self.assertEqual((0, ""), worker.end())
        state = self.service.job("short")
        self.assertEqual(("completed", {"found": 2}), (state["status"], state["result"]))

    def test_a_job_let_go_of_without_an_ending_is_failed(self) -> None:
        job = self.reporter.job("scan").start()
        name = job.id
        del job
        error = self.service.ended(name)["error"]
        self.assertEqual(("worker_dropped", True), (error["code"], error["retryable"]))

    def test_sys_exit_without_a_code_is_an_end(self) -> None:
        with Worker('with reporter.job("scan", id="leaves"): sys.exit()', self.service) as worker:
            self.assertEqual((0, ""), worker.end())
        self.assertEqual("completed", self.service.job("leaves")["status"])

    def test_an_attempt_that_is_to_be_tried_again_leaves_the_job_queued(self) -> None:
        with self.assertRaises(ConnectionError), self.reporter.job("scan", id="again", retry_on=(OSError,)) as job:
            job.set(7)
            raise ConnectionError("the database is away")
        state = self.service.wait("again", lambda state: state["status"] == "queued" and state["error"])
        self.assertEqual(("connection_error", True), (state["error"]["code"], state["error"]["retryable"]))
        with self.reporter.job("scan", id="again", retry_on=(OSError,)) as job:
            job.set(9)
        state = self.service.ended("again")
        self.assertEqual(("completed", 2, 9), (state["status"], state["attempt"], state["progress"]["current"]))

    def test_the_first_of_two_endings_counts(self) -> None:
        with self.reporter.job("scan") as job:
            job.fail("no_such_feed", "it is gone", retryable=True, retry_after=60, details={"feed": 7})
        error = self.service.ended(job.id)["error"]
        self.assertEqual(("no_such_feed", True, 60), (error["code"], error["retryable"], error["retry_after_seconds"]))


if __name__ == "__main__":
    unittest.main()
