# SPDX-License-Identifier: Apache-2.0

"""Feed one target: ``python -m`` this package, and its name.

Coverage guides, by atheris. New inputs of interest go to ``--keep``, one that
fails is kept as ``crash-...``.
"""

import argparse
import importlib
import pathlib
import sys
import tempfile
import time

from keypair_ext.tests.functional.security import fuzzing

# No single input may take longer, seconds, on a busy machine.
SLOWEST = 5

_LONGEST = 8192


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog='fuzzing', description=__doc__)
    parser.add_argument('target', help='a directory of the corpus')
    parser.add_argument('--runs', type=int, default=100_000)
    parser.add_argument('--seed', type=int, default=time.time_ns() % 2**31)
    parser.add_argument('--keep', type=pathlib.Path)
    return parser


def main() -> None:
    """Feed as the command line says."""
    arguments = _parser().parse_args()
    atheris = importlib.import_module('atheris')
    with atheris.instrument_imports(
        include=['keypair_ext', 'json', 'microversion_parse', 'jsonschema']
    ):
        targets = importlib.import_module(f'{fuzzing.__name__}.targets')
        target = targets.load()[arguments.target]
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
