# SPDX-License-Identifier: Apache-2.0

"""What loading a paste section does, and what it leaves alone."""

import logging
import os
import signal
import sys
import warnings
from typing import Any

import fixtures
from oslo_config import cfg
from paste import deploy

from keypair_ext.tests.unit.middleware import base
from keypair_ext.tests.unit.middleware.context import test_htpasswd

FILTERS = (
    'http_basic',
    'keystone_context',
    'noauth',
    'request_log',
    'token_cache',
)


class FactoriesTest(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.useFixture(fixtures.FakeLogger())
        users = self.file(test_htpasswd.entry(b'alice', b'one'))
        self.conf = self.config(http_basic_user_file=users)

    def load(self, name: str) -> Any:
        path = self.file(
            f'[filter:main]\n'
            f'use = egg:keypair-ext#{name}\n'
            f'oslo_config_file = {self.conf}\n'.encode()
        )
        return deploy.loadfilter(f'config:{path}')

    def test_every_filter_loads(self) -> None:
        for name in FILTERS:
            with self.subTest(name=name):
                self.call(self.load(name)(self.below))

    def test_loading_touches_nothing_of_the_process(self) -> None:
        before = self.state()
        for name in FILTERS:
            with self.subTest(name=name):
                self.load(name)
                self.assertEqual(before, self.state())

    def state(self) -> dict[str, object]:
        root = logging.getLogger()
        return {
            'options': [
                sorted(cfg.CONF._opts),
                *(
                    (name, sorted(group._opts))
                    for name, group in sorted(cfg.CONF._groups.items())
                ),
            ],
            'handlers': list(root.handlers),
            'level': root.level,
            'warnings': list(warnings.filters),
            'arguments': list(sys.argv),
            'environment': dict(os.environ),
            'signals': [
                signal.getsignal(number)
                for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
            ],
        }
