# SPDX-License-Identifier: Apache-2.0

"""The options of ``keypair-ext-manage keys``, alike in all its commands."""

import argparse
import contextlib
import datetime
import fractions
import sys
from collections.abc import Callable
from typing import TextIO, TypeVar

from keypair_ext import exception, files
from keypair_ext.cmd.parsing import Option, group, one_of, option
from keypair_ext.db import models
from keypair_ext.keys import change, report, selection
from keypair_ext.keys.selection import Selection

_Parsed = TypeVar('_Parsed')


def _share(text: str) -> fractions.Fraction:
    try:
        share = fractions.Fraction(text.removesuffix('%'))
    except (ValueError, ZeroDivisionError):
        share = fractions.Fraction(-1)
    if text.endswith('%'):
        share /= 100
    if not 0 <= share <= 1:
        raise argparse.ArgumentTypeError(
            f'{text!r} is no share: give 0% to 100%, or 0 to 1'
        )
    return share


def _rate(text: str) -> float:
    try:
        rate = float(text)
    except ValueError:
        rate = -1
    if not 0 <= rate < float('inf'):
        raise argparse.ArgumentTypeError(
            f'{text!r} is no rate: give keys a second, or 0 for no limit'
        )
    return rate


def _format_option(*more: str) -> Option:
    page = 'html is one page for an auditor; ' if more else ''
    # Called for each parser: not every one has the same output.
    return lambda parser: parser.add_argument(
        '-f',
        '--format',
        choices=[*report.FORMATS, *more],
        default='table' if sys.stdout.isatty() else 'jsonl',
        help=f'{page}default: table on a terminal, else jsonl',
    )


SELECTION = group(
    'which keys (all that are given hold)',
    option('--user', metavar='ID', help='of this user'),
    option('--name', metavar='PATTERN', help="with such a name, as in 'ci-*'"),
    option('--type', choices=models.KEY_TYPES),
    option(
        '--older-than',
        metavar='AGE',
        help='created longer ago: 90d, 12h, 3w; or before a date: 2026-01-31',
    ),
    option('--newer-than', metavar='AGE', help='created since then'),
    option(
        '--fingerprint',
        metavar='HEX',
        help='MD5 (SHA-1 of a certificate), with colons or without; or '
        'SHA256:... as "ssh-keygen -l" prints it',
    ),
    option(
        '--algorithm',
        metavar='NAME',
        help='rsa, ecdsa, ed25519, ed25519-sk, dsa, rsa-cert ..., unknown',
    ),
    option('--bits-below', metavar='N', type=int, help='smaller than N bits'),
    option(
        '--same-key-as',
        metavar='FILE',
        help='the key in this file, whatever its comment; - is standard input',
    ),
)
AFTER = option(
    '--after',
    metavar='ID',
    type=int,
    default=0,
    help='go on behind the key with this id, where an earlier command was '
    'interrupted',
)
FORMAT = _format_option()
AUDIT_FORMAT = _format_option('html')
PLACE = (
    option('user', metavar='USER', help='the id of the owner'),
    option('name', metavar='NAME'),
)
PROMETHEUS = option(
    '--prometheus',
    metavar='FILE',
    help="write a file for node_exporter's textfile collector instead",
)
LEAVERS = (
    one_of(
        option('--user', metavar='ID', help='this user'),
        option(
            '--orphans',
            action='store_true',
            help='everybody whom the Identity service does not know any more',
        ),
    ),
    option(
        '--at-most',
        metavar='SHARE',
        type=_share,
        default='10%',
        help='with --orphans: delete nothing where more than this share of '
        'all users would lose their keys (default: %(default)s)',
    ),
)
OWNER = (
    option('--user', metavar='ID', required=True, help='the keys of this one'),
    option('--name', metavar='NAME', help='only this key'),
)
CLOUD = option(
    '--os-cloud',
    metavar='NAME',
    help='ask with the credentials of this cloud of clouds.yaml (default: '
    'those of [keystone_authtoken])',
)
CHANGE = (
    option(
        '--yes',
        action='store_true',
        help='do it; without this the command says what it would do',
    ),
    option(
        '--rate',
        metavar='N',
        type=_rate,
        default=change.RATE,
        help='change at most N keys a second, 0 for any number (default: '
        '%(default)s)',
    ),
)
JOURNAL = option(
    '--journal',
    metavar='FILE',
    help='a new file for what is taken away; "keys import --restore FILE '
    '--yes" puts it back (default: keypair-ext-ACTION-TIME.jsonl here)',
)
BUS = option(
    '--quiet-bus',
    action='store_true',
    help='send no notifications keypair.delete.start and .end',
)
IMPORT = (
    option('file', metavar='FILE', help='- is standard input'),
    option(
        '--map-users',
        metavar='FILE',
        help='a JSON object of old and new user ids; users who are not in it '
        'keep theirs',
    ),
    option(
        '--on-conflict',
        choices=['report', 'skip', 'fail'],
        default='report',
        help='where another key has the name: go on and return 1, go on, or '
        'stop. It is never overwritten (default: %(default)s)',
    ),
    option(
        '--restore',
        action='store_true',
        help='put back what is in a journal, with its ids, without judging it',
    ),
)
TRANSFER = (
    option('--from', dest='old', metavar='ID', required=True),
    option('--to', dest='new', metavar='ID', required=True),
    option(
        '--prefix',
        metavar='TEXT',
        default='',
        help='put this before names that the new owner has already; without '
        'it those keys stay where they are',
    ),
    option('--name', metavar='PATTERN', help="only such, as in 'ci-*'"),
)


def selected(arguments: argparse.Namespace) -> Selection:
    """Return which keys the options mean."""
    moment = now()

    def time(text: str) -> datetime.datetime:
        return selection.parse_time(text, moment)

    return Selection(
        user_id=arguments.user,
        name=arguments.name,
        type=arguments.type,
        before=_parsed(time, arguments.older_than),
        since=_parsed(time, arguments.newer_than),
        fingerprint=_parsed(
            selection.parse_fingerprint, arguments.fingerprint
        ),
        algorithm=arguments.algorithm,
        bits_below=arguments.bits_below,
        sha256=_parsed(
            lambda path: selection.sha256_of(read(path)), arguments.same_key_as
        ),
    )


def _parsed(
    parse: Callable[[str], _Parsed], text: str | None
) -> _Parsed | None:
    # A variable of the shell that is empty must not widen what is meant.
    return None if text is None else parse(text)


def now() -> datetime.datetime:
    """Return the time in UTC, without a zone, as the table has it."""
    return datetime.datetime.now(datetime.UTC).replace(tzinfo=None)


def opened(path: str) -> contextlib.AbstractContextManager[TextIO]:
    """Return a file to read, standard input for ``-``.

    :raises ConfigurationError: it cannot be read.
    """
    if path == '-':
        if sys.stdin is None:
            raise exception.ConfigurationError(
                reason='Standard input is closed: there is nothing to read.'
            )
        return contextlib.nullcontext(sys.stdin)
    try:
        return open(path, encoding='utf-8')
    except OSError as error:
        raise files.unreadable(path, error) from error


def read(path: str) -> str:
    """Return the text of a file, of standard input for ``-``.

    :raises ConfigurationError: it cannot be read, or is not UTF-8.
    """
    try:
        with opened(path) as stream:
            return stream.read()
    except OSError as error:
        raise files.unreadable(path, error) from error
    except UnicodeDecodeError as error:
        raise exception.ConfigurationError(
            reason=f'{path} cannot be read: it is not UTF-8 text.'
        ) from error
