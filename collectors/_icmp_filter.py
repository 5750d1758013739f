"""A classic BPF program that keeps other programs' ICMP out of a raw socket, in the kernel (linux/filter.h)."""

from __future__ import annotations

import ctypes
import socket
import struct

from collectors._icmp_packet import WIRE_4, WIRE_6

_SO_ATTACH_FILTER = 26  # asm-generic/socket.h; the socket module lacks it
_LOAD_BYTE, _LOAD_HALF, _LOAD_HEADER = 0x50, 0x48, 0xB1  # ldb [x+k]; ldh [x+k]; ldx 4*([k]&0xf)
_LOAD_ZERO, _JUMP_EQUAL, _RETURN = 0x01, 0x15, 0x06  # ldx #k; jeq #k, steps if so, steps if not; ret #k
_AND, _SHIFT_LEFT, _ADD_X, _TO_X = 0x54, 0x64, 0x0C, 0x07
_WHOLE = 0xFFFF

Step = tuple[int, int, int, int]


def attach_filter(raw: socket.socket, family: socket.AddressFamily, ident: int) -> None:
    """Pass echo replies of `ident`, and errors that quote a request of `ident`; drop the rest."""
    program = _filter_4(ident) if family == socket.AF_INET else _filter_6(ident)
    code = ctypes.create_string_buffer(b"".join(struct.pack("@HBBI", *step) for step in program))
    raw.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, struct.pack("@HP", len(program), ctypes.addressof(code)))


def _filter_4(ident: int) -> list[Step]:
    return [
        (_LOAD_HEADER, 0, 0, 0),
        (_LOAD_BYTE, 0, 0, 0),
        (_JUMP_EQUAL, 0, 2, WIRE_4.reply),
        (_LOAD_HALF, 0, 0, 4),
        (_JUMP_EQUAL, 10, 11, ident),
        (_JUMP_EQUAL, 2, 0, 3),
        (_JUMP_EQUAL, 1, 0, 11),
        (_JUMP_EQUAL, 0, 8, 12),
        (_LOAD_BYTE, 0, 0, 8),  # the quoted IP header says its own length
        (_AND, 0, 0, 0xF),
        (_SHIFT_LEFT, 0, 0, 2),
        (_ADD_X, 0, 0, 0),
        (_TO_X, 0, 0, 0),
        (_LOAD_HALF, 0, 0, 8 + 4),
        (_JUMP_EQUAL, 0, 1, ident),
        (_RETURN, 0, 0, _WHOLE),
        (_RETURN, 0, 0, 0),
    ]


def _filter_6(ident: int) -> list[Step]:
    return [
        (_LOAD_ZERO, 0, 0, 0),  # no IP header comes along
        (_LOAD_BYTE, 0, 0, 0),
        (_JUMP_EQUAL, 0, 2, WIRE_6.reply),
        (_LOAD_HALF, 0, 0, 4),
        (_JUMP_EQUAL, 6, 7, ident),
        (_JUMP_EQUAL, 3, 0, 1),
        (_JUMP_EQUAL, 2, 0, 2),
        (_JUMP_EQUAL, 1, 0, 3),
        (_JUMP_EQUAL, 0, 3, 4),
        (_LOAD_HALF, 0, 0, 8 + 40 + 4),
        (_JUMP_EQUAL, 0, 1, ident),
        (_RETURN, 0, 0, _WHOLE),
        (_RETURN, 0, 0, 0),
    ]
