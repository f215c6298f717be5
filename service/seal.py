"""No way out: a process and all that it forks lose the right to make sockets, by a filter in the kernel (seccomp)."""

from __future__ import annotations

import ctypes
import platform
import sys

_NO_NEW_PRIVILEGES, _SECCOMP, _FILTER = 38, 22, 2
# What the kernel calls an architecture, and the number of socket() there.
_SOCKET = {"x86_64": (0xC000003E, 41), "aarch64": (0xC00000B7, 198)}
_LOAD, _IF_EQUAL, _RETURN = 0x20, 0x15, 0x06
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000 | 13  # EACCES


class _Instruction(ctypes.Structure):
    _fields_ = [("code", ctypes.c_ushort), ("true", ctypes.c_ubyte), ("false", ctypes.c_ubyte), ("k", ctypes.c_uint)]


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.POINTER(_Instruction))]


def seal() -> bool:
    """From here on no socket can be made, and nothing can lift that; False where the kernel cannot promise it.

    What is open stays open, and pairs of connected sockets, which workers are handed, are another system call.
    """
    if sys.platform != "linux" or platform.machine() not in _SOCKET:
        return False
    architecture, call = _SOCKET[platform.machine()]
    instructions = (
        _Instruction(_LOAD, 0, 0, 4),  # the architecture; calls of another one pass, their numbers mean other things
        _Instruction(_IF_EQUAL, 0, 3, architecture),
        _Instruction(_LOAD, 0, 0, 0),
        _Instruction(_IF_EQUAL, 0, 1, call),
        _Instruction(_RETURN, 0, 0, _REFUSE),
        _Instruction(_RETURN, 0, 0, _ALLOW),
    )
    program = _Program(len(instructions), (_Instruction * len(instructions))(*instructions))
    return _control(_NO_NEW_PRIVILEGES, 1) and _control(_SECCOMP, _FILTER, ctypes.addressof(program))


def _control(option: int, *arguments: int) -> bool:
    padded = [ctypes.c_ulong(argument) for argument in (*arguments, 0, 0, 0, 0)[:4]]
    return bool(ctypes.CDLL(None).prctl(option, *padded) == 0)
