# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License at
#
#      http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

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
