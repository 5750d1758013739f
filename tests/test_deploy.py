"""The stack in deploy/ as Compose, Prometheus, Alertmanager and mosquitto take it, and the page on installing it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from agent import __version__
from tests.servers import running

HOME = Path(__file__).resolve().parents[1]
DEPLOY = HOME / "deploy"
COMPOSE, OVERRIDE = DEPLOY / "compose.yaml", DEPLOY / "compose.grafana-alerting.yaml"
SERVICES: dict[str, Any] = yaml.safe_load(COMPOSE.read_text())["services"]
GRAFANA_NOTIFIES: dict[str, Any] = yaml.safe_load(OVERRIDE.read_text())["services"]
EXACT = re.compile(r"[a-z][a-z/-]*:v?\d+\.\d+\.\d+(-[a-z-]+)?")
ROUTES = HOME / "grafana/rules/alertmanager.yml"


def mounts(service: dict[str, Any]) -> dict[str, tuple[str, str]]:
    """What of the host is mounted, by its place in the container, with its options."""
    found = {}
    for volume in service["volumes"]:
        source, target, *options = re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", volume).split(":")
        if source.startswith("."):
            found[target] = (source, ":".join(options))
    return found


def assembled(services: list[dict[str, Any]], place: str, folder: Path) -> Path:
    """The folder `place` of a container, as its mounts make it."""
    for service in services:
        for target, (source, _) in sorted(mounts(service).items()):
            if target.startswith(f"{place}/"):
                copy = folder / target.removeprefix(f"{place}/")
                there = (DEPLOY / source).resolve()
                shutil.copytree(there, copy) if there.is_dir() else shutil.copy(there, copy)
    return folder


def said(*command: str | Path, **options: Any) -> str:
    done = subprocess.run(command, check=False, capture_output=True, text=True, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def variables(text: str) -> set[str]:
    return set(re.findall(r"(?<!\$)\$\{?([A-Z][A-Z0-9_]*)", text))


# --- containers


@pytest.mark.parametrize("file", [COMPOSE, OVERRIDE], ids=lambda file: file.name)
def test_it_is_what_compose_reads(file):
    said(Path(sys.executable).parent / "check-jsonschema", "--builtin-schema", "vendor.compose-spec", file)


def test_the_stack_is_whole():
    assert set(SERVICES) == {"agent", "prometheus", "alertmanager", "grafana", "mosquitto"}


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_has_no_more_rights_than_it_needs(name):
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert set(service.get("cap_add", ())) <= {"NET_RAW"}
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert int(service["user"].split(":")[0]) > 0
    assert not {"privileged", "network_mode", "pid", "ipc", "devices", "userns_mode"} & set(service)
    assert all(options == "ro" for _, options in mounts(service).values())


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_watched_and_started_again(name):
    assert SERVICES[name]["healthcheck"]["test"][0] == "CMD"
    assert SERVICES[name]["restart"] == "unless-stopped"


@pytest.mark.parametrize("name", SERVICES)
def test_pages_are_this_machines_only_unless_said_otherwise(name):
    assert all(re.match(r"\$\{\w+:-127\.0\.0\.1\}:", port) for port in SERVICES[name]["ports"])


def test_images_are_of_one_exact_version():
    bases = re.findall(r"^FROM (\S+)", (DEPLOY / "Dockerfile").read_text(), re.MULTILINE)
    images = [service["image"] for service in SERVICES.values()]
    assert [image for image in [*images, *bases] if not EXACT.fullmatch(image)] == []
    assert SERVICES["agent"]["image"] == f"diemcau:{__version__}"
    assert len(set(bases)) == 1


@pytest.mark.parametrize("services", [SERVICES, GRAFANA_NOTIFIES], ids=["compose", "grafana-alerting"])
def test_what_is_mounted_exists(services):
    sources = [
        source for service in services.values() if "volumes" in service for source, _ in mounts(service).values()
    ]
    assert sources
    assert [source for source in sources if not (DEPLOY / source).exists()] == []


def test_the_image_gets_what_it_is_built_from():
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", (DEPLOY / "Dockerfile").read_text(), re.MULTILINE)
    let_in = re.findall(r"^!(\S+)$", (DEPLOY / "Dockerfile.dockerignore").read_text(), re.MULTILINE)
    assert [path for path in let_in if not (HOME / path).exists()] == []
    assert {path.split("/")[0] for path in let_in} == {path for line in copied for path in line.split()}


# --- Prometheus and Alertmanager


@pytest.mark.parametrize("services", [[SERVICES], [SERVICES, GRAFANA_NOTIFIES]], ids=["compose", "grafana-alerting"])
def test_prometheus_takes_its_files(tmp_path, services):
    folder = assembled([one["prometheus"] for one in services], "/etc/prometheus", tmp_path)
    assert "SUCCESS: 1 rule files found" in said("promtool", "check", "config", folder / "prometheus.yml")
    told = yaml.safe_load((folder / "targets/alertmanagers.yml").read_text())
    assert bool(told) is (services == [SERVICES])


@pytest.mark.parametrize("everything", [True, False], ids=["all-ways", "no-way"])
def test_alertmanager_takes_its_files(tmp_path, everything):
    folder = assembled([SERVICES["alertmanager"]], "/etc/alertmanager", tmp_path)
    filled = tmp_path / "run"
    filled.mkdir()
    values = {name: example()[name] or "s3cret" for name in variables(ROUTES.read_text())} if everything else {}
    said("sh", folder / "alertmanager-config", filled, env={"PATH": os.environ["PATH"], **values})
    assert "SUCCESS" in said("amtool", "check-config", filled / "alertmanager.yml")
    assert ("sms-gateway.example" in (filled / "alertmanager.yml").read_text()) is everything
    assert (filled / "alertmanager.yml").stat().st_mode & 0o077 == 0


# --- what people fill in


def example() -> dict[str, str]:
    return dict(re.findall(r"^(?:# )?([A-Z][A-Z0-9_]*)=(.*)$", (DEPLOY / "env.example").read_text(), re.MULTILINE))


def test_the_example_names_every_variable():
    passed = {
        name for service in SERVICES.values() for name, value in service.get("environment", {}).items() if not value
    }
    used = passed | variables(COMPOSE.read_text()) | variables(OVERRIDE.read_text()) | variables(ROUTES.read_text())
    assert used - set(example()) == set()
    assert set(example()) - used == set()


def test_alertmanager_and_grafana_get_what_their_files_name():
    assert variables(ROUTES.read_text()) <= set(SERVICES["alertmanager"]["environment"])
    for services, place in ((SERVICES, "datasources"), (GRAFANA_NOTIFIES, "alerting")):
        files = (HOME / "grafana/provisioning" / place).glob("*.yaml")
        named = {name for file in files for name in variables(file.read_text())}
        assert named
        assert named <= set(services["grafana"]["environment"])


def test_the_example_holds_no_secret():
    assert [name for name, value in example().items() if value and re.search("PASSWORD|TOKEN|SECRET", name)] == []


def test_each_path_on_the_page_exists():
    page = (HOME / "docs/install.md").read_text()
    code = "\n".join(re.findall(r"^```sh\n(.*?)^```", page, re.MULTILINE | re.DOTALL))
    paths = re.findall(r"(?<![\w/.-])(?:deploy|grafana|config)/[\w./-]*", code)
    assert len(paths) > 10
    assert [path for path in paths if path != "deploy/.env" and not (HOME / path).exists()] == []


# --- the broker


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Path]:
    """mosquitto as its container starts it, on a port of its own; the folder of its passwords."""
    conf = (DEPLOY / "mosquitto.conf").read_text().replace("/mosquitto/config", str(DEPLOY))
    conf = conf.replace("/run/mosquitto", str(tmp_path)).replace("/mosquitto/data/", f"{tmp_path}/")
    conf = conf.replace("listener 1883", "listener 21883 127.0.0.1")
    (tmp_path / "mosquitto.conf").write_text(f"{conf}\nuser root\n")
    names = {"MQTT_RUN": tmp_path, "MQTT_CONF": tmp_path / "mosquitto.conf", "PATH": f"{os.environ['PATH']}:/usr/sbin"}
    passwords = {"MQTT_PASSWORD": 'a "b" $c', "MQTT_READER_PASSWORD": "r"}
    given = [f"{name}={value}" for name, value in {**names, **passwords}.items()]
    log = tmp_path / "log"
    with running(["env", *given, "sh", str(DEPLOY / "mosquitto-start")], log) as process:
        while mosquitto("sub", "-t", "$SYS/broker/uptime", "-C", "1", home=tmp_path) != 0:
            assert process.poll() is None, log.read_text()
        yield tmp_path


def mosquitto(what: str, *options: str, home: Path | None = None) -> int:
    """The client's exit code. `home`: where it finds a name and a password, as the health check does."""
    command = [f"mosquitto_{what}", "-p", "21883", *(("-W", "5") if what == "sub" else ()), *options]
    place = {} if home is None else {"XDG_CONFIG_HOME": str(home)}
    return subprocess.run(
        command, check=False, capture_output=True, env={"PATH": os.environ["PATH"], **place}
    ).returncode


def test_the_broker_lets_in_whom_it_knows(broker):
    agent = ("-u", "diemcau", "-P", 'a "b" $c')
    assert mosquitto("pub", "-t", "diemcau/x/status", "-m", "online", "-r", "-q", "1", *agent) == 0
    assert mosquitto("sub", "-t", "diemcau/#", "-C", "1", "-u", "reader", "-P", "r") == 0
    assert mosquitto("sub", "-t", "diemcau/#", "-C", "1") != 0
    assert mosquitto("sub", "-t", "diemcau/#", "-C", "1", "-u", "reader", "-P", "wrong") != 0


def test_the_brokers_passwords_are_hashed_and_private(broker):
    kept = broker / "passwords"
    assert 'a "b" $c' not in kept.read_text()
    assert kept.stat().st_mode & 0o077 == 0


def test_the_broker_does_not_start_without_a_password():
    done = subprocess.run(
        ["sh", DEPLOY / "mosquitto-start"], env={"PATH": os.environ["PATH"]}, check=False, capture_output=True
    )
    assert done.returncode != 0
    assert b"MQTT_PASSWORD" in done.stderr
