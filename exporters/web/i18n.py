"""The pages' texts and figures in the reader's language. Texts live in locale/<language>/LC_MESSAGES/diemcau.po."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import ROUND_DOWN, Decimal
from functools import cache, lru_cache
from gettext import GNUTranslations
from io import BytesIO
from pathlib import Path
from typing import Literal, NamedTuple

from babel import Locale
from babel.dates import format_datetime, format_time, format_timedelta
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal, format_percent

from agent.model import Cause, Kind, Level, LinkRole, State
from agent.readings import Outcome
from agent.settings import Language

NOT_KNOWN = "–"  # noqa: RUF001 - a dash, as tables have it
REPORT_COLUMNS = (
    *("what", "id", "name", "level", "place", "availability", "quality", "charged", "outage_count", "from", "to"),
    *("started", "confirmed", "ended", "lasting", "cut_off", "who", "cause", "flapping", "note", "detail"),
)
FOLLOWED = (Kind.ENDPOINT, Kind.LINK, Kind.DEVICE)
ADVICE_FOR_A_PORT = "advice.link.interface_down"
# What the agent itself notes of an outage's end (agent.reachability); all other notes are people's.
NOTES = {"maintenance began": "note.maintenance", "no longer in the inventory": "note.removed"}
SMALLEST_SHARE = Decimal("0.00001")  # a month has 2.6 million seconds: three decimals of a percent tell half a minute
Unit = Literal["day", "hour", "minute", "second"]
UNITS: tuple[Unit, ...] = ("day", "hour", "minute", "second")
LOCALES = Path(__file__).parent / "locale"


class Measures(NamedTuple):
    """The figures a cause's sentence may speak of; None where not known."""

    loss_ratio: float | None = None
    rtt_s: float | None = None
    jitter_s: float | None = None
    utilization: float | None = None


def catalogue(language: Language) -> Catalog:
    """Read a language's catalogue from its file."""
    with (LOCALES / language / "LC_MESSAGES" / "diemcau.po").open("rb") as file:
        return read_po(file, locale=str(language), domain="diemcau")


@cache
def translations(language: Language) -> GNUTranslations:
    """Return a language's texts; read once, without a compiled file beside the source."""
    compiled = BytesIO()
    write_mo(compiled, catalogue(language))
    compiled.seek(0)
    return GNUTranslations(compiled)


def cause_key(cause: Cause) -> str:
    """Return a cause's name in the catalogues."""
    return f"cause.{cause.value or 'none'}"


def keys() -> Iterator[str]:
    """Yield the names of texts that are put together and so are not found by reading the source."""
    yield from (f"state.{state}" for state in State)
    yield from (cause_key(cause) for cause in Cause)
    yield from (f"role.{role}" for role in LinkRole)
    yield from (f"snmp.{outcome}" for outcome in Outcome if outcome is not Outcome.OK)
    yield from (f"level.{level}" for level in Level)
    yield from (f"{about}.{kind}" for about in ("kind", "named", "advice") for kind in Kind)
    yield from (f"{about}.{kind}" for about in ("attention", "board.cut_off", "board.alike") for kind in FOLLOWED)
    yield ADVICE_FOR_A_PORT
    yield from (f"report.{column}" for column in REPORT_COLUMNS)
    yield from NOTES.values()


