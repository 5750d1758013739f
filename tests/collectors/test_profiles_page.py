"""docs/profiles.md says the truth: its walk, polled by its profile, gives its metrics."""

from __future__ import annotations

import re
from pathlib import Path

from collectors.identify import identify
from collectors.objects import ObjectPoller
from exporters._text import label_text, number
from lab.snmp.ber import Value, object_id, timeticks
from tests.collectors.box import arcs, box, profiles_of

PAGE = (Path(__file__).parents[2] / "docs" / "profiles.md").read_text(encoding="utf-8")
WALKED = re.compile(r'^\.([0-9.]+) = (\w+): (?:"(.*)"|\.?(\S+).*)$', re.MULTILINE)


def walked() -> dict[str, Value | str | int]:
    objects: dict[str, Value | str | int] = {}
    for oid, kind, text, plain in WALKED.findall(PAGE):
        match kind:
            case "STRING":
                objects[oid] = text
            case "OID":
                objects[oid] = object_id(arcs(plain))
            case "Timeticks":
                objects[oid] = timeticks(int(plain.strip("()")) / 100)
            case _:
                objects[oid] = int(plain)
    return objects


async def test_the_page_s_profile_makes_the_page_s_metrics_of_the_page_s_walk(tmp_path: Path) -> None:
    (profile,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    profiles = profiles_of(tmp_path, profile)
    async with box(walked()) as (_, client):
        identity = await identify(client, profiles)
        samples = await ObjectPoller(client, profiles[identity.profile]).poll()
    assert (identity.profile, identity.model, identity.firmware) == ("acme", "Acme Room 5", "2.4.1")
    made = {f"{s.metric}{label_text(dict(s.labels)) if s.labels else ''} {number(s.value)}" for s in samples}
    assert made == set(re.findall(r"^diemcau_\S+ [0-9.e+]+$", PAGE, re.MULTILINE))
