# SPDX-License-Identifier: Apache-2.0

"""Feed one target: ``python -m`` this package, and its name.

With atheris, coverage guides; without it, or with ``--plain``, the corpus is
changed at random. New inputs of interest go to ``--keep``. An input that
fails is printed, or kept by atheris as ``crash-...``.
"""

import argparse
import base64
import importlib
import importlib.util
import pathlib
import sys
import tempfile
import time
from typing import Any

from keypair_ext.tests.functional.security import fuzzing
from keypair_ext.tests.functional.security.fuzzing import mutation

# No single input may take longer, seconds, on a busy machine.
SLOWEST = 5

_LONGEST = 8192


def main() -> None:
    """Feed as the command line says."""
    arguments = _parser().parse_args()
    if arguments.plain or importlib.util.find_spec('atheris') is None:
        _feed_plainly(arguments)
    else:
        _feed_guided(arguments)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog='fuzzing', description=__doc__)
    parser.add_argument('target', help='a directory of the corpus')
    parser.add_argument('--runs', type=int, default=100_000)
    parser.add_argument('--seed', type=int, default=time.time_ns() % 2**31)
    parser.add_argument('--plain', action='store_true')
    parser.add_argument('--keep', type=pathlib.Path)
    return parser


def _load_target(name: str) -> Any:
    module = importlib.import_module(f'{fuzzing.__name__}.targets')
    return module.load()[name]


def _feed_plainly(arguments: argparse.Namespace) -> None:
    target = _load_target(arguments.target)
    seeds = [
        path.read_bytes()
        for path in sorted((fuzzing.CORPUS / arguments.target).iterdir())
    ]
    mutator = mutation.Mutator(arguments.seed)
    began, taken = time.monotonic(), 0
    for _ in range(arguments.runs):
        data = mutator.data(mutator.random.choice(seeds))
        started = time.monotonic()
        try:
            taken += target(data)
        except Exception:
            code = base64.b64encode(data).decode()
            sys.stdout.write(f'Failed, seed {arguments.seed}: {code}\n')
            raise
        if time.monotonic() - started > SLOWEST:
            raise TimeoutError(base64.b64encode(data).decode())
    sys.stdout.write(
        f'Done {arguments.runs} runs in {time.monotonic() - began:.0f} '
        f'second(s), {taken} taken\n'
    )


def _feed_guided(arguments: argparse.Namespace) -> None:
    atheris = importlib.import_module('atheris')
    with atheris.instrument_imports(
        include=['keypair_ext', 'json', 'microversion_parse', 'jsonschema']
    ):
        target = _load_target(arguments.target)
    corpus = str(fuzzing.CORPUS / arguments.target)
    options = [
        sys.argv[0],
        f'-runs={arguments.runs}',
        f'-seed={arguments.seed}',
        f'-timeout={SLOWEST}',
        f'-max_len={_LONGEST}',
        '-print_final_stats=1',
    ]
    # New inputs go to the first directory, which must not be the corpus.
    keep = arguments.keep or pathlib.Path(tempfile.mkdtemp())
    keep.mkdir(parents=True, exist_ok=True)
    options.append(str(keep))
    atheris.Setup([*options, corpus], target)
    atheris.Fuzz()


if __name__ == '__main__':
    main()
