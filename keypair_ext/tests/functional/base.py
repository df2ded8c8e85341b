# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License at
#
#      http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


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
        cls.service = fixtures.Service(cls.options)
        cls.addClassCleanup(cls.service.cleanUp)
        cls.service.setUp()

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
