"""What an alert says: written once, as a template of either alerting program.

A text holds placeholders; everything they can show is a label of the alert's expression or its value:

    {name}                          a label
    {component=display:màn hình|…}  a label's value in words; as it is where there are none for it
    {value}                         the number, whole: an expression gives it in the unit its words name
    [ Gọi {call}.]                  left out where its first label is empty
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_PART = re.compile(r"\[(?P<part>[^]]*)]|\{(?P<name>\w+)(?:=(?P<words>[^}]*))?\}")


@dataclass(frozen=True, slots=True)
class Dialect:
    """How an alerting program's templates name a label and the value."""

    label: str
    value: str

    def template(self, text: str) -> str:
        """Return the text as a template."""
        return _PART.sub(self._part, text)

    def _part(self, match: re.Match[str]) -> str:
        part, name, words = match["part"], match["name"], match["words"]
        if part is not None:
            return f"{{{{ if {self.label}{_first_label(part)} }}}}{self.template(part)}{{{{ end }}}}"
        if name == "value":
            return f'{{{{ {self.value} | printf "%.0f" }}}}'
        return self._in_words(name, words) if words else f"{{{{ {self.label}{name} }}}}"

    def _in_words(self, label: str, words: str) -> str:
        pairs = [pair.partition(":") for pair in words.split("|")]
        cases = " else ".join(f'if eq {self.label}{label} "{value}" }}}}{word}{{{{' for value, _, word in pairs)
        return f"{{{{ {cases} else }}}}{{{{ {self.label}{label} }}}}{{{{ end }}}}"


PROMETHEUS = Dialect(label="$labels.", value="$value")
GRAFANA = Dialect(label="$labels.", value="$values.A.Value")


def labels_of(text: str) -> frozenset[str]:
    """Return the labels a text shows."""
    names = re.findall(r"\{(\w+)(?=[}=])", text)
    return frozenset(names) - {"value"}


def _first_label(part: str) -> str:
    found = re.search(r"\{(\w+)", part)
    assert found, f"an optional part without a label: {part}"
    return found[1]
