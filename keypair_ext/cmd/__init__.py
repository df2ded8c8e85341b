# SPDX-License-Identifier: Apache-2.0

"""What operators run, and how a command ends: by a status and a sentence."""

import contextlib
import io
import logging
import os
import signal
import sys
from collections.abc import Callable

from keypair_ext import exception, files


def run(
    program: str, command: Callable[[], int | None], mistake: int = 1
) -> int:
    """Run a command and return its exit status.

    A mistake of the operator is one sentence on standard error. So is output
    that cannot be written, and the status is not 0 then.

    :param program: begins the sentence.
    :param mistake: the status for a mistake.
    :raises SystemExit: argparse has said what to do.
    """
    _open_closed_streams()
    hush_libraries()
    files.expect_utf8()
    output = io.StringIO()
    try:
        with contextlib.redirect_stdout(output):
            status = command() or 0
    except exception.KeypairExtError as error:
        complain(program, str(error))
        status = mistake
    except KeyboardInterrupt:
        status = 128 + signal.SIGINT
    except SystemExit:
        if lost := tell(program, output.getvalue()):
            return lost
        raise
    return tell(program, output.getvalue()) or status


def tell(program: str, text: str) -> int:
    """Write to standard output; return 0, or a status if that fails."""
    encoding = getattr(sys.stdout, 'encoding', None) or 'utf-8'
    text = text.encode(encoding, 'backslashreplace').decode(encoding)
    try:
        if text:
            sys.stdout.write(text)
            sys.stdout.flush()
    except BrokenPipeError:
        # The reader, such as head, has seen enough.
        status = 128 + signal.SIGPIPE
    except OSError as error:
        complain(program, f'The output cannot be written: {error.strerror}.')
        status = 1
    else:
        return 0
    # Python would try the rest again when it ends.
    with open(os.devnull, 'w') as nowhere:
        os.dup2(nowhere.fileno(), sys.stdout.fileno())
    return status


def complain(program: str, sentence: str) -> None:
    """Write a sentence to standard error, if anybody can be told."""
    with contextlib.suppress(OSError):
        sys.stderr.write(f'{program}: {sentence}\n')


def hush_libraries() -> None:
    """Leave it to the command to tell of what cannot be used.

    Of some errors of databases and policies the libraries would show a
    traceback first.
    """
    for name in ('oslo_db', 'oslo_policy'):
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
