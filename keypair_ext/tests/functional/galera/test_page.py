# SPDX-License-Identifier: Apache-2.0

"""The page on scaling says what is tested."""

import re

from keypair_ext.db import creation, guard
from keypair_ext.tests import base
from keypair_ext.tests.functional import fixtures
from keypair_ext.tests.functional.servers import haproxy

_PAGE = fixtures.ROOT / 'doc' / 'source' / 'admin' / 'scaling.rst'


class PageTest(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.page = ' '.join(_PAGE.read_text().split())

    def test_the_balancer(self) -> None:
        for line in haproxy.CONFIGURATION.splitlines():
            if '{' not in line:
                self.assertIn(' '.join(line.split()), self.page)
        for options in (*haproxy.ONE_WRITER, *haproxy.MORE_WRITERS):
            self.assertIn(f'check port 9200 {options}'.rstrip(), self.page)

    def test_how_long_workers_look_for_the_guard(self) -> None:
        self.assertIn(f'within {guard.LOOK_SECONDS:.0f} seconds', self.page)

    def test_how_often_it_is_tried_again(self) -> None:
        words = {8: 'eight'}[creation.MAX_RETRIES]
        self.assertTrue(re.search(f'tried again {words} more', self.page))
