# SPDX-License-Identifier: Apache-2.0

"""The test bed as fixtures of pytest, which finds them by itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from keypair_ext.testbed import Testbed

# pytest loads this in every run where the package is installed: what takes
# time is imported by the first test that asks for it.


@pytest.fixture(scope='session')
def keypair_ext_options() -> dict[str, Any]:
    """Return the test bed's arguments: a conftest.py may have others."""
    return {}


@pytest.fixture(scope='session')
def keypair_ext_session(
    keypair_ext_options: dict[str, Any],
) -> Iterator[Testbed]:
    """Serve for the whole run: what one test leaves, the next one sees."""
    from keypair_ext.testbed import Testbed

    with Testbed(**keypair_ext_options) as bed:
        yield bed


@pytest.fixture
def keypair_ext(keypair_ext_session: Testbed) -> Testbed:
    """Return the test bed of the run as it was when it started."""
    keypair_ext_session.reset()
    return keypair_ext_session
