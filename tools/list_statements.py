# SPDX-License-Identifier: Apache-2.0

"""Write doc/source/admin/statements.sql: all that a request sends to MariaDB.

``--check`` writes nothing and returns 1 where the file is not up to date.
"""

import pathlib
import re
import sys
from collections.abc import Iterator, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import mysql

from keypair_ext import cmd
from keypair_ext.db import statements

ROOT = pathlib.Path(__file__).resolve().parent.parent
FILE = ROOT / 'doc' / 'source' / 'admin' / 'statements.sql'
INSERTED = (
    'user_id',
    'name',
    'type',
    'fingerprint',
    'public_key',
    'created_at',
)
# A parameter that SQLAlchemy has named is always the same.
CONSTANT = re.compile(r':\w+_\d+\b')
DIALECT = mysql.dialect(is_mariadb=True, paramstyle='named')


def text() -> str:
    """Return the text of the file."""
    return '-- Made by tools/list_statements.py.\n' + ''.join(
        f'\n-- {name.lower().replace("_", " ")}\n{sql(statement)};\n'
        for name, statement in listed()
    )


def listed() -> Iterator[tuple[str, Any]]:
    """Yield every public statement by its name, in MariaDB's variant."""
    for name, value in vars(statements).items():
        if name.startswith('_') or name == 'ALL':
            continue
        if isinstance(value, sa.Executable):
            yield name, value
        elif isinstance(value, Mapping) and DIALECT.name in value:
            yield name, value[DIALECT.name]


def sql(statement: Any) -> str:
    """Return a statement as it is sent, parameters as ``:name``."""
    keys = INSERTED if isinstance(statement, sa.Insert) else None
    compiled = statement.compile(dialect=DIALECT, column_keys=keys)
    lines = str(compiled).splitlines()
    return CONSTANT.sub(
        lambda match: repr(compiled.params[match[0][1:]]),
        '\n'.join(line.strip() for line in lines),
    )


def main() -> int:
    """Write the file, or check it."""
    if sys.argv[1:] != ['--check']:
        FILE.write_text(text())
    elif FILE.read_text() != text():
        print(f'{FILE} is not up to date: run {sys.argv[0]}')
        return 1
    return 0


if __name__ == '__main__':
    sys.exit(cmd.run('tools/list_statements.py', main))
