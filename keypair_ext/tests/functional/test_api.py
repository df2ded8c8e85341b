# SPDX-License-Identifier: Apache-2.0

"""Loads the stories in ``gabbits``, each of them a suite of its own.

A story whose name begins with ``better`` is about a difference from Nova,
one that begins with ``service`` about what only the stand-alone service has
or an option of ours. All the others are true of Nova 34 as they stand.
"""

import pathlib
import unittest
from typing import Any

from gabbi import driver

from keypair_ext.tests import base
from keypair_ext.tests.functional import fixtures

GABBITS = pathlib.Path(__file__).parent / 'gabbits'


def load_tests(
    loader: unittest.TestLoader, tests: unittest.TestSuite, pattern: str | None
) -> Any:
    """Return the stories as tests, for any runner of unittest's kind."""
    return driver.build_tests(
        str(GABBITS),
        loader,
        intercept=lambda: fixtures.application,
        fixture_module=fixtures,
        inner_fixtures=[base.WarningsAreErrors],
    )
