# SPDX-License-Identifier: Apache-2.0

"""What tools/supply_chain.py says of what pip-audit and CycloneDX say."""

import configparser
import contextlib
import importlib.util
import io
from typing import Any

from keypair_ext.tests import base
from keypair_ext.tests.functional import fixtures

TOOL = fixtures.ROOT / 'tools' / 'supply_chain.py'

OURS = {'name': 'keypair-ext', 'skip_reason': 'not found'}
FINE: dict[str, Any] = {'name': 'six', 'version': '1.0', 'vulns': []}
UNKNOWN = {'name': 'odd', 'skip_reason': 'not found'}
HOLED = {'name': 'old', 'version': '0.1', 'vulns': [{'id': 'CVE-1'}]}


class SupplyChainTest(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        spec = importlib.util.spec_from_file_location('supply_chain', TOOL)
        assert spec is not None and spec.loader is not None
        self.tool = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(self.tool)

    def _report(self, *rows: dict[str, Any]) -> tuple[int, str]:
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            status = self.tool._report([OURS, *rows])
        return status, printed.getvalue()

    def test_a_vulnerability_fails(self) -> None:
        status, printed = self._report(FINE, HOLED)
        self.assertEqual(1, status)
        self.assertIn('old 0.1: CVE-1', printed)

    def test_what_nobody_could_tell_is_said(self) -> None:
        self.assertNotIn('NOT AUDITED', self._report(FINE)[1])
        status, printed = self._report(FINE, UNKNOWN)
        self.assertEqual(0, status)
        self.assertIn('NOT AUDITED: 1 packages', printed)
        self.assertIn('odd', printed)
        self.assertIn('NOT AUDITED: the service', self._report(UNKNOWN)[1])

    def test_the_bill_is_of_us(self) -> None:
        url = {'url': 'file:///somewhere'}
        ours = {'name': 'keypair-ext', 'externalReferences': [url]}
        document: dict[str, Any] = {
            'metadata': {},
            'components': [dict(FINE), ours],
        }
        self.tool._name_the_subject(document)
        self.assertEqual([FINE], document['components'])
        self.assertEqual(
            {'name': 'keypair-ext', 'type': 'application'},
            document['metadata']['component'],
        )

    def test_all_that_can_be_asked_for_is_looked_at(self) -> None:
        config = configparser.ConfigParser(delimiters=('=',))
        config.read(fixtures.ROOT / 'setup.cfg')
        declared = set(config['options.extras_require'])
        # It builds against the headers of a C library.
        declared.discard('mysqlclient')
        self.assertEqual(declared, set(self.tool.EXTRAS.split(',')))
