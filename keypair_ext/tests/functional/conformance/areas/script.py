# SPDX-License-Identifier: Apache-2.0

"""What an area is: a generator of requests that is given the answers."""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Final

from keypair_ext.api.microversions import MAX_VERSION
from keypair_ext.tests.functional.conformance.wire import Answer, Request
from keypair_ext.tests.versions import NEWEST

Script = Generator[Request, Answer, None]


@dataclass(frozen=True)
class Settings:
    """How the servers that are compared are configured.

    :param key_pairs: how many a user may have.
    :param max_limit: the largest page.
    """

    key_pairs: int
    max_limit: int


Area = Callable[[Settings], Script]

ALL_VERSIONS: Final = tuple(
    f'2.{minor}' for minor in range(1, MAX_VERSION.minor + 1)
)

# Each side of each version that changed os-keypairs, and the ends.
BOUNDARIES: Final = (
    '2.1',
    '2.2',
    '2.9',
    '2.10',
    '2.34',
    '2.35',
    '2.74',
    '2.75',
    '2.91',
    '2.92',
    NEWEST,
    'latest',
)
