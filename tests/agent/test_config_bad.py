"""Each file in bad/ holds one kind of mistake, and in its first lines the exact faults it must give.

Files named inventory_* are inventories and are put under a good main file; all others are main files over a good
inventory.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from agent.config import ConfigError, load

BAD = Path(__file__).parent / "bad"
FILES = sorted(BAD.glob("*.yaml"))
ENVIRON = {"EMPTY": "", "COMMUNITY": "s3cret-community"}
MAIN = "inventory: {name}\ncredentials: {{lab: {{version: 2c, community: public}}}}\n"


def expected(path: Path) -> list[str]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return [line.removeprefix("# expect: ") for line in lines if line.startswith("# expect: ")]


def faults(path: Path, folder: Path) -> list[str]:
    shutil.copytree(BAD / "good", folder, dirs_exist_ok=True)
    (folder / "empty").mkdir(exist_ok=True)
    shutil.copy(path, folder)
    main = folder / path.name
    if path.name.startswith("inventory_"):
        main = folder / "main.yaml"
        main.write_text(MAIN.format(name=path.name), encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load(main, ENVIRON)
    return [str(fault).replace(f"{folder}/", "") for fault in caught.value.faults]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_each_mistake_gives_exactly_its_faults(path: Path, tmp_path: Path) -> None:
    assert faults(path, tmp_path) == expected(path)


def test_there_are_enough_kinds_of_mistakes() -> None:
    assert len(FILES) >= 40
    assert all(expected(path) for path in FILES)
