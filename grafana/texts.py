"""Words for people, each in both languages; one without the other can't be written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Language = Literal["vi", "en"]
LANGUAGES: tuple[Language, ...] = ("vi", "en")


@dataclass(frozen=True, slots=True)
class Text:
    """A sentence, title or label in Vietnamese and in English."""

    vi: str
    en: str

    def of(self, language: Language) -> str:
        """Return it in one language."""
        return self.vi if language == "vi" else self.en
