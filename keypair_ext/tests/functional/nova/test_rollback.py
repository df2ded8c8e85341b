# SPDX-License-Identifier: Apache-2.0

"""Taking the filter in and out while people work."""

import signal
from typing import ClassVar

from testtools.content import text_content

from keypair_ext.tests.functional.conformance.caller import Caller
from keypair_ext.tests.functional.load import users
from keypair_ext.tests.functional.nova import base, environment
from keypair_ext.tests.functional.servers import nova, process

_WORKERS = 2
CLIENTS = 4
ROUNDS = 5

# So much of a log is shown, in characters.
_KEPT = 20_000


class _User(users.User):
    """Asks Nova for something else, too."""

    def work(self) -> None:
        super().work()
        self.ask(
            'flavors',
            self.name,
            lambda asking: asking.ask('GET', '/flavors'),
            200,
        )


class Load(users.Users):
    """Users none of whose requests fails."""

    kind = _User

    def wrong(self) -> list[str]:
        """Return what has failed.

        uWSGI ends a worker between accepting and reading; had the request
        been read, the same one again would tell.
        """
        known = self.compare({})
        again = known.met(409, 'import') + known.met(404, 'delete')
        return [
            *(str(fault) for fault in known.faults),
            *['refused'] * known.refused,
            *['done without an answer'] * again,
            *['no answer'] * max(0, known.unanswered - 2 * CLIENTS),
        ]


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
        load = self.useFixture(Load(self.server.port, 'load', CLIENTS))
        load.wait_for_all(ROUNDS)
        self.assertEqual('nova', self.who_answers(self.server))

        self._restart(environment.FILTER)
        load.wait_for_all(ROUNDS)
        self.assertEqual('ours', self.who_answers(self.server))
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
        load.wait_for_all(ROUNDS)
        self.assertEqual('nova', self.who_answers(self.server))
        load.stop()

        self.assertEqual([], load.wrong())
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

    def _listed(self, caller: Caller) -> object:
        return self.send(self.server, caller.list('', '2.35')).json()
