# SPDX-License-Identifier: Apache-2.0

"""The comparison sees what it has to see."""

import json
from typing import Any

from keypair_ext import keytypes
from keypair_ext.keytypes import rsa
from keypair_ext.tests import base
from keypair_ext.tests.functional.conformance import generated, seen, wire

_ID = 'req-01234567-89ab-cdef-0123-456789abcdef'


def _answer(
    document: object, status: int = 200, *headers: tuple[str, str]
) -> wire.Answer:
    body = document if isinstance(document, bytes) else _json(document)
    return wire.Answer(status, 'Reason', headers, body)


def _json(document: object) -> bytes:
    return json.dumps(document).encode()


class DifferingTestCase(base.TestCase):
    def _parts(self, ours: wire.Answer, theirs: wire.Answer) -> list[str]:
        return list(
            seen.differing(
                seen.Eyes().see('', ours), seen.Eyes().see('', theirs)
            )
        )

    def _documents(self, ours: object, theirs: object) -> list[str]:
        return self._parts(_answer(ours), _answer(theirs))

    def test_same(self) -> None:
        self.assertEqual([], self._documents({'a': [1]}, {'a': [1]}))

    def test_status_and_reason(self) -> None:
        self.assertEqual(
            ['status'], self._parts(_answer({}, 200), _answer({}, 201))
        )

    def test_headers(self) -> None:
        ours = _answer({}, 200, ('A', '1'), ('B', '1'), ('C', '1'), ('c', '2'))
        theirs = _answer({}, 200, ('a', '1'), ('B', '2'), ('C', '1'))
        self.assertEqual(['header b', 'header c'], self._parts(ours, theirs))

    def test_a_header_too_many(self) -> None:
        self.assertEqual(
            ['header vary'],
            self._parts(_answer({}, 200, ('Vary', 'x')), _answer({}, 200)),
        )

    def test_headers_of_the_server(self) -> None:
        ours = _answer({}, 200, ('Date', 'now'), ('Connection', 'close'))
        self.assertEqual([], self._parts(ours, _answer({}, 200)))

    def test_lengths(self) -> None:
        right, wrong = ('Content-Length', '2'), ('Content-Length', '3')
        longer = _answer({'x': 1}, 200, ('Content-Length', '8'))
        self.assertEqual(
            ['document x'], self._parts(_answer({}, 200, right), longer)
        )
        self.assertEqual(
            ['header content-length'],
            self._parts(_answer({}, 200, wrong), _answer({}, 200, right)),
        )

    def test_request_ids(self) -> None:
        name = 'X-OpenStack-Request-Id'
        other = _ID.replace('0', 'f')
        self.assertEqual(
            [],
            self._parts(
                _answer({}, 200, (name, _ID)), _answer({}, 200, (name, other))
            ),
        )
        for value in ('', 'req-x', f'{_ID}, {_ID}'):
            self.assertEqual(
                [f'header {name.lower()}'],
                self._parts(
                    _answer({}, 200, (name, _ID)),
                    _answer({}, 200, (name, value)),
                ),
            )

    def test_members(self) -> None:
        self.assertEqual(
            ['document a.b', 'document a.c'],
            self._documents({'a': {'b': 1}}, {'a': {'b': 2, 'c': 1}}),
        )

    def test_items(self) -> None:
        self.assertEqual(
            ['document a[].b'],
            self._documents({'a': [{'b': 1}]}, {'a': [{'b': 2}]}),
        )
        self.assertEqual(
            ['document a'], self._documents({'a': [1]}, {'a': [1, 1]})
        )

    def test_documents_of_another_kind(self) -> None:
        self.assertEqual(['document'], self._documents({'a': 1}, {'b': 1}))
        self.assertEqual(['document'], self._documents({'a': 1}, b'text'))
        self.assertEqual(['document'], self._documents(b'', {}))

    def test_types_count(self) -> None:
        for ours, theirs in ((1, True), (1, 1.0), ('1', 1), (None, '')):
            self.assertEqual(
                ['document a'], self._documents({'a': ours}, {'a': theirs})
            )

    def test_messages(self) -> None:
        self.assertEqual([], self._documents(_fault('a'), _fault('b')))
        for message in ('', None, 1, ['a']):
            self.assertEqual(
                ['document badRequest.message'],
                self._documents(_fault('a'), _fault(message)),
            )

    def test_fault_names_and_codes(self) -> None:
        other = {'other': _fault('a')['badRequest']}
        self.assertEqual(['document'], self._documents(_fault('a'), other))
        self.assertEqual(
            ['document badRequest.code'],
            self._documents(_fault('a'), _fault('a', 401)),
        )

    def test_ids_and_times(self) -> None:
        self.assertEqual(
            [],
            self._documents(
                _shown(1, '2026-01-02T03:04:05.000000'),
                _shown(2, '2027-01-02T03:04:05.000000'),
            ),
        )
        for number, time in (
            ('1', '2026-01-02T03:04:05.000000'),
            (True, '2026-01-02T03:04:05.000000'),
            (1, '2026-01-02T03:04:05'),
            (1, '2026-01-02T03:04:05.000000Z'),
            (1, None),
        ):
            self.assertNotEqual(
                [],
                self._documents(
                    _shown(1, '2026-01-02T03:04:05.000000'),
                    _shown(number, time),
                ),
            )

    def test_a_member_twice(self) -> None:
        twice = _answer(b'{"a": 1, "a": 1}')
        self.assertRaises(AssertionError, seen.Eyes().see, '', twice)


class GeneratedTestCase(base.TestCase):
    """Keys are compared by what they are, and known again."""

    def setUp(self) -> None:
        super().setUp()
        self.types = keytypes.load(rsa.make_rsa)

    def _made(self, kind: str) -> dict[str, Any]:
        made = self.types[kind].generate('somebody', 'comment')
        return {
            'public_key': made.public_key,
            'private_key': made.private_key,
            'fingerprint': made.fingerprint,
        }

    def test_two_of_a_kind_are_the_same(self) -> None:
        for kind in self.types:
            one, two = self._made(kind), self._made(kind)
            self.assertNotEqual(one, two)
            self.assertEqual(generated.describe(one), generated.describe(two))

    def test_parts_that_do_not_belong_together(self) -> None:
        for kind in self.types:
            one, two = self._made(kind), self._made(kind)
            for member in ('public_key', 'fingerprint'):
                mixed = {**one, member: two[member]}
                self.assertNotEqual(
                    generated.describe(one), generated.describe(mixed)
                )

    def test_no_key_at_all(self) -> None:
        made = {**self._made('ssh'), 'private_key': 'nothing'}
        self.assertRaises(ValueError, generated.describe, made)

    def test_known_again(self) -> None:
        shown = []
        for _ in range(2):
            made = self._made('ssh')
            eyes = seen.Eyes()
            eyes.see('create', _answer({'keypair': made}))
            public = {'public_key': made['public_key']}
            listed = {'keypairs': [{'keypair': public}]}
            shown.append(eyes.see('list', _answer(listed)))
        self.assertEqual([], list(seen.differing(*shown)))
        stranger = seen.Eyes().see('list', _answer(listed))
        self.assertEqual(
            ['document keypairs[].keypair.public_key'],
            list(seen.differing(shown[0], stranger)),
        )


def _fault(message: object, code: int = 400) -> dict[str, Any]:
    return {'badRequest': {'code': code, 'message': message}}


def _shown(number: object, time: object) -> dict[str, Any]:
    record = {'id': number, 'created_at': time, 'updated_at': None}
    return {'keypair': record}
