"""Templates in the reader's language."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from agent.settings import Language
from exporters.web.i18n import translations

TEMPLATES = Path(__file__).parent / "templates"


@cache
def template_of(language: Language, name: str) -> Template:
    """Return a template that speaks a language; what it shows is text, never tags."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.install_gettext_translations(translations(language), newstyle=True)  # type: ignore[attr-defined]  # the extension adds it
    return environment.get_template(name)
