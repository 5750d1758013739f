"""An agent fed bytes directly: what strangers may send, and what an answer costs."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings, strategies as st

from agent.inventory import Inventory
from agent.model import Device, Level, Secret, Site, SnmpCredentials, SnmpSettings
from lab.snmp import ber, pdu
from lab.snmp.ber import Reader, decode_oid, encode_oid, integer, octets, tlv
from lab.snmp.devices import build
from lab.wan import Wan


def request(kind, names, first=0, second=0, community=b"xem"):
    pairs = b"".join(pdu.bind(name, ber.NULL, b"") for name in names)
    return tlv(ber.SEQUENCE, tlv(*integer(1)) + tlv(*octets(community)) + pdu.pdu(kind, 77, first, second, pairs))


def lone_agent():
    credentials = SnmpCredentials("c", "2c", community=Secret("xem"))
    router = Device("r", "s", "router", "10.25.0.1", SnmpSettings(credentials), interfaces=("Gi0/1",))
    inventory = Inventory(sites={"s": Site("s", "S", Level.PROVINCE)}, devices={"r": router})
    return build(Wan(inventory, 1)).agent("10.25.0.1")


AGENT = lone_agent()


@pytest.fixture
def core(inventory):
    return build(Wan(inventory, 1)).agent("10.25.0.1")


def bindings(answer):
    message = Reader(answer).enter()
    message.integer(), message.content()
    body = message.enter(pdu.RESPONSE)
    head = [body.integer() for _ in range(3)]
    pairs, rest = [], body.enter()
    while rest.more():
        pair = rest.enter()
        name = decode_oid(pair.content(ber.OBJECT_ID))
        pairs.append((name, pair.peek(), pair.content()))
    return head, pairs


def test_getbulk_repeats_and_ends(core):
    (request_id, error, _), pairs = bindings(
        core.answer(request(pdu.GET_BULK, [(1, 3, 6, 1, 6, 3, 10, 2, 1, 3, 0)], 0, 5))
    )
    assert (request_id, error) == (77, 0)
    assert pairs[0][0] == (1, 3, 6, 1, 6, 3, 10, 2, 1, 4, 0)
    assert [tag for _, tag, _ in pairs] == [ber.INTEGER, 0x82]


def test_a_bulk_answer_fits_one_frame(core):
    assert 1000 < len(core.answer(request(pdu.GET_BULK, [(1, 3)], 0, 10_000))) <= 1472


def test_a_get_of_fifty_objects_takes_under_five_milliseconds(core):
    names = [(1, 3, 6, 1, 2, 1, 31, 1, 1, 1, column, index) for column in (6, 7, 10, 11) for index in (1, 2, 3)] * 5
    asked = request(pdu.GET, names[:50])
    core.answer(asked)
    began = time.perf_counter()
    for _ in range(20):
        assert core.answer(asked)
    each_s = (time.perf_counter() - began) / 20
    assert each_s < 0.005


@given(st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=20), st.integers(0, 1), st.integers(0, 39))
def test_object_identifiers_survive_the_wire(arcs, first, second):
    oid = (first, second, *arcs)
    assert decode_oid(encode_oid(oid)) == oid


@given(st.integers(-(2**63), 2**63 - 1))
def test_integers_survive_the_wire_in_the_fewest_bytes(number):
    encoded = tlv(*integer(number))
    assert Reader(encoded).integer() == number
    assert len(encoded) - 2 == (number if number >= 0 else ~number).bit_length() // 8 + 1


V3_DISCOVERY = bytes.fromhex(
    "303a020103300f02024a69020300ffe30401040201030410300e0400020100020100040004000400301204000400a00c020237f00201000201003000"
)


def test_v3_discovery_is_told_the_engine(core):
    answer = core.answer(V3_DISCOVERY)
    assert core.engine.id in answer
    assert encode_oid((1, 3, 6, 1, 6, 3, 15, 1, 1, 4, 0)) in answer


@settings(max_examples=400, deadline=None)
@given(data=st.data())
def test_no_bytes_upset_an_agent(data):
    good = data.draw(st.sampled_from([request(pdu.GET, [(1, 3, 6, 1, 2, 1, 1, 3, 0)]), V3_DISCOVERY]))
    changed = bytearray(good)
    for _ in range(data.draw(st.integers(0, 4))):
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(changed)))
    tail = data.draw(st.binary(max_size=40))
    for sent in (bytes(changed), bytes(changed[:cut]), bytes(changed[:cut]) + tail):
        answer = AGENT.answer(sent)
        assert answer is None or isinstance(answer, bytes)
