# SPDX-License-Identifier: Apache-2.0

"""What was decided is remembered, and only where it may be."""

import contextlib
import itertools
import tracemalloc
from collections.abc import Iterator
from typing import Any
from unittest import mock
from wsgiref.types import StartResponse, WSGIEnvironment

import fixtures
from oslo_context import context as oslo_context
from oslo_policy import policy as oslo_policy

from keypair_ext import exception
from keypair_ext.policy import decisions, rules
from keypair_ext.policy.enforcer import Enforcer
from keypair_ext.tests.functional.servers import process, wsgi_server
from keypair_ext.tests.unit.policy.base import PolicyTestCase, context


class Subclass(oslo_context.RequestContext):
    """A context of another stack: it has more that rules may ask about."""

    tier: Any = None

    def to_policy_values(self) -> Any:
        return {**super().to_policy_values(), 'tier': self.tier}


class MemoryTest(PolicyTestCase):
    """What was decided for one user counts for the next, if it may."""

    checks = (
        'user_id:%(user_id)s',
        'rule:context_is_admin or user_id:%(user_id)s',
        'user_id:u',
        'user_id:u or user_id:%(user_id)s',
        'not user_id:%(user_id)s',
        'project_id:%(user_id)s',
        'project_id:%(project_id)s or user_id:%(user_id)s',
        'project_id:p and user_id:%(user_id)s',
        "'u':%(user_id)s",
        'role:%(user_id)s',
        'service_user_id:%(user_id)s',
    )

    def _callers(self) -> Iterator[oslo_context.RequestContext]:
        for kind, user_id, project_id, role, service in itertools.product(
            (oslo_context.RequestContext, Subclass),
            ('u', 'v', 'w'),
            ('p', 'u', None),
            ('u', 'admin'),
            (None, 'u'),
        ):
            yield context(
                role,
                kind=kind,
                user_id=user_id,
                project_id=project_id,
                service_user_id=service,
            )

    def test_no_other_decisions_than_without(self) -> None:
        for check in self.checks:
            self.file.write_text(
                f'"os_compute_api:os-keypairs:index": "{check}"\n'
            )
            remembering = Enforcer(self.configuration())
            forgetful = Enforcer(self.configuration())
            seen = set()
            for caller in self._callers():
                for user_id in ('u', 'v', 'x'):
                    with mock.patch.object(decisions.Decisions, 'get') as get:
                        get.return_value = None
                        expected = self.allowed(forgetful, caller, user_id)
                    found = self.allowed(remembering, caller, user_id)
                    self.assertEqual(expected, found, check)
                    seen.add(found)
            self.assertEqual({True, False}, seen, check)

    @contextlib.contextmanager
    def asking(self) -> Iterator[mock.Mock]:
        """Have the questions to oslo.policy counted, two for a decision."""
        with mock.patch.object(
            oslo_policy.Enforcer,
            'authorize',
            autospec=True,
            side_effect=oslo_policy.Enforcer.authorize,
        ) as asked:
            yield asked

    def _asked(self, check: str) -> int:
        """Return how many decisions five users need, each for two."""
        self.file.write_text(f'"{rules.INDEX}": "{check}"\n')
        enforcer = Enforcer(self.configuration())
        with self.asking() as asked:
            for number in range(5):
                for user_id in (f'user{number}', 'x'):
                    caller = context(user_id=f'user{number}')
                    self.allowed(enforcer, caller, user_id)
        return asked.call_count // 2

    def test_once_for_all_users(self) -> None:
        self.assertEqual(
            2, self._asked('rule:context_is_admin or user_id:%(user_id)s')
        )

    def test_for_each_user_where_a_rule_names_one(self) -> None:
        self.assertEqual(10, self._asked('not user_id:bob'))

    def test_every_value_of_a_context_counts(self) -> None:
        self.file.write_text(
            f'"{rules.INDEX}": "user_id:u and project_id:p"\n'
        )
        for kind in (oslo_context.RequestContext, Subclass):
            names = list(context(kind=kind).to_policy_values())
            enforcer = Enforcer(self.configuration())
            with self.asking() as asked:
                for _ in range(2):
                    self.allowed(enforcer, context(kind=kind))
                    for name in names:
                        caller = context(kind=kind)
                        setattr(
                            caller, name, [name] if 'roles' in name else name
                        )
                        self.assertIn(name, caller.to_policy_values()[name])
                        self.allowed(enforcer, caller)
            self.assertEqual(2 * (1 + len(names)), asked.call_count)

    def test_a_value_of_another_kind(self) -> None:
        self.file.write_text(f'"{rules.INDEX}": "tier.name:gold"\n')
        enforcer = Enforcer(self.configuration())
        for name in ('gold', 'silver', 'gold'):
            caller: Any = context(kind=Subclass)
            caller.tier = {'name': name, 'of': object()}
            self.assertEqual(name == 'gold', self.allowed(enforcer, caller))

    def test_what_clients_send_does_not_grow_the_process(self) -> None:
        self.file.write_text(
            f'"{rules.INDEX}": "user_id:bob or role:%(user_id)s"\n'
        )
        enforcer = Enforcer(self.configuration())
        self.allowed(enforcer, context())
        tracemalloc.start()
        self.addCleanup(tracemalloc.stop)
        for number in range(40):
            name = f'{number}' * 100_000
            self.allowed(enforcer, context(user_id=name), 'x')
            self.allowed(enforcer, context(name), 'x')
            self.allowed(enforcer, context(*[f'{number}'] * 10_000), 'x')
            self.allowed(enforcer, context(), name)
        self.assertLess(tracemalloc.get_traced_memory()[0], 3_000_000)

    def test_no_more_than_a_number(self) -> None:
        self.file.write_text(f'"{rules.INDEX}": "not user_id:bob"\n')
        enforcer = Enforcer(self.configuration())
        with (
            mock.patch.object(decisions.Decisions, 'NUMBER', 3),
            self.asking() as asked,
        ):
            for user_id in ('a', 'a', 'b', 'c', 'c', 'd', 'a'):
                self.allowed(enforcer, context(user_id=user_id))
        self.assertEqual(5, asked.call_count // 2)


class Counting(oslo_policy.Check):
    """A check of an operator's own, which may change its mind."""

    asked = 0

    def __call__(
        self,
        target: Any,
        creds: Any,
        enforcer: oslo_policy.Enforcer,
        current_rule: str | None = None,
    ) -> bool:
        type(self).asked += 1
        return self.asked % 2 == 1


class Joining(oslo_policy.AndCheck):
    """One that is made as oslo.policy's own ``and`` is."""

    def __init__(self, kind: str, match: str) -> None:
        super().__init__([])
        self._counting = Counting(kind, match)

    def __call__(self, *arguments: Any) -> bool:
        return self._counting(*arguments)


class ImpureRulesTest(PolicyTestCase):
    """Decisions that hang on more than the request are not remembered."""

    def test_check_of_an_operators_own(self) -> None:
        # There is no way to take them out again; nobody else has such kinds.
        kinds: dict[str, Any] = {'counting': Counting, 'joining': Joining}
        for kind, check_class in kinds.items():
            oslo_policy.register(kind, check_class)
        self.useFixture(fixtures.MonkeyPatch(f'{__name__}.Counting.asked', 0))
        for check in (
            'counting:x',
            'joining:x',
            'not counting:x',
            'role:member and counting:x',
            'role:nobody or counting:x',
            '(role:nobody) or (role:member and counting:x)',
            'rule:other',
        ):
            with self.subTest(check=check):
                Counting.asked = 0
                self.file.write_text(
                    f'"os_compute_api:os-keypairs:index": "{check}"\n'
                    '"other": "rule:another"\n'
                    '"another": "counting:x"\n'
                )
                enforcer = self.enforcer()
                decided = [
                    self.allowed(enforcer, context('member')) for _ in range(4)
                ]
                expected = [True, False, True, False]
                if check.startswith('not'):
                    expected = expected[1:] + expected[:1]
                self.assertEqual(expected, decided)

    def test_another_server(self) -> None:
        asked: list[str] = []
        answers = iter([b'True', b'False', b'True'])

        def answer(
            environ: WSGIEnvironment, start_response: StartResponse
        ) -> list[bytes]:
            asked.append(environ['PATH_INFO'])
            environ['wsgi.input'].read(int(environ['CONTENT_LENGTH']))
            start_response('200 OK', [])
            return [next(answers)]

        url = self.useFixture(wsgi_server.Server(answer)).url
        self.file.write_text(f'"{rules.INDEX}": "{url}/%(user_id)s"\n')
        enforcer = self.enforcer()

        decided = [self.allowed(enforcer, context()) for _ in range(3)]

        self.assertEqual([True, False, True], decided)
        self.assertEqual(['/u'] * 3, asked)

    def test_a_server_that_does_not_answer(self) -> None:
        url = f'http://127.0.0.1:{process.free_port()}/'
        self.file.write_text(f'"{rules.INDEX}": "{url}"\n')
        enforcer = self.enforcer()
        self.assertRaises(
            exception.PolicyUnavailable,
            self.allowed,
            enforcer,
            context(user_id='u' * 100_000),
        )
        (line,) = self.log.output.splitlines()
        self.assertIn(f'Rule {rules.INDEX} cannot be decided: ', line)
        self.assertLess(len(line), 1000)
