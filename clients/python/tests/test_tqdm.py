"""The class that stands in for tqdm: it does what tqdm does, where tqdm is installed side by side with it, and what
it does is reported."""

from __future__ import annotations

import asyncio
import contextlib
import io
import unittest
from collections.abc import AsyncIterator
from typing import Any, Callable

from support import ServiceTest

from milepost import Reporter
from milepost import tqdm as ours

try:
    import tqdm as theirs
except ImportError:
    theirs = None  # type: ignore[assignment]

Snippet = Callable[[Any], Any]


def _loop(tqdm: Any) -> Any:
    bar = tqdm([1, 2, 3], file=io.StringIO())
    return list(bar), bar.n, bar.total, len(bar), bool(bar)


def _generator(tqdm: Any) -> Any:
    bar = tqdm((x for x in "abcd"), file=io.StringIO())
    return list(bar), bar.n, bar.total


def _manual(tqdm: Any) -> Any:
    with tqdm(total=10, desc="load", unit="rows", initial=2, file=io.StringIO()) as bar:
        bar.update()
        bar.update(3)
        seen = bar.n, bar.total, bar.desc, bar.unit, bar.initial, len(bar), bool(bar)
        bar.n = 9
        bar.refresh()
        bar.total = 20
        return *seen, bar.n, bar.total


def _descriptions(tqdm: Any) -> Any:
    seen = []
    with tqdm(total=1, desc="one", file=io.StringIO()) as bar:
        seen.append(bar.desc)
        bar.set_description("two")
        seen.append(bar.desc)
        bar.set_description_str("three", refresh=False)
        seen.append(bar.desc)
        bar.set_description()
        return [*seen, bar.desc]


def _postfixes(tqdm: Any) -> Any:
    seen = []
    with tqdm(total=1, file=io.StringIO()) as bar:
        bar.set_postfix(loss=0.123456, accuracy=0.5, name=" x ")
        seen.append(bar.postfix)
        bar.set_postfix({"b": 1234567, "a": 1e-9})
        seen.append(bar.postfix)
        bar.set_postfix_str("free text")
        return [*seen, bar.postfix]


def _disabled(tqdm: Any) -> Any:
    out = io.StringIO()
    bar = tqdm(range(3), disable=True, file=out)
    return list(bar), bar.n, bar.disable, bar.update(5), bar.n, bar.close(), out.getvalue()


def _nested(tqdm: Any) -> Any:
    pairs, out = [], io.StringIO()
    for x in tqdm(range(2), desc="outer", file=out):
        for y in tqdm("ab", desc="inner", leave=False, file=out):
            pairs.append((x, y))
    return pairs


def _broken_off(tqdm: Any) -> Any:
    bar = tqdm(range(10), file=io.StringIO())
    for x in bar:
        if x == 3:
            break
    bar.close()
    return bar.disable


def _zero(tqdm: Any) -> Any:
    bar = tqdm([], file=io.StringIO())
    return list(bar), bar.n, bar.total, bool(bar)


def _nothing_known(tqdm: Any) -> Any:
    with tqdm(file=io.StringIO()) as bar:
        bar.update(5)
        with contextlib.suppress(TypeError):
            bool(bar)
            return "a truth"
        return bar.n, bar.total


def _infinite(tqdm: Any) -> Any:
    with tqdm(total=float("inf"), file=io.StringIO()) as bar:
        return bar.total


def _reset(tqdm: Any) -> Any:
    with tqdm(total=5, file=io.StringIO()) as bar:
        bar.update(4)
        bar.reset()
        first = bar.n, bar.total
        bar.reset(total=9)
        return first, bar.n, bar.total


def _float(tqdm: Any) -> Any:
    with tqdm(total=1.0, file=io.StringIO()) as bar:
        bar.update(0.25)
        bar.update(0.5)
        return bar.n


def _membership(tqdm: Any) -> Any:
    with tqdm([1, 2], file=io.StringIO()) as bar:
        return 1 in bar, 3 in bar


def _writes(tqdm: Any) -> Any:
    out = io.StringIO()
    tqdm.write("a line", file=out)
    tqdm.write("another", file=out, end=";")
    return out.getvalue()


def _closed_twice(tqdm: Any) -> Any:
    bar = tqdm(total=3, file=io.StringIO())
    bar.update(2)
    return bar.close(), bar.close(), bar.n, bar.update(1), bar.n


def _last_line(tqdm: Any) -> Any:
    out = io.StringIO()
    with tqdm(total=4, desc="load", ascii=True, ncols=40, file=out) as bar:
        bar.update(4)
    return out.getvalue().split("\r")[-1].split("|")[0]


def _wraps(tqdm: Any) -> Any:
    with tqdm.wrapattr(io.BytesIO(b"x" * 100), "read", total=100, file=io.StringIO()) as stream:
        return len(stream.read(60)) + len(stream.read())


