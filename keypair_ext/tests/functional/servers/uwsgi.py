# SPDX-License-Identifier: Apache-2.0

"""A WSGI application under uWSGI, with the ini that operators are given."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Final

import fixtures

from keypair_ext.tests.functional.servers import (
    gunicorn,
    process,
    shipped,
    venv as environments,
)

# Other people's applications do not all bear a fork, or a long farewell.
_LAZY: Final = ('--lazy-apps', '--worker-reload-mercy', '5')


class UWSGI(fixtures.Fixture):
    """uWSGI with processes of one thread on a port of the loopback address.

    The environment has to contain the requirement ``uwsgi``.
    """

    daemon: process.Process

    def __init__(
        self,
        venv: Path,
        module: str,
        *,
        directory: Path,
        env: Mapping[str, str],
        port: int | None = None,
        processes: int = 1,
        lazy: bool = False,
        options: Sequence[str] = (),
    ):
        """Describe the server.

        :param venv: the environment to run from.
        :param module: ``package.module:callable``.
        :param directory: where its log is written; also its HOME.
        :param env: variables in addition to a clean environment.
        :param lazy: each worker loads the application itself.
        :param options: more of uWSGI's command line.
        """
        super().__init__()
        self._venv = venv
        self._module = module
        self.directory = directory
        self._env = dict(env)
        self._processes = processes
        self._lazy = lazy
        self._options = options
        self.port = port or process.free_port()
        self.url = f'http://{process.LOOPBACK}:{self.port}'

    def _setUp(self) -> None:
        self.daemon = process.Process(
            self._argv(),
            log=self.directory / 'uwsgi.log',
            port=self.port,
            ready=self._is_ready,
            env=process.clean_environment(
                self.directory,
                **shipped.variables(self.port, self._processes),
                **self._env,
            ),
            cwd=self.directory,
            timeout=120,
        )
        self.useFixture(self.daemon)

    def _is_ready(self) -> bool:
        """Wait for the last worker: an answer comes from the first already."""
        loaded = self.daemon.recent_log.count('WSGI app 0 ')
        loading = self._processes if self._lazy else 1
        return loaded >= loading and process.answers_http(self.url)

    def _argv(self) -> list[str | Path]:
        return [
            self._venv / 'bin' / 'uwsgi',
            '--ini',
            shipped.UWSGI,
            '--module',
            self._module,
            '--virtualenv',
            self._venv,
            *(_LAZY if self._lazy else ()),
            *self._options,
        ]


def service(
    directory: Path,
    *options: str,
    processes: int = 1,
    application: str = gunicorn.APPLICATION,
    env: Mapping[str, str] = MappingProxyType({}),
) -> UWSGI:
    """Return our service, as a directory configures it.

    :param env: more variables.
    """
    own = Path(sys.prefix)
    there = (own / 'bin' / 'uwsgi').exists()
    return UWSGI(
        own if there else environments.ensure('uwsgi', ['uwsgi']),
        application,
        directory=directory,
        env={'OS_KEYPAIR_EXT_CONFIG_DIR': str(directory), **env},
        processes=processes,
        # The other environment has nothing but uWSGI.
        options=['--virtualenv', sys.prefix, *options],
    )
