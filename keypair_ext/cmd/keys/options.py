# SPDX-License-Identifier: Apache-2.0

"""The options of ``keypair-ext-manage keys``, alike in all its commands."""

import argparse
import contextlib
import datetime
import fractions
import sys
from typing import TextIO

from keypair_ext import exception
from keypair_ext.db import models
from keypair_ext.keys import change, report, selection
from keypair_ext.keys.selection import Selection


def add_selection(parser: argparse.ArgumentParser) -> None:
    """Add the options that say which keys are meant."""
    group = parser.add_argument_group('which keys (all that are given hold)')
    group.add_argument('--user', metavar='ID', help='of this user')
    group.add_argument(
        '--name', metavar='PATTERN', help="with such a name, as in 'ci-*'"
    )
    group.add_argument('--type', choices=models.KEY_TYPES)
    group.add_argument(
        '--older-than',
        metavar='AGE',
        help='created longer ago: 90d, 12h, 3w; or before a date: 2026-01-31',
    )
    group.add_argument(
        '--newer-than', metavar='AGE', help='created since then'
    )
    group.add_argument(
        '--fingerprint',
        metavar='HEX',
        help='MD5 (SHA-1 of a certificate), with colons or without; or '
        'SHA256:... as "ssh-keygen -l" prints it',
    )
    group.add_argument(
        '--algorithm',
        metavar='NAME',
        help='rsa, ecdsa, ed25519, ed25519-sk, dsa, rsa-cert ..., unknown',
    )
    group.add_argument(
        '--bits-below', metavar='N', type=int, help='smaller than N bits'
    )
    group.add_argument(
        '--same-key-as',
        metavar='FILE',
        help='the key in this file, whatever its comment; - is standard input',
    )


def selected(arguments: argparse.Namespace) -> Selection:
    """Return which keys the options mean."""
    moment = now()
    older, newer = arguments.older_than, arguments.newer_than
    fingerprint, same = arguments.fingerprint, arguments.same_key_as
    return Selection(
        user_id=arguments.user,
        name=arguments.name,
        type=arguments.type,
        before=older and selection.parse_time(older, moment),
        since=newer and selection.parse_time(newer, moment),
        fingerprint=fingerprint and selection.parse_fingerprint(fingerprint),
        algorithm=arguments.algorithm,
        bits_below=arguments.bits_below,
        sha256=same and selection.sha256_of(read(same)),
    )


def now() -> datetime.datetime:
    """Return the time in UTC, without a zone, as the table has it."""
    return datetime.datetime.now(datetime.UTC).replace(tzinfo=None)


def add_after(parser: argparse.ArgumentParser) -> None:
    """Add the option to go on where an earlier command ended."""
    parser.add_argument(
        '--after',
        metavar='ID',
        type=int,
        default=0,
        help='go on behind the key with this id, where an earlier command '
        'was interrupted',
    )


def add_format(parser: argparse.ArgumentParser) -> None:
    """Add the option that says how records are printed."""
    parser.add_argument(
        '-f',
        '--format',
        choices=list(report.FORMATS),
        default='table' if sys.stdout.isatty() else 'jsonl',
        help='default: table on a terminal, else jsonl',
    )


def add_audit(parser: argparse.ArgumentParser) -> None:
    """Add the option that says how findings are printed."""
    parser.add_argument(
        '-f',
        '--format',
        choices=[*report.FORMATS, 'html'],
        default='table' if sys.stdout.isatty() else 'jsonl',
        help='html is one page for an auditor (default: table on a terminal, '
        'else jsonl)',
    )


def add_place(parser: argparse.ArgumentParser) -> None:
    """Add the owner and the name of one key."""
    parser.add_argument('user', metavar='USER', help='the id of the owner')
    parser.add_argument('name', metavar='NAME')


def add_leavers(parser: argparse.ArgumentParser) -> None:
    """Add the options that say who has left."""
    who = parser.add_mutually_exclusive_group(required=True)
    who.add_argument('--user', metavar='ID', help='this user')
    who.add_argument(
        '--orphans',
        action='store_true',
        help='everybody whom the Identity service does not know any more',
    )
    parser.add_argument(
        '--at-most',
        metavar='SHARE',
        type=_share,
        default='10%',
        help='with --orphans: delete nothing where more than this share of '
        'all users would lose their keys (default: %(default)s)',
    )


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


