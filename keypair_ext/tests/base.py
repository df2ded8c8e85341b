# SPDX-License-Identifier: Apache-2.0

"""What all tests have in common."""

import ast
import gc
import pathlib

import fixtures
import testtools


class WarningsAreErrors(fixtures.WarningsFilter):
    """A warning fails the test, or the request, that causes it."""

    def __init__(self) -> None:
        super().__init__(
            [
                {'action': 'error'},
                # What oslo.policy before 6 says where it refuses a token.
                {
                    'action': 'ignore',
                    'message': 'Policy .* failed scope check',
                },
            ]
        )


class TestCase(testtools.TestCase):
    """Own temporary directory; a warning is a failure."""

    def setUp(self) -> None:
        super().setUp()
        self.useFixture(fixtures.NestedTempfile())
        self.useFixture(WarningsAreErrors())


def parse(path: pathlib.Path) -> ast.Module:
    """Return the syntax tree of a Python file.

    Python 3.11 loses count where the garbage collector runs other code in
    the middle, and calls it a SystemError (gh-106905).
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        return ast.parse(path.read_text())
    finally:
        if was_enabled:
            gc.enable()
