# SPDX-License-Identifier: Apache-2.0

"""Taking the filter in and out while people work."""

import signal
import threading
import time
from collections import Counter
from typing import ClassVar

import fixtures
from testtools.content import text_content

from keypair_ext.tests.functional.conformance import wire
from keypair_ext.tests.functional.conformance.caller import Caller
from keypair_ext.tests.functional.nova import base, environment
from keypair_ext.tests.functional.servers import nova, process

_WORKERS = 2
CLIENTS = 4

# So much of a log is shown, in characters.
_KEPT = 20_000

# What ours accepts and Nova does not tells which of them answers.
_TAB = base.KEY.replace(' ', '\t', 1)


class Load(fixtures.Fixture):
    """Clients that make, show, list and delete key pairs without a pause.

    ``answered`` counts method and status; ``errors`` has what went wrong.
    """

    def __init__(self, server: base.Server) -> None:
        super().__init__()
        self._server = server

    def _setUp(self) -> None:
        self.answered: Counter[tuple[str, int]] = Counter()
        self.errors: list[str] = []
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._work, args=(number,))
            for number in range(CLIENTS)
        ]
        for thread in self._threads:
            thread.start()
        self.addCleanup(self.stop)

    def stop(self) -> None:
        """Let the clients finish what they are at."""
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _work(self, number: int) -> None:
        caller = Caller(f'load-{number}')
        while not self._stop.is_set():
            for expected, request in (
                (
                    201,
                    caller.create('', '2.2', name='it', public_key=base.KEY),
                ),
                (
                    409,
                    caller.create('', '2.2', name='it', public_key=base.KEY),
                ),
                (200, caller.show('', 'it', '2.2')),
                (200, caller.list('', '2.35')),
                (200, caller.send('', 'GET', '/flavors')),
                (204, caller.delete('', 'it', '2.2')),
                (404, caller.show('', 'it', '2.2')),
            ):
                self._ask(request, expected)

    def _ask(self, request: wire.Request, expected: int) -> None:
        try:
            answer = wire.send(self._server.port, request)
            if answer is wire.CLOSED:
                # uWSGI has ended a worker between accepting and reading. Had
                # it been read, a change that is made twice would tell.
                answer = wire.send(self._server.port, request)
        except (OSError, wire.WireError) as error:
            self.errors.append(f'{request.method}: {error!r}')
            return
        self.answered[request.method, answer.status] += 1
        if answer.status != expected:
            self.errors.append(
                f'{request.method} {request.path}: {answer.status}, not '
                f'{expected}: {answer.body!r}'
            )


class RollbackTestCase(base.NovaTestCase):
    """One Nova, restarted gracefully with and without the filter."""

    server: ClassVar[nova.Nova]

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.server = cls.stage.plain(
            software=cls.stage.software,
            processes=_WORKERS,
            # On a busy machine a request may take longer than is usual.
            uwsgi_options=('--worker-reload-mercy', '60'),
        )

    def setUp(self) -> None:
        super().setUp()
        self.addOnException(self._keep_what_is_known)

    def _keep_what_is_known(self, error: object) -> None:
        """Show whose fault it is, where it is Nova's or its database's."""
        log = self.server.server.daemon.recent_log
        self.addDetail('the end of the log', text_content(log[-_KEPT:]))
        lives = self.stage.database.daemon.is_running()
        self.addDetail('MariaDB lives', text_content(str(lives)))

    def test_enable_and_roll_back_under_load(self) -> None:
        schema = self.stage.database.execute('SHOW TABLES', 'nova_api')
        caller = Caller('rollback')
        load = self.useFixture(Load(self.server))
        self._wait_for_load(load)
        self.assertFalse(self._is_ours())

        self._restart(environment.FILTER)
        self._wait_for_load(load)
        self.assertTrue(self._is_ours())
        made = {
            name: self.create(self.server, caller, '2.2', name=name, **members)
            for name, members in (
                ('imported', {'public_key': base.KEY}),
                ('generated', {}),
                ('certificate', {'type': 'x509'}),
            )
        }
        shown = {name: self.show(self.server, caller, name) for name in made}
        listed = self._listed(caller)

        self._restart(None)
        self._wait_for_load(load)
        self.assertFalse(self._is_ours())
        load.stop()

        self.assertEqual([], load.errors)
        for name in made:
            self.assertEqual(shown[name], self.show(self.server, caller, name))
        self.assertEqual(listed, self._listed(caller))
        self.assertEqual(
            schema, self.stage.database.execute('SHOW TABLES', 'nova_api')
        )
        for name in made:
            deleted = self.send(self.server, caller.delete('', name, '2.2'))
            self.assertEqual(204, deleted.status)

    def _restart(self, paste_filter: nova.PasteFilter | None) -> None:
        """Change the paste file and reload, as an operator does."""
        self.server.set_paste_filter(paste_filter)
        daemon = self.server.server.daemon
        started = daemon.recent_log.count('WSGI app 0 ')
        daemon.send_signal(signal.SIGHUP)
        process.wait_until(
            lambda: (
                daemon.recent_log.count('WSGI app 0 ') >= started + _WORKERS
            ),
            'workers with the new paste file',
            timeout=180,
        )

    def _wait_for_load(self, load: Load) -> None:
        """Wait for some more answers of every kind."""
        goal = load.answered.total() + 30 * CLIENTS
        process.wait_until(
            lambda: load.answered.total() >= goal or bool(load.errors),
            'answers under load',
            timeout=180,
        )
        time.sleep(0.1)

    def _is_ours(self) -> bool:
        """Say whether ours answers, by a key that Nova refuses."""
        caller = Caller('probe')
        request = caller.create('', '2.2', name='tab', public_key=_TAB)
        answer = self.send(self.server, request)
        if answer.status == 201:
            self.send(self.server, caller.delete('', 'tab', '2.2'))
        return answer.status == 201

    def _listed(self, caller: Caller) -> object:
        return self.send(self.server, caller.list('', '2.35')).json()
