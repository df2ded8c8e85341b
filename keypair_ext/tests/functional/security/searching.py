# SPDX-License-Identifier: Apache-2.0

"""Finds secret numbers in whatever was written, however it was encoded.

An occurrence of any 32 bytes of a secret holds a whole block of 16 of them,
so blocks are what is looked for: as they are, in hexadecimal, and in base64
at each of its three alignments.
"""

import base64
import re
from collections.abc import Iterable, Iterator

from cryptography.hazmat.primitives.asymmetric import rsa

_BLOCK = 16
# Characters of base64 that 16 bytes determine at every alignment.
_BASE64 = 20
# Where an encoding can be at all.
_HEX_RUN = re.compile(rb'[0-9a-f]{32,}')
_BASE64_RUN = re.compile(rb'[A-Za-z0-9+/]{20,}')
_ANY_RUN = re.compile(rb'.{16,}', re.DOTALL)
_NO_RUN = re.compile(rb'(?!)')

_WHITE = re.compile(rb'\s|\\n|\\r')
_BETWEEN_HEX = re.compile(rb'[:, ]|0x')


def numbers(key: rsa.RSAPrivateKey) -> list[bytes]:
    """Return d, p, q, dP, dQ and qInv of a private key, as bytes."""
    private = key.private_numbers()
    return [
        number.to_bytes((number.bit_length() + 7) // 8, 'big')
        for number in (
            private.d,
            private.p,
            private.q,
            private.dmp1,
            private.dmq1,
            private.iqmp,
        )
    ]


class Searcher:
    """Looks for any of many secrets.

    :param secrets: the secret numbers.
    :param lines: lines of private documents, as they are.
    """

    def __init__(self, secrets: Iterable[bytes], lines: Iterable[str]) -> None:
        blocks = [block for secret in secrets for block in _blocks(secret)]
        self._raw = set(blocks)
        self._hex = {block.hex().encode() for block in blocks}
        self._base64 = {code for block in blocks for code in _codes(block)}
        self._lines = {line.encode() for line in lines if len(line) >= 32}

    def find(self, text: bytes) -> list[str]:
        """Return in which encodings ``text`` holds a secret."""
        dense = _WHITE.sub(b'', text)
        bare = _BETWEEN_HEX.sub(b'', dense).lower()
        found = {
            'raw': _any(self._raw, text, _BLOCK, self._raw_runs(text)),
            'hex': _any(self._hex, bare, 2 * _BLOCK, _HEX_RUN),
            'base64': _any(self._base64, dense, _BASE64, _BASE64_RUN),
            'line': any(line in text for line in self._lines),
        }
        return [encoding for encoding, is_there in found.items() if is_there]

    def _raw_runs(self, text: bytes) -> re.Pattern[bytes]:
        # Of a log, all ASCII, nothing has to be looked at.
        is_binary = any(block.isascii() for block in self._raw)
        return _ANY_RUN if is_binary or not text.isascii() else _NO_RUN


def _blocks(secret: bytes) -> Iterator[bytes]:
    for start in range(0, len(secret) - _BLOCK + 1, _BLOCK):
        yield secret[start : start + _BLOCK]


def _codes(block: bytes) -> Iterator[bytes]:
    """Yield what base64 makes of a block after 0, 1 or 2 other bytes."""
    for before in range(3):
        code = base64.b64encode(bytes(before) + block)
        # The first characters hang on what stands before, too.
        start = (before * 8 + 5) // 6
        yield code[start : start + _BASE64]


def _any(
    wanted: set[bytes], text: bytes, length: int, runs: re.Pattern[bytes]
) -> bool:
    """Tell whether one of the wanted, of this length, is in a run."""
    return any(
        text[start : start + length] in wanted
        for run in runs.finditer(text)
        for start in range(run.start(), run.end() - length + 1)
    )
