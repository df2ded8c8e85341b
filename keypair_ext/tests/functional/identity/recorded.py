# SPDX-License-Identifier: Apache-2.0

"""The answers of a Keystone, as they were recorded."""

import json
import pathlib
from typing import Final

from keypair_ext.tests.functional.identity.asking import Answers

PATH: Final = pathlib.Path(__file__).parent / 'keystone.json'


def read() -> Answers:
    """Return the answers by name."""
    answers: Answers = json.loads(PATH.read_text())
    return answers


def write(answers: Answers) -> None:
    """Keep answers, one a line, so that changes can be read."""
    lines = [
        f'{json.dumps(name)}: {json.dumps(answer)}'
        for name, answer in answers.items()
    ]
    PATH.write_text('{\n' + ',\n'.join(lines) + '\n}\n')
