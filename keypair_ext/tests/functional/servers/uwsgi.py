# SPDX-License-Identifier: Apache-2.0

"""A WSGI application under uWSGI, as an operator would run it."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import fixtures

from keypair_ext.tests.functional.servers import process


class UWSGI(fixtures.Fixture):
    """uWSGI with processes of one thread on a port of the loopback address.

    The environment has to contain the requirement ``uwsgi``.  Unless told
    otherwise each worker loads the application itself (``lazy-apps``).
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
        preforked: bool = False,
        options: Sequence[str] = (),
    ):
        """Describe the server.

        :param venv: the environment to run from.
        :param module: ``package.module:callable``.
        :param directory: where its log is written; also its HOME.
        :param env: variables in addition to a clean environment.
        :param preforked: the master loads the application, then forks.
        :param options: more of uWSGI's command line.
        """
        super().__init__()
        self._venv = venv
        self._module = module
        self._directory = directory
        self._env = dict(env)
        self._processes = processes
        self._preforked = preforked
        self._options = options
        self.port = port or process.free_port()
        self.url = f'http://{process.LOOPBACK}:{self.port}'

    def _setUp(self) -> None:
        self.daemon = process.Process(
            self._argv(),
            log=self._directory / 'uwsgi.log',
            port=self.port,
            ready=self._is_ready,
            env=process.clean_environment(self._directory, **self._env),
            cwd=self._directory,
            timeout=120,
        )
        self.useFixture(self.daemon)

    def _is_ready(self) -> bool:
        """Wait for the last worker: an answer comes from the first already."""
        loaded = self.daemon.recent_log.count('WSGI app 0 ')
        loading = 1 if self._preforked else self._processes
        return loaded >= loading and process.answers_http(self.url)

    def _argv(self) -> list[str | Path]:
        return [
            self._venv / 'bin' / 'uwsgi',
            '--http-socket',
            f'{process.LOOPBACK}:{self.port}',
            '--module',
            self._module,
            '--virtualenv',
            self._venv,
            '--master',
            '--processes',
            str(self._processes),
            '--enable-threads',
            *([] if self._preforked else ['--lazy-apps']),
            '--need-app',
            '--die-on-term',
            '--no-orphans',
            '--worker-reload-mercy',
            '5',
            # It does close; clients that do not know it reuse and fail.
            '--add-header',
            'Connection: close',
            '--buffer-size',
            '65535',
            *self._options,
        ]
