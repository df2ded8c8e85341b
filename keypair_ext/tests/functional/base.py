# SPDX-License-Identifier: Apache-2.0

"""What tests that ask the service in Python have in common."""

from typing import ClassVar

import fixtures as fixtures_library
import webob

from keypair_ext.tests import base
from keypair_ext.tests.functional import fixtures


class TestCase(base.TestCase):
    """One service for a class, without key pairs for each test."""

    options: ClassVar[fixtures.Options] = {}
    service: ClassVar[fixtures.Service]

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.service = cls.use(fixtures.Service(cls.options))

    def setUp(self) -> None:
        super().setUp()
        self.log = self.useFixture(fixtures_library.FakeLogger())
        self.service.clear()

    def assert_fault(
        self, response: webob.Response, status: int, name: str
    ) -> str:
        """Hold a fault to Nova's shape and return its message."""
        self.assertEqual(status, response.status_int, response.text)
        self.assertEqual(
            ['application/json; charset=UTF-8'],
            response.headers.getall('Content-Type'),
        )
        self.assertEqual([name], list(response.json))
        fault = response.json[name]
        self.assertEqual({'code', 'message'}, set(fault))
        self.assertEqual(status, fault['code'])
        return str(fault['message'])
