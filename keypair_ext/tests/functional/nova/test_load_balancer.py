# SPDX-License-Identifier: Apache-2.0

"""The shipped HAProxy file before a real Nova and the service beside it."""

import re
from typing import ClassVar

from keypair_ext.tests.functional.conformance import wire
from keypair_ext.tests.functional.conformance.caller import Caller
from keypair_ext.tests.functional.load import client, users
from keypair_ext.tests.functional.nova import base, beside, test_rollback
from keypair_ext.tests.functional.servers import nova, process

_CONF = {
    'DEFAULT': {'host': 'compute-7'},
    'notifications': {'notification_format': 'both'},
    'oslo_messaging_notifications': {'driver': 'log'},
}
_SENT = re.compile(
    r'"publisher_id": "([^"]+)".*?"event_type": "(keypair[^"]+)"'
)

_WORKERS = 2


class LoadBalancerTest(base.NovaTestCase):
    other: ClassVar[nova.Nova]
    tables: ClassVar[str]
    mount: ClassVar[beside.Beside]

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.other = cls.stage.plain(conf=_CONF, processes=_WORKERS)
        cls.tables = cls.stage.database.execute('SHOW TABLES', 'nova_api')
        cls.mount = cls.stage.useFixture(
            beside.Beside(cls.other, processes=_WORKERS)
        )

    def serves(self) -> str:
        return self.who_answers(self.mount)

    def test_who_answers(self) -> None:
        self.assertEqual('ours', self.serves())
        caller = Caller('where')
        for path in ('', '/', '/servers/detail', '/flavors', '/limits'):
            through, direct = (
                self.send(server, caller.send('', 'GET', path))
                for server in (self.mount, self.other)
            )
            self.assertEqual(
                (direct.status, direct.body), (through.status, through.body)
            )

    def test_they_see_each_others_keys(self) -> None:
        caller = Caller('both')
        for here, there in (
            (self.mount, self.other),
            (self.other, self.mount),
        ):
            self.create(here, caller, '2.2', name='k', public_key=base.KEY)
            self.assertEqual(
                self.show(here, caller, 'k'), self.show(there, caller, 'k')
            )
            self.send(there, caller.delete('', 'k', '2.2'))
            gone = self.send(here, caller.show('', 'k', '2.2'))
            self.assertEqual(404, gone.status)

    def test_slashes_and_escapes_do_not_miss_the_rule(self) -> None:
        caller = Caller('slashes')
        self.create(self.mount, caller, '2.2', name='tab', public_key=base.TAB)
        for path in (
            '/v2.1//os-keypairs/tab',
            '/v2.1/%6fs-keypairs/tab',
            '//v2.1/os-keypairs/tab',
            '/v2%2E1/os-keypairs/tab',
        ):
            with self.subTest(path=path):
                request = caller.show('', 'tab', '2.2')
                sent = wire.Request(
                    path, 'GET', path, request.headers, request.body
                )
                before = self.mount.server.daemon.log
                through = self.send(self.mount, sent)
                direct = self.send(self.other, sent)
                self.assertEqual(direct.status, through.status)
                self.assertEqual(direct.json(), through.json())
                said = self.mount.server.daemon.log.removeprefix(before)
                self.assertIn('tab" status: ', said)

    def test_both_identifiers_of_a_request(self) -> None:
        for suffix in ('/os-keypairs', '/flavors'):
            answer = self.send(
                self.mount, Caller('ids').send('', 'GET', suffix)
            )
            (one,) = answer.all('x-compute-request-id')
            self.assertEqual((one,), answer.all('x-openstack-request-id'))

    def test_a_quota_set_through_nova_counts_at_once(self) -> None:
        caller = Caller('limited')
        self.create(self.mount, caller, '2.2', name='a', public_key=base.KEY)
        project = dict(caller.list('', '2.2').headers)['X-Project-Id']
        path = f'/os-quota-sets/{project}'
        lifted = caller.admin().send('', 'DELETE', path)
        self.addCleanup(self.send, self.mount, lifted)
        for limit, status in ((1, 403), (2, 201)):
            body = b'{"quota_set": {"key_pairs": %d}}' % limit
            request = caller.admin().send('', 'PUT', path, body=body)
            self.assertEqual(200, self.send(self.mount, request).status)
            answer = self.send(
                self.mount,
                caller.create('', '2.2', name='b', public_key=base.KEY),
            )
            self.assertEqual(status, answer.status)

    def test_novas_policy_file(self) -> None:
        self.addCleanup(self.other.set_policy, '')
        self.other.set_policy('os_compute_api:os-keypairs:index: "!"\n')
        answer = self.send(self.mount, Caller('ruled').list('', '2.2'))
        self.assertEqual(403, answer.status)

    def test_notifications_are_novas(self) -> None:
        told = []
        for server, daemon in (
            (self.mount, self.mount.server.daemon),
            (self.other, self.other.server.daemon),
        ):
            before = daemon.log
            caller = Caller('heard')
            self.create(server, caller, '2.2', name='n', public_key=base.KEY)
            self.send(server, caller.delete('', 'n', '2.2'))
            told.append(_SENT.findall(daemon.log.removeprefix(before)))
        self.assertEqual(told[1], told[0])
        self.assertIn(('api.compute-7', 'keypair.import.start'), told[0])
        self.assertIn(('nova-api:compute-7', 'keypair.delete.end'), told[0])

    def test_a_large_body(self) -> None:
        request = Caller('large').create(
            '', '2.2', name='x', public_key='k' * 3_000_000
        )
        for _ in range(5):
            answer = self.send(self.mount, request)
            self.assertEqual(413, answer.status)

    def test_the_check_before(self) -> None:
        (self.other.home / 'policy.d').mkdir()
        said = self.mount.status('--nova-url', self.mount.front.url)
        self.assertIn('versions: success', said)
        # Nor does any of this write a table into Nova's database.
        self.assertEqual(
            self.tables, self.stage.database.execute('SHOW TABLES', 'nova_api')
        )

    def test_falling_back_under_load(self) -> None:
        clients = test_rollback.CLIENTS
        with users.Users(self.mount.port, 'falling', clients) as load:
            load.wait_for_all(test_rollback.ROUNDS, 180)
            self.mount.server.daemon.kill()
            self.assertEqual('nova', self.serves())
            load.wait_for_all(test_rollback.ROUNDS, 180)
            self.mount.server.daemon.start()
            process.wait_until(lambda: self.serves() == 'ours', 'ours', 30)
            load.wait_for_all(test_rollback.ROUNDS, 180)
        for user in load.users:
            # Once more, and from both.
            user.list(user.name)
            user.list(user.name, client.Client(self.other.port, user.name))
            known = user.ledger
            self.assertEqual([], known.faults)
            for status in (client.NO_ANSWER, 503):
                self.assertEqual(0, known.met(status, 'show', 'list'))
            # The one write that it was at when the service died.
            self.assertLessEqual(known.unanswered, 1)

    def test_going_back_under_load(self) -> None:
        text = self.mount.file.read_text()
        line = '    use_backend keypairs if { var(txn.keypairs) -m bool }\n'
        self.assertEqual(1, text.count(line))
        load = test_rollback.Load(
            self.mount.port, 'going', test_rollback.CLIENTS
        )
        with load:
            for changed, name in (
                (text.replace(line, ''), 'nova'),
                (text, 'ours'),
            ):
                load.wait_for_all(test_rollback.ROUNDS)
                self.mount.file.write_text(changed)
                self.mount.front.read_again()
                process.wait_until(
                    lambda name=name: self.serves() == name,  # type: ignore[misc]
                    name,
                    30,
                )
            load.wait_for_all(test_rollback.ROUNDS)
        self.assertEqual([], load.wrong())
