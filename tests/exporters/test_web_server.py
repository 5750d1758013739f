import asyncio
import errno
import os
import signal
import socket
import ssl
import subprocess
import time
from base64 import b64encode

import bcrypt
import httpx
import pytest
from hypothesis import given, strategies

from agent.settings import Listen, WebSecurity
from agent.state import Board
from exporters.web import auth
from exporters.web.auth import parse_basic
from exporters.web.listening import CannotListen, bind
from exporters.web.server import serve
from tests.exporters.web_server import WebAgent, running, serving, village


@pytest.fixture
def agent():
    return WebAgent(Board(village("Xã Cự Thắng")))


def hashed(password: str) -> str:
    return bcrypt.hashpw(password.encode(), bcrypt.gensalt(4)).decode()


def test_a_taken_port_names_who_listens_there_and_the_way_out():
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(CannotListen) as caught:
            bind(Listen("127.0.0.1", port))
    assert f"127.0.0.1 port {port}: the address is already in use" in str(caught.value)
    assert f"(process {os.getpid()}) listens there" in str(caught.value)
    assert "--listen" in str(caught.value)


def test_an_address_of_another_machine_is_refused():
    with pytest.raises(CannotListen, match="this machine has no such address"):
        bind(Listen("203.0.113.7", 0))


def test_a_port_without_the_right_to_it_names_the_right(monkeypatch):
    def refuse(*_):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(socket.socket, "bind", refuse)  # root, as the tests may be, has the right
    with pytest.raises(CannotListen, match="CAP_NET_BIND_SERVICE"):
        bind(Listen("127.0.0.1", 80))


def test_a_name_nobody_knows_is_refused():
    with pytest.raises(CannotListen, match="no such address"):
        bind(Listen("no-such-host.invalid", 0))


@pytest.mark.parametrize("kind", ["closed", "file", "datagram"])
def test_a_descriptor_that_is_no_listener_is_refused(kind, tmp_path):
    with (tmp_path / "x").open("w") as file, socket.socket(type=socket.SOCK_DGRAM) as datagram:
        fd = {"closed": 9999, "file": file.fileno(), "datagram": datagram.fileno()}[kind]
        with pytest.raises(CannotListen, match=f"fd:{fd}"):
            bind(Listen(fd=fd))


async def test_ipv6_is_served(agent):
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as free:
        port = free.getsockname()[1]
    async with running(agent, Listen("::1", port)), httpx.AsyncClient() as client:
        assert (await client.get(f"http://[::1]:{port}/-/healthy")).status_code == 200


async def test_every_address_is_served_when_none_is_named(agent):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    async with running(agent, Listen("", port)), httpx.AsyncClient() as client:
        assert (await client.get(f"http://127.0.0.1:{port}/-/healthy")).status_code == 200
        assert (await client.get(f"http://[::1]:{port}/-/healthy")).status_code == 200


async def test_the_port_is_free_again_after_the_stop(agent):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    for _ in range(2):
        async with running(agent, Listen("127.0.0.1", port)), httpx.AsyncClient() as client:
            assert (await client.get(f"http://127.0.0.1:{port}/-/healthy")).status_code == 200


async def test_signals_stay_the_agents(agent):
    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    async with serving(agent):
        assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)) == before


