"""How a bar looks in a terminal: the line people know from tqdm. Only text; knows no file and no job."""

from __future__ import annotations

import math
from typing import Any

#: Eighths of a character, and tenths for terminals without them.
FINE = " ▏▎▍▌▋▊▉█"
PLAIN = " 123456789#"


def interval(seconds: float) -> str:
    """``01:05``, ``1:01:05``."""
    sign, whole = ("-", -int(seconds)) if seconds < 0 else ("", int(seconds))
    minutes, s = divmod(whole, 60)
    h, m = divmod(minutes, 60)
    return f"{sign}{h}:{m:02}:{s:02}" if h else f"{sign}{m:02}:{s:02}"


def scaled(number: float, divisor: float = 1000) -> str:
    """``1.23k``: three digits and a prefix."""
    for prefix in ("", "k", "M", "G", "T", "P", "E", "Z"):
        if abs(number) < 999.5:
            digits = 2 if abs(number) < 9.995 else 1 if abs(number) < 99.95 else 0
            if prefix or digits < 2 or number != int(number):
                return f"{number:.{digits}f}{prefix}"
            return f"{number:.2f}"
        number /= divisor
    return f"{number:3.1f}Y"


def short(number: Any) -> str:
    """A number in at most three digits, where that is shorter."""
    few = f"{number:.3g}".replace("e+0", "e+").replace("e-0", "e-")
    return few if len(few) < len(str(number)) else str(number)


def line(
    n: float,
    total: float | None,
    elapsed: float,
    *,
    prefix: str = "",
    postfix: str = "",
    unit: str = "it",
    unit_scale: bool | float = False,
    divisor: float = 1000,
    rate: float | None = None,
    columns: int | None = None,
    plain: bool = False,
) -> str:
    """The whole line, at most ``columns`` wide where that is known."""
    if total is not None and n >= total + 0.5:
        total = None
    if unit_scale not in (True, False):
        n, total = n * unit_scale, total and total * unit_scale
        rate, unit_scale = rate and rate * unit_scale, False
    speed = rate or (n / elapsed if elapsed else None) or None  # none yet is not zero
    rate_text = _rate(speed, unit, bool(unit_scale), divisor)
    done = scaled(n, divisor) if unit_scale else str(n)
    postfix = f", {postfix}" if postfix else ""
    if prefix and not prefix.endswith(": "):
        prefix += ": "
    if not total:
        return f"{prefix}{done}{unit} [{interval(elapsed)}, {rate_text}{postfix}]"
    left = interval((total - n) / speed) if speed else "?"
    whole = scaled(total, divisor) if unit_scale else str(total)
    start = f"{prefix}{n / total * 100:3.0f}%|"
    end = f"| {done}/{whole} [{interval(elapsed)}<{left}, {rate_text}{postfix}]"
    width = 10 if columns is None else max(1, columns - len(start) - len(end))
    return (start + _fill(n / total, width, PLAIN if plain else FINE) + end)[:columns]


def _rate(speed: float | None, unit: str, scale: bool, divisor: float) -> str:
    if speed is None:
        return f"?{unit}/s"
    if speed and speed < 1:
        inverse = 1 / speed
        return f"{scaled(inverse) if scale else f'{inverse:5.2f}'}s/{unit}"
    return f"{scaled(speed, divisor) if scale else f'{speed:5.2f}'}{unit}/s"


def _fill(fraction: float, width: int, steps: str) -> str:
    """So much of the width, to a part of a character."""
    fraction = max(0.0, min(1.0, fraction))
    full, part = divmod(math.floor(fraction * width * (len(steps) - 1)), len(steps) - 1)
    bar = steps[-1] * full
    if full < width:
        bar += steps[part] + steps[0] * (width - full - 1)
    return bar