def add_owner(parser: argparse.ArgumentParser) -> None:
    """Add the options that name keys of one user."""
    parser.add_argument(
        '--user', metavar='ID', required=True, help='the owner of the keys'
    )
    parser.add_argument('--name', metavar='NAME', help='only this key')


def add_cloud(parser: argparse.ArgumentParser) -> None:
    """Add the option that says how other services are asked."""
    parser.add_argument(
        '--os-cloud',
        metavar='NAME',
        help='ask with the credentials of this cloud of clouds.yaml '
        '(default: those of [keystone_authtoken])',
    )


def add_prometheus(parser: argparse.ArgumentParser) -> None:
    """Add the option to write metrics."""
    parser.add_argument(
        '--prometheus',
        metavar='FILE',
        help="write a file for node_exporter's textfile collector instead",
    )


def add_change(parser: argparse.ArgumentParser) -> None:
    """Add the options of commands that change the table."""
    parser.add_argument(
        '--yes',
        action='store_true',
        help='do it; without this the command says what it would do',
    )
    parser.add_argument(
        '--rate',
        metavar='N',
        type=_rate,
        default=change.RATE,
        help='change at most N keys a second, 0 for any number (default: '
        '%(default)s)',
    )


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


def add_journal(parser: argparse.ArgumentParser) -> None:
    """Add the option that names the journal."""
    parser.add_argument(
        '--journal',
        metavar='FILE',
        help='a new file for what is taken away; "keys import --restore FILE '
        '--yes" puts it back (default: keypair-ext-ACTION-TIME.jsonl here)',
    )


def add_bus(parser: argparse.ArgumentParser) -> None:
    """Add the option to keep the message bus out of it."""
    parser.add_argument(
        '--quiet-bus',
        action='store_true',
        help='send no notifications keypair.delete.start and .end',
    )


def add_import(parser: argparse.ArgumentParser) -> None:
    """Add the options of an import."""
    parser.add_argument('file', metavar='FILE', help='- is standard input')
    parser.add_argument(
        '--map-users',
        metavar='FILE',
        help='a JSON object of old and new user ids; users who are not in it '
        'keep theirs',
    )
    parser.add_argument(
        '--on-conflict',
        choices=['report', 'skip', 'fail'],
        default='report',
        help='where another key has the name: go on and return 1, go on, or '
        'stop. It is never overwritten (default: %(default)s)',
    )
    parser.add_argument(
        '--restore',
        action='store_true',
        help='put back what is in a journal, with its ids, without judging it',
    )


def add_transfer(parser: argparse.ArgumentParser) -> None:
    """Add the options of a transfer."""
    parser.add_argument('--from', dest='old', metavar='ID', required=True)
    parser.add_argument('--to', dest='new', metavar='ID', required=True)
    parser.add_argument(
        '--prefix',
        metavar='TEXT',
        default='',
        help='put this before names that the new owner has already; without '
        'it those keys stay where they are',
    )
    parser.add_argument(
        '--name', metavar='PATTERN', help="only such names, as in 'ci-*'"
    )


def opened(path: str) -> contextlib.AbstractContextManager[TextIO]:
    """Return a file to read, standard input for ``-``.

    :raises ConfigurationError: it cannot be read.
    """
    if path == '-':
        return contextlib.nullcontext(sys.stdin)
    try:
        return open(path, encoding='utf-8')
    except OSError as error:
        raise exception.ConfigurationError(
            reason=f'{path} cannot be read: {error.strerror}.'
        ) from error


def read(path: str) -> str:
    """Return the text of a file, of standard input for ``-``.

    :raises ConfigurationError: it cannot be read, or is not UTF-8.
    """
    try:
        with opened(path) as stream:
            return stream.read()
    except (OSError, UnicodeDecodeError) as error:
        raise exception.ConfigurationError(
            reason=f'{path} cannot be read: it is not UTF-8 text.'
        ) from error
