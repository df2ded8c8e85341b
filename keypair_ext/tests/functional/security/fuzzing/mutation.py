# SPDX-License-Identifier: Apache-2.0

"""Changes texts at random, for where no coverage guides."""

import random
from collections.abc import Sequence
from typing import Any

PIECES = (
    *('ssh-rsa', 'ssh-ed25519', 'ecdsa-sha2-nistp256', 'AAAA', '=', '=='),
    *(' ', '\t', '\n', '\r\n', '\0', '\x1b[31m', '"', '\\', '%00', '..'),
    *('é', '\ud800', '\U0001f600', '\u202e', '-----BEGIN', 'A' * 300),
    *("' OR 1=1 --", '${jndi:x}', '{{7*7}}', '%s%s%n', '../../etc/passwd'),
)

# Of bytes that are no text: lengths, tags of DER, UTF-8 that is none.
_BYTES = (b'\0', b'\xff', b'\x7f', b'\x30\x82', b'\0\0\0\x07', b'\xed\xa0')


class Mutator:
    """Changes texts and bytes.

    :param seed: the same makes the same changes.
    """

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def pick(self, usual: Sequence[Any], odd: Sequence[Any]) -> Any:
        """Return something usual, or in one of six cases something odd."""
        return self.random.choice(
            odd if self.random.random() < 0.17 else usual
        )

    def text(self, text: str) -> str:
        """Return ``text`` with some of it cut, doubled, swapped or foreign."""
        for _ in range(self.random.randrange(4)):
            here, there = self._range(len(text))
            text = self.random.choice(
                (
                    text[:here] + text[there:],
                    text[:there] + text[here:],
                    text[:here] + self.random.choice(PIECES) + text[here:],
                    text[:here]
                    + chr(self.random.randrange(0x250))
                    + text[here + 1 :],
                    text[:here] + text[here:there][::-1] + text[there:],
                )
            )
        return text

    def data(self, data: bytes) -> bytes:
        """Return ``data`` changed, as text where it is text."""
        if self.random.random() < 0.8:
            text = data.decode('utf-8', 'surrogateescape')
            return self.text(text).encode('utf-8', 'surrogatepass')
        here, there = self._range(len(data))
        return self.random.choice(
            (
                data[:here] + self.random.choice(_BYTES) + data[there:],
                data[:here] + self.random.randbytes(1) + data[here + 1 :],
                data[:there] + data[here:],
            )
        )

    def _range(self, length: int) -> tuple[int, int]:
        here, there = sorted(self.random.randrange(length + 1) for _ in '12')
        return here, there
