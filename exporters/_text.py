"""The Prometheus text formats in the small: numbers, labels, a family's head; to the letter as prometheus-client."""

from __future__ import annotations

from collections.abc import Mapping

UNITS = ("bits_per_second", "seconds", "bytes", "ratio")

_EXPONENTS = [f"e+{exponent:02d}" for exponent in range(17)]  # Python turns to exponents itself at 1e16
_SPECIAL = {"inf": "+Inf", "-inf": "-Inf", "nan": "NaN"}


def number(value: float) -> str:
    """Write a sample's value: `1.0`, `2.5e+06`, `NaN`, `+Inf`.

    It is Go's shortest form, as prometheus-client has it: exponents from a million on. The most called function of
    the page, hence its literals, and a product that is quicker than a call of `float`.
    """
    if -1e6 < value < 1e6:  # noqa: PLR2004 - a name would cost a look-up
        return f"{value * 1.0!r}"
    if type(value) is int and 0 < value < 2**53:  # from there on an int need not be a float
        digits = str(value)
        return f"{digits[0]}.{digits[1:]}".rstrip("0.") + _EXPONENTS[len(digits) - 1]
    text = repr(float(value))
    point = text.find(".")
    if value > 0 and point > 1:
        return f"{text[0]}.{text[1:point]}{text[point + 1 :]}".rstrip("0.") + _EXPONENTS[point - 1]
    return _SPECIAL.get(text, text)


def label_text(labels: Mapping[str, str]) -> str:
    """Write labels with their braces, sorted by name."""
    return "{" + ",".join([f'{name}="{_escaped(value)}"' for name, value in sorted(labels.items())]) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")


def family_head(name: str, kind: str, text: str, *, openmetrics: bool) -> str:
    """Write the comment lines above a family. OpenMetrics names a counter without its `_total`, and gives units."""
    if not openmetrics:
        text = text.replace("\\", r"\\").replace("\n", r"\n")
        return f"# HELP {name} {text}\n# TYPE {name} {kind}\n"
    name = name.removesuffix("_total")
    unit = unit_of(name)
    unit_line = f"# UNIT {name} {unit}\n" if unit else ""
    return f"# HELP {name} {_escaped(text)}\n# TYPE {name} {kind}\n{unit_line}"


def unit_of(name: str) -> str:
    """Return the unit a family's name ends with, empty where it has none."""
    name = name.removesuffix("_total")
    return next((unit for unit in UNITS if name.endswith(f"_{unit}")), "")
