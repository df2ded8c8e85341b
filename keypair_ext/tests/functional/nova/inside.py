# SPDX-License-Identifier: Apache-2.0

"""Does things as Nova's own code, where only that will do.

Nova's environment runs this file as a program: it must import nothing of
keypair_ext, and Nova only when it runs. It takes one JSON list of calls,
``[[NAME, ARGUMENT, ...], ...]``, and prints the list of their results.
"""

import importlib
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

_FIELDS = (
    'id',
    'name',
    'user_id',
    'fingerprint',
    'public_key',
    'type',
    'created_at',
    'updated_at',
)


class Inside:
    """The calls; each returns what JSON can hold.

    An exception of Nova's is the name of its class.
    """

    def __init__(self, directory: str) -> None:
        config = importlib.import_module('nova.config')
        config.parse_args(
            ['inside', '--config-file', f'{directory}/nova.conf'],
            default_config_files=[],
        )
        self._objects = importlib.import_module('nova.objects')
        self._objects.register_all()
        context = importlib.import_module('nova.context')
        self._context = context.get_admin_context()
        self._calls: dict[str, Callable[..., Any]] = {
            'get': self._get,
            'list': self._list,
            'count': self._count,
            'create': self._create,
            'destroy': self._destroy,
            'limit': self._limit,
            'class limit': self._class_limit,
        }

    def call(self, name: str, *arguments: Any) -> Any:
        """Return what a call returns, or the name of its exception."""
        known = importlib.import_module('nova.exception').NovaException
        try:
            return self._calls[name](*arguments)
        except known as error:
            return type(error).__name__

    def _get(self, user_id: str, name: str) -> dict[str, Any]:
        return _plain(
            self._objects.KeyPair.get_by_name(self._context, user_id, name)
        )

    def _list(self, user_id: str) -> list[dict[str, Any]]:
        keypairs = self._objects.KeyPairList
        return [
            _plain(k) for k in keypairs.get_by_user(self._context, user_id)
        ]

    def _count(self, user_id: str) -> int:
        keypairs = self._objects.KeyPairList
        return int(keypairs.get_count_by_user(self._context, user_id))

    def _create(self, fields: dict[str, str]) -> dict[str, Any]:
        keypair = self._objects.KeyPair(self._context, **fields)
        keypair.create()
        return _plain(keypair)

    def _destroy(self, user_id: str, name: str) -> None:
        self._objects.KeyPair.destroy_by_name(self._context, user_id, name)

    def _limit(
        self, project_id: str, limit: int, user_id: str | None = None
    ) -> None:
        """Do what ``openstack quota set --key-pairs`` does."""
        self._objects.Quotas.create_limit(
            self._context, project_id, 'key_pairs', limit, user_id=user_id
        )

    def _class_limit(self, name: str, limit: int) -> None:
        """Do what ``openstack quota set --class --key-pairs`` does."""
        self._objects.Quotas.create_class(
            self._context, name, 'key_pairs', limit
        )


def _plain(keypair: Any) -> dict[str, Any]:
    values = {}
    for field in _FIELDS:
        value = getattr(keypair, field)
        if hasattr(value, 'replace') and hasattr(value, 'tzinfo'):
            value = value.replace(tzinfo=None).isoformat()
        values[field] = value
    return values


def main() -> None:
    """Answer the calls on standard input."""
    inside = Inside(sys.argv[1])
    results = [
        inside.call(name, *arguments)
        for name, *arguments in json.load(sys.stdin)
    ]
    # Nova logs to standard error, and some of its parts print.
    Path(sys.argv[2]).write_text(json.dumps(results))


if __name__ == '__main__':
    main()
