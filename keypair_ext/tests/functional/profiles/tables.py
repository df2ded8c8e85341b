# SPDX-License-Identifier: Apache-2.0

"""Tables of requests and of what the documents promise for them."""

import re
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, NamedTuple

import webob

from keypair_ext.tests import base
from keypair_ext.tests.functional.profiles import mounts

FINGERPRINT = re.compile(r'[0-9a-f]{2}(:[0-9a-f]{2}){15}')
PRIVATE_KEY = re.compile(
    '-----BEGIN RSA PRIVATE KEY-----\n.*\n-----END RSA PRIVATE KEY-----\n',
    re.DOTALL,
)
REQUEST_ID = re.compile('req-[0-9a-f-]{36}')
SOME = re.compile('.+', re.DOTALL)

# A value that is there and may be anything.
ANY = object()

_VERSION_HEADERS = (
    'OpenStack-API-Version',
    'X-OpenStack-Nova-API-Version',
    'Vary',
)

# A value, or what it has to match.
Wanted = object


class Request(NamedTuple):
    """A request, below the mount of its table."""

    method: str
    path: str
    keypair: object = None
    headers: Mapping[str, str] = {}


class Case(NamedTuple):
    """A row: a request, and what its answer has to be.

    :param title: becomes the name of a test.
    :param keypair: all fields of the key pair in the answer.
    :param fault: the fault's name, where the answer is one.
    :param fault_fields: further fields of the fault.
    :param headers: headers that the answer has, each exactly once.
    :param before: requests that have to succeed first.
    :param user: who asks; each row has a user of its own otherwise.
    :param mount: where, if not at the table's mount.
    """

    title: str
    request: Request
    status: int
    keypair: Mapping[str, Wanted] | None = None
    fault: str | None = None
    fault_fields: Mapping[str, Wanted] = {}
    headers: Mapping[str, Wanted] = {}
    before: tuple[Request, ...] = ()
    user: str | None = None
    mount: str | None = None


def create(
    name: str, public_key: str | None = None, **more: object
) -> Request:
    """Return the request that imports, or without a key generates."""
    keypair: dict[str, object] = {'name': name, **more}
    if public_key is not None:
        keypair['public_key'] = public_key
    return Request('POST', '/os-keypairs', keypair)


def identity(user: str) -> dict[str, str]:
    """Return the headers by which ``noauth`` knows an ordinary user."""
    return {
        'X-User-Id': user,
        'X-Project-Id': mounts.PROJECT,
        'X-Roles': 'member,reader',
    }


class Table(base.TestCase):
    """Tests from a table, all on one composite and one database."""

    mount: ClassVar[str]
    versioned: ClassVar[bool] = True
    mounted: ClassVar[mounts.Mounts]

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.mounted = cls.use(mounts.Mounts())

    def ask(
        self, request: Request, user: str, mount: str | None = None
    ) -> webob.Response:
        """Send a request of the table."""
        body = (
            request.keypair
            if request.keypair is None or isinstance(request.keypair, bytes)
            else {'keypair': request.keypair}
        )
        return self.mounted.ask(
            request.method,
            (self.mount if mount is None else mount) + request.path,
            token=None,
            body=body,
            headers={
                'Content-Type': 'application/json',
                **identity(user),
                **request.headers,
            },
        )

    def check(self, case: Case) -> webob.Response:
        """Send the requests of a row and look at the last answer."""
        user = case.user or f'{type(self).__name__}-{case.title}'
        for request in case.before:
            self.assertIn(self.ask(request, user).status_int, (200, 201, 202))
        answer = self.ask(case.request, user, case.mount)
        self.assertEqual(case.status, answer.status_int, str(answer.body))
        for name, wanted in case.headers.items():
            values = answer.headers.getall(name)
            self.assertEqual(1, len(values), f'{name}: {values}')
            self.assert_value(name, wanted, values[0])
        if not self.versioned:
            self.assert_unversioned(answer)
        if case.keypair is not None:
            self.assert_keypair(case.keypair, answer)
        if case.fault is not None:
            self.assert_fault(case, answer)
        return answer

    def assert_unversioned(self, answer: webob.Response) -> None:
        for name in _VERSION_HEADERS:
            self.assertEqual([], answer.headers.getall(name), name)

    def assert_keypair(
        self, wanted: Mapping[str, Wanted], answer: webob.Response
    ) -> None:
        """Compare the document: all fields, and none besides."""
        self.assertEqual({'keypair'}, set(answer.json))
        self.assert_fields(wanted, answer.json['keypair'])

    def assert_fault(self, case: Case, answer: webob.Response) -> None:
        self.assertEqual([case.fault], list(answer.json))
        wanted = {
            'code': case.status,
            'message': SOME,
            **case.fault_fields,
        }
        self.assert_fields(wanted, answer.json[case.fault])
        self.assertEqual(
            ['application/json; charset=UTF-8'],
            answer.headers.getall('Content-Type'),
        )

    def assert_fields(
        self, wanted: Mapping[str, Wanted], fields: dict[str, Any]
    ) -> None:
        self.assertEqual(set(wanted), set(fields))
        for name, value in wanted.items():
            self.assert_value(name, value, fields[name])

    def assert_value(self, name: str, wanted: Wanted, value: object) -> None:
        if wanted is ANY:
            return
        if isinstance(wanted, re.Pattern):
            self.assertIsInstance(value, str, name)
            self.assertTrue(wanted.fullmatch(str(value)), f'{name}: {value}')
        else:
            self.assertEqual(wanted, value, name)


def of(*rows: Case) -> Callable[[type[Table]], type[Table]]:
    """Give a class a test for each row."""

    def add(cls: type[Table]) -> type[Table]:
        for row in rows:
            title = f'test_{row.title.replace("-", "_")}'
            if hasattr(cls, title):
                raise ValueError(f'{cls.__name__} has two rows {row.title}')
            setattr(cls, title, _test(row))
        return cls

    return add


def _test(row: Case) -> Callable[[Table], None]:
    def test(self: Table) -> None:
        self.check(row)

    return test
