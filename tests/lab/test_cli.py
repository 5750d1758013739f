"""`diemcau lab` from another shell."""

from __future__ import annotations

import json
import socket

import pytest

from lab import Lab
from lab.cli import lab_command, parse_change
from lab.errors import LabError


@pytest.fixture(autouse=True)
def own_run_dir(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))


@pytest.mark.usefixtures("lab")
def test_a_line_is_cut_and_mended(answers, capsys):
    assert lab_command(["set", "wan-tan-son", "down"]) == 0
    assert answers("10.25.240.1") == [False]
    assert lab_command(["set", "wan-tan-son", "up"]) == 0
    assert answers("10.25.240.1") == [True]
    assert capsys.readouterr().out == "wan-tan-son: down\nwan-tan-son: up\n"


def test_faults_are_set_by_word_and_shown(lab, capsys):
    words = ["loss=5%", "delay=80ms", "jitter=5ms", "rate=10Mbit/s", "traffic=2Mbit/s"]
    assert lab_command(["set", "wan-tan-son", *words]) == 0
    settings = lab.truth("wan-tan-son").settings
    assert settings["loss"] == 0.05
    assert settings["delay_s"] == 0.08
    assert settings["rate_bps"] == 10e6
    assert settings["traffic_in_bps"] == 2e6
    capsys.readouterr()
    assert lab_command(["show", "wan-tan-son"]) == 0
    shown = capsys.readouterr().out
    assert "wan-tan-son (link): up delay=80ms jitter=5ms loss=5.00% rate=10Mbit/s" in shown
    assert lab_command(["show"]) == 0
    assert "r-tan-son" in capsys.readouterr().out


def test_a_codec_s_parts_and_calls_are_set_by_word(lab, capsys):
    assert lab_command(["set", "vc-tan-son", "camera=failed", "registered=no", "loss=2%"]) == 0
    assert lab_command(["call", "vc-tan-son", "vc-thanh-son"]) == 0
    assert lab.truth("vc-tan-son").settings["sip"] == "failed"
    assert lab_command(["call"]) == 0
    assert lab_command(["show", "vc-tan-son"]) == 0
    said = capsys.readouterr().out
    assert "vc-tan-son: camera=failed registered=no loss=2.00%\nin a call: vc-tan-son, vc-thanh-son\n" in said
    assert (
        "in a call: nobody\nvc-tan-son (endpoint): up loss=2.00% queue=100ms camera=failed h323=failed sip=failed"
        in said
    )


@pytest.mark.usefixtures("lab")
def test_a_router_is_rebooted(answers, capsys):
    assert lab_command(["reboot", "r-tan-son", "--off", "30s"]) == 0
    assert capsys.readouterr().out == "r-tan-son: off, and on again in 30 s\n"
    assert answers("10.25.240.1") == [False]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["set", "wan-tan-sn", "down"], "nothing in the lab is called 'wan-tan-sn'; did you mean 'wan-tan-son'?"),
        (["set", "wan-tan-son", "dwon"], "'dwon' is no change; did you mean 'down'?"),
        (["set", "wan-tan-son", "loss=150%"], "loss is a number from 0 to 1, not 1.5"),
        (["set", "wan-tan-son", "loss=much"], "loss=much: a share such as 5% or 0.05 would be right"),
        (["set", "wan-tan-son", "delay=80"], "delay=80: a number with its unit, such as 80ms, would be right"),
        (["set", "wan-tan-son", "rate=fast"], "rate=fast: a number with its unit, such as 10Mbit/s, would be right"),
        (["set", "vc-tan-son", "camera=broken"], "camera=broken: ok or failed or disabled would be right"),
        (["call", "vc-tan-sn"], "there is no codec 'vc-tan-sn'; did you mean 'vc-tan-son'?"),
        (["reboot", "wan-tan-son"], "wan-tan-son is a link; only routers and codecs can be rebooted"),
        (["show", "nothing-like-it"], "nothing in the lab is called 'nothing-like-it'"),
    ],
)
@pytest.mark.usefixtures("lab")
def test_wrong_words_get_a_sentence(capsys, words, sentence):
    assert lab_command(words) == 2
    assert f"diemcau lab: {sentence}" in capsys.readouterr().err


def test_without_a_lab_it_says_so(capsys):
    assert lab_command(["show"]) == 3
    assert capsys.readouterr().err == "diemcau lab: no lab is running; `diemcau demo` starts one\n"


@pytest.mark.usefixtures("lab")
def test_of_several_labs_one_must_be_named(inventory, capsys):
    with Lab(inventory, name="khac"):
        assert lab_command(["show"]) == 3
        assert "several labs are running, say which with --lab: " in capsys.readouterr().err
        assert lab_command(["--lab", "khac", "show", "r-core"]) == 0
        assert lab_command(["--lab", "kia", "show"]) == 3


def test_zero_needs_no_unit():
    assert parse_change("delay=0") == {"delay_s": 0}
    assert parse_change("rate=none") == {"rate_bps": None}
    with pytest.raises(LabError):
        parse_change("delay=-1ms")


def test_foreign_requests_get_an_error_and_the_lab_goes_on(lab, answers):
    for line in (
        b"nonsense\n",
        b"[]\n",
        b'{"do": "fly"}\n',
        b'{"do": "set"}\n',
        b'{"do": "set", "hop_id": [], "changes": 1}\n',
    ):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(lab.place.socket))
            connection.sendall(line)
            assert "error" in json.loads(connection.makefile().readline())
    assert answers("10.25.0.1") == [True]
