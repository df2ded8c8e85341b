# SPDX-License-Identifier: Apache-2.0

"""Measure, or write the page of the documentation.

``python -m benchmarks run`` measures; it fails when a request does, and in
its short form when a figure is not half as good as its goal. ``python -m
benchmarks page`` turns results into the page. ``python -m benchmarks keys``,
``prune`` and ``rules`` print tables that are in the documentation as they are.
"""

import argparse
import json
import signal
import sys
import types
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final, NoReturn

from benchmarks import earlier, goals, keys, needs, page, run

_PROGRAM: Final = 'python -m benchmarks'

_RUN: Final = """\
Compares the service and the filter with a real Nova on this machine, which
should do nothing else. The minutes below are those of the short form, a
quarter of an hour in all; the long one takes about twice as many. Each section
says its seconds when it is done. A Nova, and for the sections load-balancer
and keystone a Keystone, is installed into ~/.cache/keypair-ext-tests the first
time, 400 MB and some minutes more.

sections:
"""
_KEYS: Final = """\
Fills a table and runs commands on it: about two minutes for a million rows,
twenty for ten million."""
_PRUNE: Final = """\
Sends requests with and without a prune beside them, three times: about four
minutes."""
_RULES: Final = 'A minute.'
_EARLIER: Final = """\
Compares the service with that of another checkout, one of an earlier commit,
on one MariaDB: about three minutes. Make the checkout with

  git worktree add ../earlier COMMIT
  make -C ../earlier .venv/.bench"""


def main(argv: list[str] | None = None) -> int:
    """Run the command line.

    :returns: 1 if the short form falls too low, 2 if something is missing.
    """
    arguments = build_parser().parse_args(argv)
    lacking = needs.missing(arguments.needs(arguments))
    if lacking:
        sys.stderr.write(f'{_PROGRAM}: {lacking}\n')
        return 2
    # As Ctrl-C does, so that the servers do not stay.
    signal.signal(signal.SIGTERM, _terminate)
    status: int = arguments.measure(arguments)
    return status


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(prog=_PROGRAM)
    commands = parser.add_subparsers(required=True, metavar='COMMAND')

    def add(
        name: str,
        measure: Callable[[argparse.Namespace], int],
        told: str,
        more: str,
    ) -> argparse.ArgumentParser:
        needed = ', '.join(need.name for need in needs.NEEDS.get(name, ()))
        command = commands.add_parser(
            name,
            help=told,
            description=more + (f' Needs {needed}.' if needed else ''),
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        command.set_defaults(
            measure=measure,
            needs=lambda _: [name] if name in needs.NEEDS else [],
        )
        return command

    running = add('run', _run, 'measure', _RUN + '\n'.join(_sections()))
    running.add_argument('--form', choices=run.FORMS, default='short')
    running.add_argument('--out', type=Path, help='where to write JSON')
    running.add_argument(
        'sections',
        nargs='*',
        metavar='SECTION',
        type=_section,
        help='only this (default: all)',
    )
    running.set_defaults(needs=lambda given: given.sections or run.SECTIONS)
    add('page', _page, 'write the documentation anew', 'Measures nothing.')
    keys_of_all = add(
        'keys', _keys, 'measure "keypair-ext-manage keys"', _KEYS
    )
    prune = add('prune', _prune, 'measure what a show waits beside', _PRUNE)
    for command in keys_of_all, prune:
        command.add_argument('--rows', type=int, default=1_000_000)
    prune.add_argument('--seconds', type=int, default=20)
    add('rules', _rules, 'measure what rules of strength cost', _RULES)
    before = add(
        'earlier', _earlier, 'compare with an earlier commit', _EARLIER
    )
    before.add_argument(
        'checkout', type=earlier.checkout, help='of that commit'
    )
    before.add_argument('--seconds', type=int, default=3)
    before.add_argument('--pairs', type=int, default=5)
    return parser


def _sections() -> Iterable[str]:
    for name, section in run.SECTIONS.items():
        needed = ', '.join(need.name for need in needs.NEEDS[name])
        yield f'  {name}: {section.told} ({section.minutes:g} min)'
        yield f'    needs {needed or "nothing"}'


def _section(name: str) -> str:
    if name not in run.SECTIONS:
        known = ', '.join(run.SECTIONS)
        raise argparse.ArgumentTypeError(f'{name!r} is none of {known}')
    return name


def _terminate(number: int, frame: types.FrameType | None) -> NoReturn:
    raise SystemExit(128 + number)


def _run(arguments: argparse.Namespace) -> int:
    document = run.run(arguments.form, arguments.sections, _say)
    if arguments.out:
        arguments.out.write_text(json.dumps(document, indent=1) + '\n')
    verdicts = goals.verdicts(document)
    for verdict in verdicts:
        _say(page.line(verdict))
    unbearable = [verdict for verdict in verdicts if not verdict.bearable]
    return int(arguments.form == 'short' and bool(unbearable))


def _page(arguments: argparse.Namespace) -> int:
    page.write()
    return 0


def _keys(arguments: argparse.Namespace) -> int:
    return _print(keys.measure(arguments.rows))


def _prune(arguments: argparse.Namespace) -> int:
    return _print(keys.measure_prune(arguments.rows, arguments.seconds))


def _rules(arguments: argparse.Namespace) -> int:
    return _print(keys.measure_rules())


def _earlier(arguments: argparse.Namespace) -> int:
    return _print(
        earlier.compare(arguments.checkout, arguments.seconds, arguments.pairs)
    )


def _print(lines: Iterable[str]) -> int:
    for line in lines:
        _say(line)
    return 0


def _say(text: str) -> None:
    sys.stdout.write(f'{text}\n')
    sys.stdout.flush()


if __name__ == '__main__':
    sys.exit(main())
