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
from collections.abc import Iterable
from pathlib import Path
from typing import NoReturn

from benchmarks import goals, keys, page, run


def main() -> int:
    """Run the command line; return 1 if the short form falls too low."""
    parser = argparse.ArgumentParser(prog='python -m benchmarks')
    commands = parser.add_subparsers(dest='command', required=True)
    running = commands.add_parser('run', help='measure')
    running.add_argument('--form', choices=run.FORMS, default='short')
    running.add_argument('--out', type=Path, help='where to write JSON')
    running.add_argument('sections', nargs='*', help='default: all')
    commands.add_parser('page', help='write the documentation anew')
    keys_of_all = commands.add_parser(
        'keys', help='measure "keypair-ext-manage keys" on a long table'
    )
    keys_of_all.add_argument('--rows', type=int, default=1_000_000)
    prune = commands.add_parser(
        'prune', help='measure what a show waits beside a prune'
    )
    prune.add_argument('--rows', type=int, default=1_000_000)
    prune.add_argument('--seconds', type=int, default=20)
    commands.add_parser('rules', help='measure what rules of strength cost')
    arguments = parser.parse_args()
    if arguments.command == 'page':
        page.write()
        return 0
    # As Ctrl-C does, so that the servers do not stay.
    signal.signal(signal.SIGTERM, _terminate)
    if arguments.command == 'rules':
        return _print(keys.measure_rules())
    if arguments.command == 'prune':
        measured = keys.measure_prune(arguments.rows, arguments.seconds)
        return _print(measured)
    if arguments.command == 'keys':
        return _print(keys.measure(arguments.rows))
    return _run(arguments.form, arguments.sections, arguments.out)


def _terminate(number: int, frame: types.FrameType | None) -> NoReturn:
    raise SystemExit(128 + number)


def _run(form: str, sections: list[str], out: Path | None) -> int:
    document = run.run(form, sections, _say)
    if out:
        out.write_text(json.dumps(document, indent=1) + '\n')
    verdicts = goals.verdicts(document)
    for verdict in verdicts:
        _say(page.line(verdict))
    unbearable = [verdict for verdict in verdicts if not verdict.bearable]
    return int(form == 'short' and bool(unbearable))


def _print(lines: Iterable[str]) -> int:
    for line in lines:
        _say(line)
    return 0


def _say(text: str) -> None:
    sys.stdout.write(f'{text}\n')
    sys.stdout.flush()


if __name__ == '__main__':
    sys.exit(main())
