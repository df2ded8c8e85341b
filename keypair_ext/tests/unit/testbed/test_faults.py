# SPDX-License-Identifier: Apache-2.0

"""Which requests meet a fault, and how they are told of it."""

import json
from email.message import Message

from keypair_ext.testbed import faults
from keypair_ext.testbed.server import Request
from keypair_ext.tests import base

_CREATE = Request('POST', '/compute/v2.1/os-keypairs?a=b', Message())
_SHOW = Request('GET', '/compute/v2.1/os-keypairs/web', Message())
_LOG_IN = Request('POST', '/identity/v3/auth/tokens', Message())


class FaultsTest(base.TestCase):
    def _meets(self, *requests: Request, **how: object) -> list[bool]:
        asked = faults.Faults()
        asked.add(faults.from_document({'status': 503, **how}))
        return [
            asked.meet(request, request.target.split('/')[1]) is not None
            for request in requests
        ]

    def test_which_requests(self) -> None:
        both = _CREATE, _SHOW, _LOG_IN
        for how, meets in (
            ({}, [True, False, False]),
            ({'times': None}, [True, True, True]),
            ({'method': 'GET'}, [False, True, False]),
            ({'path': '/os-keypairs', 'times': 3}, [True, True, False]),
            ({'path': '/os-keypairs$', 'times': 3}, [True, False, False]),
            ({'service': 'identity'}, [False, False, True]),
        ):
            self.assertEqual(meets, self._meets(*both, **how), str(how))

    def test_nth(self) -> None:
        for how, meets in (
            ({'nth': 2}, [False, True, False, False]),
            ({'nth': 2, 'times': 2}, [False, True, True, False]),
            ({'nth': 3, 'times': None}, [False, False, True, True]),
        ):
            self.assertEqual(meets, self._meets(*[_SHOW] * 4, **how), str(how))

    def test_of_two_the_first_counts(self) -> None:
        asked = faults.Faults()
        first, second = (faults.Fault(status) for status in (409, 503))
        asked.add(first)
        asked.add(second)
        self.assertIs(first, asked.meet(_SHOW, 'compute'))
        self.assertEqual(1, second.seen)
        asked.clear()
        self.assertIsNone(asked.meet(_SHOW, 'compute'))

    def test_documents(self) -> None:
        for service, status, name in (
            ('compute', 403, 'forbidden'),
            ('compute', 409, 'conflictingRequest'),
            ('compute', 413, 'overLimit'),
            ('compute', 429, 'overLimit'),
            ('compute', 500, 'computeFault'),
            ('compute', 503, 'serviceUnavailable'),
            ('compute', 401, 'error'),
            ('identity', 503, 'error'),
        ):
            fault = faults.Fault(status, retry_after=7)
            answer = fault.answer(service, 'http://bed/identity/v3')
            assert answer is not None
            self.assertEqual(status, answer.status)
            ((key, told),) = json.loads(answer.body).items()
            self.assertEqual((name, status), (key, told['code']))
            headers = dict(answer.headers)
            self.assertEqual('7', headers['Retry-After'])
            self.assertEqual(status == 401, 'WWW-Authenticate' in headers)

    def test_what_is_none(self) -> None:
        for given, words in (
            ({}, 'it needs a status, delay, cut or truncate'),
            ({'status': 200}, '400 to 599'),
            ({'status': 'many'}, "'<='"),
            ({'delay': -1}, 'a number of seconds'),
            ({'delay': 'long'}, "'<'"),
            ({'cut': True, 'nth': 0}, 'count from 1'),
            ({'cut': True, 'path': '('}, 'no regular expression'),
            ({'cut': True, 'seen': 1}, 'an object with some of status'),
            ([], 'an object with some of status'),
        ):
            self.assertIn(words, self.mistake(faults.from_document, given))