async def endless(_scope, _receive, send):
    """An app that streams for ever, to whoever reads or not."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    while True:
        await send({"type": "http.response.body", "body": b"x" * 100_000, "more_body": True})
        await asyncio.sleep(0)


async def test_no_client_holds_up_the_stop():
    started = asyncio.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        where = listener.getsockname()
        task = asyncio.create_task(serve(endless, Listen(fd=listener.fileno()), WebSecurity(), started=started))
        await started.wait()
        connections = [await asyncio.open_connection(*where, limit=1000) for _ in range(3)]
        streaming, half, _idle = connections
        streaming[1].write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")  # reads a little, then no more
        await streaming[0].readexactly(100)
        half[1].write(b"GET / HT")
        begun = time.monotonic()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert time.monotonic() - begun < 1.2
        for _, writer in connections:
            writer.close()


async def test_an_answer_under_way_is_finished_before_the_stop():
    asked, go, started = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def slow(_scope, _receive, send):
        asked.set()
        await go.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"done"})

    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        task = asyncio.create_task(serve(slow, Listen(fd=listener.fileno()), WebSecurity(), started=started))
        await started.wait()
        async with httpx.AsyncClient() as client:
            answer = asyncio.create_task(client.get(f"http://127.0.0.1:{port}/"))
            await asked.wait()
            task.cancel()
            go.set()
            assert (await answer).text == "done"
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_users_are_asked_for_a_password_everywhere(agent):
    agent.allow(monitor=hashed("thật-bí-mật"))
    async with serving(agent) as where, httpx.AsyncClient(base_url=f"http://{where}") as client:
        for path in ("/", "/metrics", "/-/healthy", "/api/v1/sites", "/static/style.css"):
            refused = await client.get(path)
            assert refused.status_code == 401, path
            assert refused.headers["www-authenticate"] == 'Basic realm="diemcau", charset="UTF-8"'
            assert refused.headers["content-type"] == "application/problem+json"
            right = await client.get(path, auth=("monitor", "thật-bí-mật".encode()))
            assert right.status_code == 200, path
        for user, password in (("monitor", "wrong"), ("nobody", "thật-bí-mật".encode()), ("", "")):
            assert (await client.get("/", auth=(user, password))).status_code == 401


async def test_a_reload_changes_the_users(agent):
    agent.allow(old=hashed("one"))
    async with serving(agent) as where, httpx.AsyncClient(base_url=f"http://{where}") as client:
        assert (await client.get("/-/healthy", auth=("old", "one"))).status_code == 200
        agent.allow(old=hashed("two"))
        assert (await client.get("/-/healthy", auth=("old", "one"))).status_code == 401
        assert (await client.get("/-/healthy", auth=("old", "two"))).status_code == 200
        agent.allow()
        assert (await client.get("/-/healthy")).status_code == 200


async def test_a_right_password_is_hashed_once_a_wrong_one_each_time(agent, monkeypatch):
    hashings = 0
    real = bcrypt.checkpw

    def counting(*arguments):
        nonlocal hashings
        hashings += 1
        return real(*arguments)

    monkeypatch.setattr(auth.bcrypt, "checkpw", counting)
    agent.allow(monitor=hashed("right"))
    async with serving(agent) as where, httpx.AsyncClient(base_url=f"http://{where}") as client:
        for _ in range(5):
            await client.get("/-/healthy", auth=("monitor", "right"))
        assert hashings == 1
        for user in ("monitor", "nobody"):  # who does not exist costs as much as who does
            await client.get("/-/healthy", auth=(user, "wrong"))
        assert hashings == 3


NO_CREDENTIALS = [
    "",
    "Basic",
    "Basic !!",
    "Bearer abc",
    "Basic YQ==",
    "Basic /////w==",
    "Basic \xff",
    "Basic " + "A" * 99,
]


@pytest.mark.parametrize("header", NO_CREDENTIALS)
def test_a_header_that_is_no_credentials_is_none(header):
    assert parse_basic(header) is None


@given(strategies.text(), strategies.binary())
def test_no_header_breaks_the_parser(text, password):
    for header in (text, f"Basic {text}", f"Basic {b64encode(text.encode(errors='replace')).decode()}"):
        assert parse_basic(header) is None or isinstance(parse_basic(header), tuple)
    assert parse_basic(f"basic {b64encode(b'user:' + password).decode()}") == ("user", password)


async def test_odd_passwords_are_refused_not_failed_on(agent):
    agent.allow(monitor=hashed("right"))
    async with serving(agent) as where, httpx.AsyncClient(base_url=f"http://{where}") as client:
        for password in (b"\x00", b"x" * 5000, b"\xff\xfe"):
            assert (await client.get("/", auth=(b"monitor", password))).status_code == 401


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    key, cert = folder / "key.pem", folder / "cert.pem"
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-days",
        "2",
    ]
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run([*command, "-keyout", key, "-out", cert, *names], check=True, capture_output=True)
    return cert, key


async def test_tls_is_served_and_plain_http_is_not(agent, certificate):
    cert, key = certificate
    trust = ssl.create_default_context(cafile=cert)
    async with serving(agent, WebSecurity(cert, key)) as where, httpx.AsyncClient(verify=trust) as client:
        assert (await client.get(f"https://{where}/-/healthy")).status_code == 200
        with pytest.raises(httpx.RemoteProtocolError):
            await client.get(f"http://{where}/-/healthy")


async def test_client_certificates_are_asked_for(agent, certificate):
    cert, key = certificate
    security = WebSecurity(cert, key, client_ca_file=cert, require_client_cert=True)
    bare, known = ssl.create_default_context(cafile=cert), ssl.create_default_context(cafile=cert)
    known.load_cert_chain(cert, key)
    async with serving(agent, security) as where:
        async with httpx.AsyncClient(verify=known) as client:
            assert (await client.get(f"https://{where}/-/healthy")).status_code == 200
        async with httpx.AsyncClient(verify=bare) as client:
            with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
                await client.get(f"https://{where}/-/healthy")


async def test_a_certificate_that_is_none_is_said_at_the_start(agent, tmp_path):
    (tmp_path / "cert.pem").write_text("no certificate")
    with pytest.raises(CannotListen, match=r"cannot serve TLS with .*cert\.pem"):
        async with serving(agent, WebSecurity(tmp_path / "cert.pem", tmp_path / "key.pem")):
            pass