@dataclass(frozen=True, slots=True)
class Wording:
    """Says things in one language, with times in one zone."""

    language: Language
    timezone: tzinfo

    def text(self, key: str, **values: object) -> str:
        """Return the text named `key` with `values` filled in."""
        return translations(self.language).gettext(key) % values

    def count(self, key: str, number: int, **values: object) -> str:
        """Return the text named `key` for a number of things, `num` in it."""
        return translations(self.language).ngettext(key, key, number) % {"num": number, **values}

    def state(self, state: State) -> str:
        """Name a state."""
        return self.text(f"state.{state}")

    def why(self, cause: Cause, measures: Measures) -> str:
        """Say in a sentence why a target is in its state."""
        return self.text(
            cause_key(cause),
            loss=self.percent(measures.loss_ratio),
            rtt=self.milliseconds(measures.rtt_s),
            jitter=self.milliseconds(measures.jitter_s),
            use=self.percent(measures.utilization),
        )

    def note(self, note: str) -> str:
        """Say an outage's note: the agent's own in the reader's words, people's as they stand."""
        return self.text(NOTES[note]) if note in NOTES else note

    def percent(self, ratio: float | None) -> str:
        """Format a ratio as percent; a dash where not known."""
        return NOT_KNOWN if ratio is None else _percent(self.language, round(ratio, 3))

    def share(self, ratio: float | None) -> str:
        """Format a share of time as percent, three decimals, never rounded up to a whole; a dash where not known."""
        if ratio is None:
            return NOT_KNOWN
        exact = Decimal(repr(ratio)).quantize(SMALLEST_SHARE, ROUND_DOWN)
        vietnamese = self.language is Language.VI
        return format_percent(exact, "#,##0.000\u00a0%" if vietnamese else "#,##0.000%", locale=_locale(self.language))

    def milliseconds(self, seconds: float | None) -> str:
        """Format seconds as milliseconds, one decimal below ten; a dash where not known."""
        if seconds is None:
            return NOT_KNOWN
        milliseconds = seconds * 1000
        return _decimal(self.language, round(milliseconds, 1 if milliseconds < 10 else 0)) + "\u00a0ms"  # noqa: PLR2004 - as the docstring says

    def since(self, moment: datetime, now: datetime) -> str:
        """Format when something began: the time for today, the date too for before."""
        here, today = moment.astimezone(self.timezone), now.astimezone(self.timezone)
        locale = _locale(self.language)
        if here.date() == today.date():
            return format_time(here, "HH:mm:ss", locale=locale)
        return format_datetime(here, "HH:mm d/M/yyyy", locale=locale)

    def ago(self, moment: datetime, now: datetime) -> str:
        """Format how long something has lasted."""
        return format_timedelta(max(now - moment, timedelta(0)), threshold=2, locale=_locale(self.language))

    def lasting(self, time: timedelta) -> str:
        """Format how long something took by its largest unit and the next: 2 giờ 5 phút."""
        left, parts = max(time, timedelta(0)), 2
        said: list[str] = []
        for unit in UNITS:
            number, left = divmod(left, timedelta(**{f"{unit}s": 1}))
            if number or (unit == UNITS[-1] and not said):
                said.append(_length(self.language, number, unit))
            parts -= bool(said)
            if not parts:
                break
        return " ".join(said)

    def stamp(self, moment: datetime) -> str:
        """Format a moment with its date, to the second."""
        return format_datetime(moment.astimezone(self.timezone), "HH:mm:ss d/M/yyyy", locale=_locale(self.language))

    def clock(self, moment: datetime) -> str:
        """Format a moment in full."""
        return format_datetime(
            moment.astimezone(self.timezone), "HH:mm:ss, EEEE d/M/yyyy", locale=_locale(self.language)
        )


@cache
def _locale(language: Language) -> Locale:
    return Locale.parse(str(language))


@lru_cache(1000)
def _length(language: Language, number: int, unit: Unit) -> str:
    length = timedelta(**{f"{unit}s": number})
    return format_timedelta(length, granularity=unit, threshold=number + 1, locale=_locale(language))


@lru_cache(1000)
def _percent(language: Language, ratio: float) -> str:
    return format_percent(ratio, "#,##0.#\u00a0%" if language is Language.VI else "#,##0.#%", locale=_locale(language))


@lru_cache(1000)
def _decimal(language: Language, number: float) -> str:
    return format_decimal(number, "#,##0.#", locale=_locale(language))


def now() -> datetime:
    """Return this moment, in UTC."""
    return datetime.now(UTC)
