"""Whose job it is: a second worker, tokens that expire, processes that fork, and no service at all."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import unittest

from support import Service, ServiceTest, Worker, environment, until

from milepost import Cancelled, NoticeHandler, Reporter, current_job


class Claims(ServiceTest):
    def test_a_second_worker_takes_a_stalled_job_over_and_the_first_one_is_fenced(self) -> None:
        code = """
job = reporter.job("scan", id="fenced", lease=5, lost_after=600)
try:
    with job:
        job.set(3)
        reporter.flush(30)
        print("at work")
        job.cancelled.wait(60)
        job.bail_if_cancelled()
except milepost.Cancelled as cancelled:
    print(cancelled.reason)
"""
        with Worker(code, self.service) as first:
            self.assertEqual("at work", first.line())
            first.process.send_signal(signal.SIGSTOP)
            # As after a redelivery: the same id, from another process. It waits for the lease to run out.
            with self.reporter.job("scan", id="fenced", lease=5, lost_after=600) as second:
                second.set(1)
                self.service.wait("fenced", lambda state: state["attempt"] == 2 and state["progress"]["current"] == 1)
                first.process.send_signal(signal.SIGCONT)
                self.assertEqual("fenced", first.line())
                self.assertEqual(0, first.end()[0])
                self.assertFalse(second.cancelled)
        state = self.service.ended("fenced")
        self.assertEqual(("completed", 2, 1), (state["status"], state["attempt"], state["progress"]["current"]))

    def test_a_job_that_somebody_else_created(self) -> None:
        job = self.reporter.claim("ordered").start()
        job.set(2)
        self.service.ask("PUT", "/jobs/ordered", {"kind": "scan", "total": 2, "owner": "u-17"})
        self.assertTrue(job.complete({"ok": True}).wait(30))
        state = self.service.job("ordered")
        self.assertEqual(("completed", 2, {"ok": True}), (state["status"], state["progress"]["total"], state["result"]))

    def test_a_job_that_was_created_with_another_title_is_the_same_job(self) -> None:
        self.service.ask("PUT", "/jobs/renamed", {"kind": "scan", "title": "the first"})
        with self.assertLogs("milepost", "WARNING"), self.reporter.job("scan", id="renamed", title="another") as job:
            self.assertTrue(job.known(30))
        state = self.service.ended("renamed")
        self.assertEqual(("the first", "completed"), (state["title"], state["status"]))

    def test_a_job_cancelled_before_anybody_claimed_it(self) -> None:
        self.service.ask("PUT", "/jobs/unwanted", {"kind": "scan"})
        self.service.ask("POST", "/jobs/unwanted/cancel", {})
        with self.assertRaises(Cancelled), self.assertLogs("milepost"), self.reporter.claim("unwanted") as job:
            self.assertTrue(job.cancelled.wait(30))
            job.bail_if_cancelled()

    def test_children_count_on_their_parent(self) -> None:
        with self.reporter.job("ingestion") as job:
            for number in range(3):
                with job.child("ingestion:part", title=f"part {number}") as part:
                    part.set(1)
                self.assertTrue(part.complete().wait(30))
            self.service.wait(job.id, lambda state: (state["children"] or {}).get("finished") == 3)
        state = self.service.ended(job.id)
        self.assertEqual({"total": 3, "finished": 3, "failed": 0}, state["children"])

    def test_what_the_service_would_not_take_is_made_to_fit(self) -> None:
        circle: dict[str, object] = {}
        circle["self"] = circle
        with self.reporter.job("CSV Import!", subject="feed 1/ü", title="t" * 500, metadata={"x": "y" * 9000}) as job:
            job.phase("p\0" + "h" * 200, total=-3, unit="u" * 90).inc(2)
            job.message("\udcff\0" + "m" * 3000)
            job.notice("loud", "", "n" * 900, {"big": "d" * 5000, "nan": float("nan")})  # type: ignore[arg-type]
            for number in range(50):
                job.counter(f"c{number}").set(number)
            job.counter("c0").set(float("inf"))  # type: ignore[arg-type]
            job.result = {"when": object(), "deep": circle, "much": ["x" * 100] * 1000, 7: b"\xff"}  # type: ignore[dict-item]
        self.assertTrue(job.complete().wait(30))
        state = self.service.job(job.id)
        self.assertEqual(("csv-import", "completed", 32), (state["kind"], state["status"], len(state["counters"])))
        self.assertEqual(1, state["result"]["omitted"])
        self.assertEqual(1, state["notices"]["total"])

    def test_warnings_of_a_log_become_notices(self) -> None:
        own, handler = logging.getLogger("importer.rows"), NoticeHandler()
        own.addHandler(handler)
        self.addCleanup(own.removeHandler, handler)
        own.propagate = False
        own.warning("outside of any job")
        with self.reporter.job("scan") as job:
            self.assertIs(job, current_job.get())
            own.info("not this")
            own.warning("line %d: no price", 88)
            own.error("no such table")
        recent = self.service.ended(job.id)["notices"]["recent"]
        self.assertEqual(
            {("warning", "importer.rows", "line 88: no price"), ("error", "importer.rows", "no such table")},
            {(notice["level"], notice["code"], notice["message"]) for notice in recent},
        )


class Tokens(unittest.TestCase):
    service: Service

    @classmethod
    def setUpClass(cls) -> None:
        cls.service = Service(secret="a secret of more than thirty-two bytes")
        cls.addClassCleanup(cls.service.close)

    def test_a_token_that_expires_is_asked_for_again(self) -> None:
        given: list[str] = []

        def token() -> str:
            given.append(self.service.token("3s", "report,create"))
            return given[-1]

        reporter = Reporter(self.service.url, "acme", token)
        with reporter.job("scan") as job:
            watch = self.service.token()
            numbers = iter(range(1, 10**6))

            def at_work() -> int:
                job.set(next(numbers))
                return len(given)

            until(at_work, lambda count: count >= 4)
            last = next(numbers)
            job.set(last)
        self.assertTrue(job.complete().wait(30))
        state = self.service.ask("GET", f"/jobs/{job.id}", token=watch)["data"]
        self.assertEqual(("completed", last), (state["status"], state["progress"]["current"]))

    def test_a_token_that_is_refused_is_replaced_at_once(self) -> None:
        tokens = iter(["no.such.token", self.service.token("1h", "report,create")])
        with Reporter(self.service.url, "acme", lambda: next(tokens)).job("scan") as job:
            pass
        self.assertTrue(job.complete().wait(30))

    def test_a_function_that_cannot_give_one_yet(self) -> None:
        tries: list[int] = []

        def token() -> str:
            tries.append(1)
            if len(tries) < 4:
                raise ConnectionError("the identity provider is away")
            return self.service.token("1h", "report,create")

        with self.assertLogs("milepost"), Reporter(self.service.url, "acme", token).job("scan") as job:
            self.assertTrue(job.known(30))
        self.assertTrue(job.complete().wait(30))

    def test_a_token_without_the_right_scope_is_said_once_and_the_job_goes_on(self) -> None:
        reporter = Reporter(self.service.url, "acme", self.service.token("1h", "watch"))
        with self.assertLogs("milepost", "WARNING") as logs, reporter.job("scan") as job:
            job.set(1)
            until(lambda: job._line.stage == "over")
        self.assertFalse(job.complete().wait(5))
        self.assertEqual(1, len(logs.output))


class Processes(ServiceTest):
    def test_a_forked_child_says_nothing_of_its_parent_s_job(self) -> None:
        with self.reporter.job("scan", total=10) as job:
            job.set(5)
            self.assertTrue(self.reporter.flush(30))
            child = os.fork()
            if child == 0:
                job.set(9)
                job.fail("child", "the child must not be heard")
                self.reporter.flush(5)
                os._exit(0)
            self.assertEqual(0, os.waitpid(child, 0)[1])
        state = self.service.ended(job.id)
        self.assertEqual(("completed", 5), (state["status"], state["progress"]["current"]))

    def test_a_child_process_reports_jobs_of_its_own(self) -> None:
        """As Celery's prefork does: the reporter is made before the fork, and has been used."""
        with self.reporter.job("scan") as job:
            self.assertTrue(job.known(30))
            contexts = [multiprocessing.get_context(how) for how in ("fork", "fork", "spawn")]
            arguments = [(self.reporter, f"fork-{number}") for number in range(3)]
            children = [context.Process(target=_child, args=args) for context, args in zip(contexts, arguments)]
            for child in children:
                child.start()
            for child in children:
                child.join()
                self.assertEqual(0, child.exitcode)
        for number in range(3):
            state = self.service.job(f"fork-{number}")  # delivered before the child was gone
            self.assertEqual(("completed", {"child": f"fork-{number}"}), (state["status"], state["result"]))
        self.assertEqual("completed", self.service.ended(job.id)["status"])

    def test_without_a_service_nothing_is_said_and_everything_works(self) -> None:
        saved = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith("MILEPOST_")}
        self.addCleanup(os.environ.update, saved)
        reporter = Reporter.from_env()
        self.assertTrue(reporter.silent)
        with reporter.job("scan", phases=["a"]) as job:
            with job.phase("a", total=3) as phase:
                self.assertEqual([0, 1, 2], list(phase.track(range(3))))
                self.assertEqual(3, phase.value())
            job.warning("x", "y")
            with job.child("scan") as child:
                child.inc()
            job.bail_if_cancelled()
        self.assertFalse(job.known(0))
        self.assertFalse(job.complete().wait(1))
        self.assertTrue(reporter.close())

    def test_without_a_service_no_thread_is_started(self) -> None:
        code = "with reporter.job('scan') as job: job.inc()\nprint(threading.active_count())"
        with Worker(code, self.service, MILEPOST_URL="") as worker:
            self.assertEqual("1", worker.line())

    def test_settings_that_cannot_be_are_said_and_do_no_harm(self) -> None:
        for wrong in ({"MILEPOST_URL": "localhost:8080"}, {"MILEPOST_PROJECT": "no such/project"}):
            with Worker("print(reporter.silent)", self.service, **wrong) as worker:
                self.assertEqual("True", worker.line())
                self.assertIn("nothing is reported", worker.end()[1])
        with self.assertRaises(ValueError):
            Reporter("localhost:8080")
        self.assertNotIn("MILEPOST_URL", environment())


def _child(reporter: Reporter, name: str) -> None:
    with reporter.job("scan", id=name) as job:
        job.result = {"child": name}


if __name__ == "__main__":
    unittest.main()
