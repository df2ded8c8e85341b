# SPDX-License-Identifier: Apache-2.0

"""Workers that were forked from one process: no key twice, nothing shared.

Under gunicorn as it is, under uWSGI with ``KEYPAIR_EXT_TEST_UWSGI=1``.
``KEYPAIR_EXT_TEST_RSA_KEYS`` says how many keys are generated over HTTP, 24
unless it is set.
"""

import os
import unittest
from collections import Counter
from concurrent import futures
from typing import Any

from keypair_ext.tests import base
from keypair_ext.tests.functional import forks, service_cases
from keypair_ext.tests.functional.servers import (
    gunicorn,
    process,
    rest,
    uwsgi,
)

WORKERS = 4
KEYS = 10_000
RSA_KEYS = int(os.environ.get('KEYPAIR_EXT_TEST_RSA_KEYS') or 24)


class GunicornTest(base.TestCase):
    """The master has loaded and used the application before it forks."""

    def setUp(self) -> None:
        super().setUp()
        self.directory = self.useFixture(process.Directory('forks')).path

    def serve(self, module: str) -> service_cases.Server:
        return self.useFixture(
            gunicorn.Gunicorn(
                self.directory,
                workers=WORKERS,
                application=f'{forks.__name__}.{module}:application',
            )
        )

    def ask_often(self, work: Any, times: int) -> list[Any]:
        with futures.ThreadPoolExecutor(2 * WORKERS) as pool:
            return list(pool.map(work, range(times)))

    def test_ten_thousand_keys_of_a_pool(self) -> None:
        server = self.serve('pooled_keys')
        answers = self.ask_often(
            lambda number: rest.call('GET', server.url).expect(200).json(),
            KEYS // forks.KEYS_AT_ONCE,
        )
        before = {key for answer in answers for key in answer['before']}
        keys = [key for answer in answers for key in answer['keys']]
        self.assertEqual(forks.POOL_SIZE + 1, len(before))
        self.assertEqual(KEYS, len(keys))
        self.assertEqual(KEYS, len({*keys} - before))
        self.assertLess(1, len({answer['pid'] for answer in answers}))

    def test_rsa_keys_over_http(self) -> None:
        service_cases.prepare(self.directory, {})
        server = self.serve('used_service')
        answers = self.ask_often(
            lambda number: self._generate(
                server.url, f'user{number % 10}', number
            ),
            RSA_KEYS,
        )
        answers.append(self._show(server.url, forks.MASTER, 'generated'))
        moduli = {answer['public_key'].split()[1] for answer in answers}
        self.assertEqual(RSA_KEYS + 1, len(moduli))
        private_keys = Counter(answer.get('private_key') for answer in answers)
        self.assertEqual({1}, {*private_keys.values()})

    def _generate(self, url: str, user: str, number: int) -> Any:
        answer = rest.call(
            'POST',
            f'{url}/v2.1/os-keypairs',
            {'keypair': {'name': f'key-{number}'}},
            {'X-Auth-Token': f'{user}:aaaa:member,reader'},
        )
        return answer.expect(200).json()['keypair']

    def _show(self, url: str, user: str, name: str) -> Any:
        answer = rest.call(
            'GET',
            f'{url}/v2.1/os-keypairs/{name}',
            headers={'X-Auth-Token': f'{user}:aaaa:member,reader'},
        )
        return answer.expect(200).json()['keypair']


@unittest.skipUnless(
    os.environ.get('KEYPAIR_EXT_TEST_UWSGI'), 'KEYPAIR_EXT_TEST_UWSGI not set'
)
class UWSGITest(GunicornTest):
    """The same under uWSGI, which forks without Python's knowing."""

    def serve(self, module: str) -> service_cases.Server:
        try:
            server = uwsgi.service(
                self.directory,
                processes=WORKERS,
                application=f'{forks.__name__}.{module}:application',
            )
        except process.ServerError as error:
            raise unittest.SkipTest(f'uWSGI: {error}') from error
        return self.useFixture(server)
