# SPDX-License-Identifier: Apache-2.0

"""What all tests have in common."""

import ast
import contextlib
import functools
import gc
import io
import os
import pathlib
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

import fixtures
import testtools

from keypair_ext import exception

_Fixture = TypeVar('_Fixture', bound=fixtures.Fixture)


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
                # What oslo.context before 6 says of itself where it is copied.
                {
                    'action': 'ignore',
                    'message': r"(Property|Using the) '(\w+_)?(user|domain)' ",
                },
            ]
        )


class TestCase(testtools.TestCase):
    """Own temporary directory; a warning is a failure."""

    @functools.cached_property
    def directory(self) -> pathlib.Path:
        """A directory for the test's files, which is removed with them."""
        return pathlib.Path(tempfile.mkdtemp())

    @classmethod
    def use(cls, fixture: _Fixture) -> _Fixture:
        """Start it for all tests of the class."""
        fixture.setUp()
        cls.addClassCleanup(fixture.cleanUp)
        return fixture

    def setUp(self) -> None:
        super().setUp()
        self.useFixture(fixtures.NestedTempfile())
        self.useFixture(WarningsAreErrors())

    def mistake(
        self, call: Callable[..., object], *arguments: Any, **options: Any
    ) -> str:
        """Return in which line an operator is told what is wrong."""
        told = str(
            self.assertRaises(
                exception.ConfigurationError, call, *arguments, **options
            )
        )
        self.assertNotIn('\n', told)
        return told


def completed(
    argv: Sequence[str | os.PathLike[str]], **options: Any
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end; return how it ended, and what it printed.

    It has nothing to read, and five minutes.

    :param options: others of ``subprocess.run``.
    """
    usual: dict[str, Any] = {
        'stdin': None if 'input' in options else subprocess.DEVNULL,
        'stdout': subprocess.PIPE,
        'stderr': subprocess.PIPE,
        'text': True,
        'check': False,
        'timeout': 300,
    }
    done: subprocess.CompletedProcess[str] = subprocess.run(
        argv, **{**usual, **options}
    )
    return done


@contextlib.contextmanager
def captured() -> Iterator[tuple[io.StringIO, io.StringIO]]:
    """Catch what is printed on standard output and on standard error.

    What earlier tests have left behind may complain when it is collected,
    and does so before.
    """
    gc.collect()
    output, errors = io.StringIO(), io.StringIO()
    with (
        contextlib.redirect_stdout(output),
        contextlib.redirect_stderr(errors),
    ):
        yield output, errors


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
