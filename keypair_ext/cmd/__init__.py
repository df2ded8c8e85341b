# SPDX-License-Identifier: Apache-2.0

"""What operators run, and how a command ends: by a status and a sentence."""

import io
import logging
import os
import signal
import sys
from collections.abc import Callable
from typing import TextIO

from keypair_ext import exception, files


def run(
    program: str, command: Callable[[], int | None], mistake: int = 1
) -> int:
    """Run a command and return its exit status.

    A mistake of the operator is one sentence on standard error. So is output
    that cannot be written, and the status is not 0 then. What the output
    cannot encode is escaped.

    :param program: begins the sentence.
    :param mistake: the status for a mistake.
    :raises SystemExit: argparse has said what to do.
    """
    _open_closed_streams()
    hush_libraries()
    files.expect_utf8()
    if isinstance(sys.stdout, io.TextIOWrapper):
        # What fails at once, argparse does not tell: flush() has to find it.
        sys.stdout.reconfigure(
            errors='backslashreplace', write_through=sys.stdout.isatty()
        )
    try:
        try:
            return command() or 0
        finally:
            sys.stdout.flush()
    except exception.KeypairExtError as error:
        complain(program, str(error))
        return mistake
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except OSError as error:
        # It is about standard output: of a file, it would have a name.
        if error.filename is not None:
            raise
        return _tell_lost(program, error)


def _tell_lost(program: str, reason: OSError) -> int:
    """Say that output is lost; return the status."""
    _give_up(sys.stdout)
    if isinstance(reason, BrokenPipeError):
        # The reader, such as head, has seen enough.
        return 128 + signal.SIGPIPE
    complain(program, f'The output cannot be written: {reason.strerror}.')
    return 1


def complain(program: str, sentence: str) -> None:
    """Write a sentence to standard error, if anybody can be told."""
    try:
        sys.stderr.write(f'{program}: {sentence}\n')
    except OSError:
        _give_up(sys.stderr)


def _give_up(stream: TextIO) -> None:
    """Lose what Python would try to write again when it ends."""
    with open(os.devnull, 'w') as nowhere:
        os.dup2(nowhere.fileno(), stream.fileno())


def hush_libraries() -> None:
    """Leave it to the command to tell of what cannot be used.

    Of some errors of databases and policies the libraries would show a
    traceback first.
    """
    for name in ('keystoneauth', 'oslo_db', 'oslo_policy'):
        logging.getLogger(name).setLevel(logging.CRITICAL)


def _open_closed_streams() -> None:
    """Put a file where Python found a descriptor closed.

    A database that is opened would get that descriptor otherwise, and what
    others write to it. What a command writes to standard output is lost then,
    and fails.
    """
    if sys.stdout is None:
        sys.stdout = os.fdopen(os.open(os.devnull, os.O_RDONLY), 'w')
    if sys.stderr is None:
        sys.stderr = os.fdopen(os.open(os.devnull, os.O_WRONLY), 'w')
