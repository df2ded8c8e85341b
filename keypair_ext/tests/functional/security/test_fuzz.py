# SPDX-License-Identifier: Apache-2.0

"""Random requests and random keys: never an error of ours, never a hang.

Bounded and the same each time by default; ``KEYPAIR_EXT_TEST_FUZZ=1000000``
feeds so many inputs to the key parsers, others in each run, at random and
again guided by coverage, and a twentieth as many requests to each mount.
``KEYPAIR_EXT_TEST_SEED`` repeats a run that failed.
"""

import importlib.util
import json
import os
import re
import sys
import time
import unittest
from typing import Any, ClassVar
from urllib import parse as urlparse

import fixtures as fixtures_library
from cryptography import utils
from testtools import content

from keypair_ext.api import routes
from keypair_ext.tests import base
from keypair_ext.tests.base import completed
from keypair_ext.tests.functional.conformance import servers
from keypair_ext.tests.functional.security import (
    fuzzing,
    generated,
    mounts,
)
from keypair_ext.tests.functional.security.fuzzing import mutation, targets

_ASKED_FOR = os.environ.get('KEYPAIR_EXT_TEST_FUZZ')
EXECUTIONS = int(_ASKED_FOR or '10000')
REQUESTS = max(1000, EXECUTIONS // 20)
_MOST_TIMES = 10
# What a change has to pass must not hang on the time of day.
SEED = int(
    os.environ.get('KEYPAIR_EXT_TEST_SEED')
    or (time.time_ns() if _ASKED_FOR else 1)
)

# No single input may take longer, seconds, on a busy machine.
SLOWEST = 5.0

# Of the executions, what a target gets: the key parsers are the promise.
SHARES = {'ssh': 1.0, 'x509': 0.5, 'body': 0.1, 'version': 0.5, 'path': 0.5}

_NO_REMOTE = servers.reason_to_skip()


class FuzzTestCase(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        # What cryptography says of odd certificates that it still takes,
        # those with a serial number of 0, for one.
        self.useFixture(
            fixtures_library.WarningsFilter(
                [
                    {
                        'action': 'ignore',
                        'category': utils.CryptographyDeprecationWarning,
                    }
                ]
            )
        )
        self.addDetail(
            'seed', content.text_content(f'KEYPAIR_EXT_TEST_SEED={SEED}')
        )


class CorpusTest(base.TestCase):
    """The inputs that were worth keeping, fed again."""

    def test_corpus(self) -> None:
        for name, target in targets.load().items():
            taken = []
            for path in sorted((fuzzing.CORPUS / name).iterdir()):
                with self.subTest(path=str(path)):
                    taken.append(target(path.read_bytes()))
            self.assertEqual({True, False}, set(taken), name)

    def test_corpus_is_small(self) -> None:
        sizes = [
            path.stat().st_size
            for path in fuzzing.CORPUS.rglob('*')
            if path.is_file()
        ]
        self.assertLess(sum(sizes), 200_000)


class PlainTest(FuzzTestCase):
    """Without coverage: the corpus, changed at random."""

    def test_targets(self) -> None:
        mutator = mutation.Mutator(SEED)
        for name, target in targets.load().items():
            seeds = [
                path.read_bytes()
                for path in sorted((fuzzing.CORPUS / name).iterdir())
            ]
            runs = int(EXECUTIONS * SHARES[name])
            taken = 0
            for _ in range(runs):
                data = mutator.data(mutator.random.choice(seeds))
                began = time.perf_counter()
                with self.subTest(target=name, data=data):
                    taken += target(data)
                took = time.perf_counter() - began
                self.assertLess(took, SLOWEST, repr(data)[:2000])
            # A fuzzer whose every input is refused has tested one branch.
            self.assertGreater(taken, runs // 300, name)


class GuidedTest(FuzzTestCase):
    """With coverage: in a process of its own, because atheris ends it."""

    @unittest.skipUnless(
        importlib.util.find_spec('atheris'),
        'atheris is not installed: tox -e fuzz',
    )
    def test_targets(self) -> None:
        for name in targets.load():
            runs = int(EXECUTIONS * SHARES[name])
            home = self.useFixture(fixtures_library.TempDir()).path
            with self.subTest(target=name):
                ran = completed(
                    [
                        sys.executable,
                        '-m',
                        fuzzing.__name__,
                        name,
                        f'--runs={runs}',
                        f'--seed={SEED % 2**31}',
                        f'--keep={home}/kept',
                    ],
                    errors='replace',
                    # As long as it is told to.
                    timeout=None,
                    cwd=home,
                    env={
                        **os.environ,
                        'PYTHONPATH': os.pathsep.join(sys.path),
                    },
                )
                self.assertEqual(0, ran.returncode, ran.stderr[-4000:])
                done = re.search(r'Done (\d+) runs', ran.stderr)
                assert done is not None
                self.assertGreaterEqual(int(done[1]), runs)


class RequestsCases(FuzzTestCase):
    """What every mount does with requests made up at random."""

    make_mount: ClassVar[type[mounts.Mount]]
    mount: ClassVar[mounts.Mount]

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.mount = cls.use(cls.make_mount())

    def check_requests(self) -> None:
        """Send them, and look at what comes back."""
        requests = generated.Requests(SEED)
        wanted = {200, 201, 202, 400, 403, 404, 406, 415}
        statuses: set[int] = set()
        # A thousand requests need not have met the rarest of these.
        for number in range(_MOST_TIMES * REQUESTS):
            if number >= REQUESTS and wanted <= statuses:
                break
            request = requests.make()
            began = time.perf_counter()
            answer = self.mount.ask(**request)
            took = time.perf_counter() - began
            self.assertLess(took, SLOWEST, repr(request)[:2000])
            statuses.add(answer.status_int)
            if self._is_ours(request):
                self._check_answer(answer, request)
        self.assertEqual(set(), wanted - statuses)

    def _is_ours(self, request: dict[str, Any]) -> bool:
        """Tell whether it is not the wrapped Nova that answers."""
        return True

    def _check_answer(self, answer: Any, request: dict[str, Any]) -> None:
        self.assertLess(answer.status_int, 500, repr(request)[:2000])
        if answer.content_type == 'application/json' and answer.body:
            json.loads(answer.body)
        for name, value in answer.headers.items():
            self.assertTrue(
                value.isprintable(), f'{name} {value!r} {request!r}'[:2000]
            )


class ServiceRequestsTest(RequestsCases):
    make_mount = mounts.Service

    def test_requests(self) -> None:
        self.check_requests()


class AppRequestsTest(RequestsCases):
    make_mount = mounts.App

    def test_requests(self) -> None:
        self.check_requests()


class FilterRequestsTest(RequestsCases):
    make_mount = mounts.Filter

    def test_requests(self) -> None:
        self.check_requests()


@unittest.skipIf(_NO_REMOTE, _NO_REMOTE)
class RemoteServiceRequestsTest(RequestsCases):
    make_mount = mounts.RemoteService

    def test_requests(self) -> None:
        self.check_requests()


@unittest.skipIf(_NO_REMOTE, _NO_REMOTE)
class RemoteFilterRequestsTest(RequestsCases):
    make_mount = mounts.RemoteFilter

    def test_requests(self) -> None:
        self.check_requests()

    def _is_ours(self, request: dict[str, Any]) -> bool:
        quoted = request['path'].partition('?')[0]
        path = urlparse.unquote(quoted, encoding='latin-1')
        below = re.fullmatch(r'/+v2(?:\.1)?(/.*)', path, re.DOTALL)
        # uWSGI resolves dots, and what is left is another path.
        if below is None or '/.' in path:
            return False
        route = routes.Table(routes.KEYPAIRS).match(
            {'PATH_INFO': below[1], 'REQUEST_METHOD': request['method']}
        )
        return route is not None and route.operation is not None