SNIPPETS: dict[Snippet, Any] = {
    _loop: ([1, 2, 3], 3, 3, 3, True),
    _generator: (["a", "b", "c", "d"], 4, None),
    _manual: (6, 10, "load", "rows", 2, 10, True, 9, 20),
    _descriptions: ["one", "two: ", "three", ""],
    _postfixes: ["accuracy=0.5, loss=0.123, name=x", "b=1234567, a=1e-9", "free text"],
    _disabled: ([0, 1, 2], 0, True, None, 0, None, ""),
    _nested: [(0, "a"), (0, "b"), (1, "a"), (1, "b")],
    _broken_off: True,
    _zero: ([], 0, 0, False),
    _nothing_known: (5, None),
    _infinite: None,
    _reset: ((0, 5), 0, 9),
    _float: 0.75,
    _membership: (True, False),
    _writes: "a line\nanother;",
    _closed_twice: (None, None, 2, None, 2),
    _last_line: "load: 100%",
    _wraps: 100,
}


class AsTqdm(unittest.TestCase):
    def setUp(self) -> None:
        ours.tqdm.reporter = Reporter.off()

    def test_every_snippet_gives_what_it_should(self) -> None:
        for snippet, expected in SNIPPETS.items():
            with self.subTest(snippet.__name__):
                self.assertEqual(expected, snippet(ours.tqdm))

    @unittest.skipIf(theirs is None, "tqdm is not installed")
    def test_and_so_does_tqdm_itself(self) -> None:
        for snippet, expected in SNIPPETS.items():
            with self.subTest(snippet.__name__):
                self.assertEqual(expected, snippet(theirs.tqdm))

    def test_trange_and_asyncio(self) -> None:
        async def letters() -> AsyncIterator[str]:
            for letter in "abc":
                yield letter

        async def main() -> list[str]:
            return [letter async for letter in ours.tqdm(letters(), file=io.StringIO())]

        self.assertEqual([0, 1, 2], list(ours.trange(3, file=io.StringIO())))
        self.assertEqual(["a", "b", "c"], asyncio.run(main()))

    def test_nothing_is_drawn_where_there_is_no_terminal(self) -> None:
        with contextlib.redirect_stderr(io.StringIO()) as out:
            list(ours.tqdm(range(3)))
        self.assertEqual("", out.getvalue())


class Reported(ServiceTest):
    def setUp(self) -> None:
        super().setUp()
        ours.tqdm.reporter = self.reporter

    def test_bars_in_a_job_are_its_phases(self) -> None:
        with self.reporter.job("train") as job:
            for _ in ours.tqdm(range(30), desc="load", unit="rows"):
                pass
            with ours.tqdm(total=8, desc="fit", unit="batches") as bar:
                for number in range(8):
                    bar.update()
                    bar.set_postfix(loss=1 / (number + 1))
        state = self.service.ended(job.id)
        self.assertEqual(
            [("load", "completed", 30, 30, "rows"), ("fit", "completed", 8, 8, "batches")],
            [(p["name"], p["status"], p["current"], p["total"], p["unit"]) for p in state["phases"]],
        )
        self.assertEqual({"loss": 0.125}, state["counters"])

    def test_a_bar_without_a_name_is_the_job_s_own_progress(self) -> None:
        with self.reporter.job("train") as job:
            for _ in ours.tqdm(range(12)):
                for _ in ours.tqdm(range(3), desc="inner"):
                    pass
        state = self.service.ended(job.id)
        progress = state["progress"]
        self.assertEqual(
            (12, 12, "it", []), (progress["current"], progress["total"], progress["unit"], state["phases"])
        )
        self.assertIn("inner", state["message"])

    def test_a_bar_outside_of_any_job_is_one(self) -> None:
        bar = ours.tqdm(range(5), desc="alone")
        self.assertEqual(5, sum(1 for _ in bar))
        state = self.service.ended(bar._job.id)  # type: ignore[union-attr]
        self.assertEqual(("tqdm", "alone", "completed", 5), _told(state))

    def test_a_bar_that_is_broken_off_or_fails_says_so(self) -> None:
        bar = ours.tqdm(range(5), desc="short")
        with contextlib.closing(iter(bar)) as items:
            next(items)
            next(items)
        self.assertEqual(("tqdm", "short", "cancelled", 1), _told(self.service.ended(bar._job.id)))  # type: ignore[union-attr]
        with self.assertRaises(OSError), ours.tqdm(total=5, desc="bad") as failing:
            failing.update(2)
            raise OSError("no disk")
        self.assertEqual(("tqdm", "bad", "failed", 2), _told(self.service.ended(failing._job.id)))  # type: ignore[union-attr]


def _told(state: Any) -> tuple[Any, ...]:
    return state["kind"], state["title"], state["status"], state["progress"]["current"]


if __name__ == "__main__":
    unittest.main()
