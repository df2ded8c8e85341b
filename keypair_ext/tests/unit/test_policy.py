# SPDX-License-Identifier: Apache-2.0

"""Who may do what, and what happens when the operator's files change."""

import contextlib
import importlib
import itertools
import pathlib
import threading
from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock
from wsgiref import simple_server

import fixtures
from oslo_config import cfg
from oslo_context import context as oslo_context
from oslo_policy import _checks as oslo_checks, policy as oslo_policy

from keypair_ext import conf, exception, policy
from keypair_ext.tests import base

OTHERS = '"os_compute_api:os-keypairs:index": "@"\n'
NOBODY = '"os_compute_api:os-keypairs:index": "!"\n'


class Enforcer(policy.Enforcer):
    """Looks for new files at each decision, and remembers little."""

    _SEARCH_INTERVAL = 0.0
    _MOST_REMEMBERED = 3


class NovaContext(oslo_context.RequestContext):
    """A context as Nova makes it: it has decided who is administrator."""

    def to_policy_values(self) -> Any:
        values = super().to_policy_values()
        values['is_admin'] = self.is_admin
        return values


class Subclass(oslo_context.RequestContext):
    """A context whose policy values could be others."""


def context(
    *roles: str,
    user_id: str = 'u',
    project_id: str | None = 'p',
    kind: type[oslo_context.RequestContext] = oslo_context.RequestContext,
    **more: Any,
) -> oslo_context.RequestContext:
    more.setdefault('is_admin', None)
    return kind(
        user_id=user_id,
        project_id=project_id,
        roles=list(roles),
        overwrite=False,
        **more,
    )


class PolicyTestCase(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.log = self.useFixture(fixtures.FakeLogger())
        self.directory = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        self.file = self.directory / 'policy.yaml'
        (self.directory / 'policy.d').mkdir()

    def configuration(self, **options: object) -> cfg.ConfigOpts:
        lines = [
            '[oslo_policy]',
            f'policy_file = {self.file}',
            f'policy_dirs = {self.directory}/policy.d',
            *(f'{name} = {value}' for name, value in options.items()),
        ]
        path = self.directory / 'keypair_ext.conf'
        path.write_text('\n'.join(lines))
        return conf.parse([str(path)])

    def enforcer(self, **options: object) -> policy.Enforcer:
        return Enforcer(self.configuration(**options))

    def allowed(
        self,
        enforcer: policy.Enforcer,
        caller: oslo_context.RequestContext,
        user_id: str = 'u',
        rule: str = policy.INDEX,
    ) -> bool:
        try:
            enforcer.authorize(caller, rule, user_id)
        except exception.PolicyNotAuthorized as error:
            self.assertIn(rule, str(error))
            return False
        return True


class DecisionsTest(PolicyTestCase):
    def test_key_pairs(self) -> None:
        enforcer = self.enforcer()
        for rule in (
            policy.INDEX,
            policy.SHOW,
            policy.CREATE,
            policy.DELETE,
        ):
            for roles, own, others in (
                (('member', 'reader'), True, False),
                (('reader',), True, False),
                ((), True, False),
                (('manager',), True, False),
                (('admin',), True, True),
                (('Admin',), True, True),
                (('reader', 'admin'), True, True),
            ):
                with self.subTest(rule=rule, roles=roles):
                    caller = context(*roles)
                    self.assertEqual(
                        (own, others),
                        (
                            self.allowed(enforcer, caller, 'u', rule),
                            self.allowed(enforcer, caller, 'x', rule),
                        ),
                    )

    def test_neighbours(self) -> None:
        enforcer = self.enforcer()
        for rule, roles, project_id, expected in (
            (policy.LIMITS, (), 'p', True),
            (policy.EXTENSIONS, (), 'p', True),
            (policy.LIMITS_OTHER_PROJECT, ('member',), 'p', False),
            (policy.LIMITS_OTHER_PROJECT, ('admin',), 'x', True),
            (policy.QUOTA_SHOW, ('reader',), 'p', True),
            (policy.QUOTA_SHOW, ('reader',), 'x', False),
            (policy.QUOTA_SHOW, ('member',), 'p', False),
            (policy.QUOTA_SHOW, ('admin',), 'x', True),
        ):
            with self.subTest(rule=rule, roles=roles):
                target: policy.Target = {'project_id': project_id}
                try:
                    enforcer.check(context(*roles), rule, target)
                    decided = True
                except exception.PolicyNotAuthorized:
                    decided = False
                self.assertEqual(expected, decided)

    def test_scope(self) -> None:
        enforcer = self.enforcer()
        scopes: tuple[dict[str, Any], ...] = (
            {'system_scope': 'all'},
            {'domain_id': 'd'},
        )
        for scope in scopes:
            with self.subTest(scope=scope):
                caller = context('admin', project_id=None, **scope)
                self.assertFalse(self.allowed(enforcer, caller))

    def test_scope_not_enforced(self) -> None:
        configuration = self.configuration(enforce_scope=False)
        enforcer = Enforcer(configuration)
        if 'enforce_scope' not in configuration.oslo_policy:
            self.skipTest('this oslo.policy always enforces the scope')
        caller = context('admin', project_id=None, system_scope='all')
        self.assertTrue(self.allowed(enforcer, caller, 'x'))

    def test_new_defaults(self) -> None:
        for enforced in (True, False):
            with self.subTest(enforce_new_defaults=enforced):
                enforcer = self.enforcer(enforce_new_defaults=enforced)
                # The deprecated rule asks for the project alone.
                try:
                    enforcer.check(
                        context('member'),
                        policy.QUOTA_SHOW,
                        {'project_id': 'p'},
                    )
                    decided = True
                except exception.PolicyNotAuthorized:
                    decided = False
                self.assertEqual(not enforced, decided)

    def test_remembered_decisions_are_right(self) -> None:
        enforcer = self.enforcer()
        callers = [
            (context('member'), False),
            (context('admin'), True),
            (context('member', user_id='x'), True),
            (context('admin', project_id=None, system_scope='all'), False),
            (context('member', project_id='q'), False),
        ]
        for _ in range(3):
            for caller, expected in callers:
                self.assertEqual(expected, self.allowed(enforcer, caller, 'x'))
        self.assertLessEqual(len(enforcer._memory.decisions), 3)


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
            remembering = policy.Enforcer(self.configuration())
            forgetful = policy.Enforcer(self.configuration())
            seen = set()
            for caller in self._callers():
                for user_id in ('u', 'v', 'x'):
                    forgetful._load()
                    expected = self.allowed(forgetful, caller, user_id)
                    found = self.allowed(remembering, caller, user_id)
                    self.assertEqual(expected, found, check)
                    seen.add(found)
            self.assertEqual({True, False}, seen, check)

    def _asked(self, enforcer: policy.Enforcer, users: int) -> int:
        with mock.patch.object(
            enforcer, '_ask', side_effect=enforcer._ask
        ) as ask:
            for number in range(users):
                for user_id in (f'user{number}', 'x'):
                    caller = context(user_id=f'user{number}')
                    self.allowed(enforcer, caller, user_id)
        return ask.call_count

    def test_every_value_of_a_context_counts(self) -> None:
        check = 'user_id:u and project_id:p'
        self.file.write_text(
            f'"os_compute_api:os-keypairs:index": "{check}"\n'
        )
        memory = policy.Enforcer(self.configuration())._memory
        for kind in (oslo_context.RequestContext, Subclass):
            caller = context(kind=kind)
            keys = {memory.key(caller, policy.INDEX, {})}
            names = list(caller.to_policy_values())
            for name in names:
                caller = context(kind=kind)
                setattr(caller, name, [name] if 'roles' in name else name)
                self.assertIn(name, caller.to_policy_values()[name])
                keys.add(memory.key(caller, policy.INDEX, {}))
            self.assertNotIn(None, keys)
            self.assertEqual(1 + len(names), len(keys))

    def test_a_value_that_is_not_known_here(self) -> None:
        values = oslo_context.RequestContext.to_policy_values

        def more_values(caller: Any) -> dict[str, Any]:
            return {**values(caller), 'tier': caller.tier}

        self.file.write_text(
            '"os_compute_api:os-keypairs:index": "tier:gold"\n'
        )
        enforcer = policy.Enforcer(self.configuration())
        with mock.patch.object(
            oslo_context.RequestContext, 'to_policy_values', more_values
        ):
            for tier in ('gold', 'silver', 'gold'):
                caller: Any = context()
                caller.tier = tier
                self.assertEqual(
                    tier == 'gold', self.allowed(enforcer, caller)
                )

    def test_once_for_all_users(self) -> None:
        enforcer = policy.Enforcer(self.configuration())
        self.assertEqual(2, self._asked(enforcer, 5))

    def test_for_each_user_where_a_rule_names_one(self) -> None:
        self.file.write_text(
            '"os_compute_api:os-keypairs:index": "not user_id:bob"\n'
        )
        enforcer = policy.Enforcer(self.configuration())
        self.assertEqual(10, self._asked(enforcer, 5))

    def test_of_other_rules_nothing(self) -> None:
        # oslo.policy finds this file at once; we look once in a second.
        enforcer = policy.Enforcer(self.configuration())
        self.assertTrue(self.allowed(enforcer, context()))
        self.file.write_text(NOBODY)
        self.assertFalse(self.allowed(enforcer, context('reader')))
        self.assertFalse(self.allowed(enforcer, context()))


class AdministratorsTest(PolicyTestCase):
    by_is_admin = '"os_compute_api:os-keypairs:index": "is_admin:True"\n'

    def test_by_role(self) -> None:
        self.file.write_text(self.by_is_admin)
        enforcer = self.enforcer()

        self.assertTrue(self.allowed(enforcer, context('admin'), 'x'))
        self.assertFalse(self.allowed(enforcer, context('member'), 'u'))

    def test_by_another_rule(self) -> None:
        self.file.write_text(
            f'{self.by_is_admin}"context_is_admin": "user_id:boss"\n'
        )
        enforcer = self.enforcer()

        self.assertTrue(self.allowed(enforcer, context(user_id='boss'), 'x'))
        self.assertFalse(self.allowed(enforcer, context('admin'), 'x'))

    def test_base_rules_of_an_operators_file(self) -> None:
        for rule, roles, expected in (
            ('rule:admin_api', ('admin',), True),
            ('rule:admin_api', ('member',), False),
            ('rule:project_reader_or_admin', ('admin',), True),
            ('rule:project_member_or_admin', ('admin',), True),
            ('rule:project_manager_or_admin', ('manager',), False),
            ('rule:service_api', ('service',), True),
        ):
            with self.subTest(rule=rule, roles=roles):
                self.file.write_text(
                    f'"os_compute_api:os-keypairs:index": "{rule}"\n'
                )
                self.assertEqual(
                    expected,
                    self.allowed(self.enforcer(), context(*roles), 'x'),
                )

    def test_nova_has_decided(self) -> None:
        self.file.write_text(self.by_is_admin)
        enforcer = self.enforcer()
        for is_admin in (True, False):
            for roles in (('admin',), ('member',)):
                with self.subTest(is_admin=is_admin, roles=roles):
                    caller = context(
                        *roles, kind=NovaContext, is_admin=is_admin
                    )
                    self.assertEqual(
                        is_admin, self.allowed(enforcer, caller, 'x')
                    )

    def test_settled(self) -> None:
        enforcer = self.enforcer()
        for roles, expected in ((('admin',), True), (('member',), False)):
            with self.subTest(roles=roles):
                caller = context(*roles)
                enforcer.settle_admin(caller)
                self.assertIs(expected, caller.is_admin)

    def test_settled_already(self) -> None:
        caller = context('admin', is_admin=False)
        self.enforcer().settle_admin(caller)
        self.assertIs(False, caller.is_admin)


class FilesTest(PolicyTestCase):
    def test_none(self) -> None:
        self.assertFalse(self.allowed(self.enforcer(), context(), 'x'))

    def test_at_load(self) -> None:
        self.file.write_text(OTHERS)
        self.assertTrue(self.allowed(self.enforcer(), context(), 'x'))

    def test_changes(self) -> None:
        enforcer = self.enforcer()
        steps: tuple[tuple[Callable[[], object], bool, bool], ...] = (
            (lambda: self.file.write_text(OTHERS), True, True),
            (lambda: self.file.write_text(NOBODY), False, False),
            (lambda: self.file.write_text(''), True, False),
            (lambda: self.file.write_text(f'{NOBODY} '), False, False),
            (self.file.unlink, True, False),
        )
        for change, own, others in steps:
            change()
            for _ in range(2):
                self.assertEqual(
                    (own, others),
                    (
                        self.allowed(enforcer, context(), 'u'),
                        self.allowed(enforcer, context(), 'x'),
                    ),
                )

    def test_replaced(self) -> None:
        # As configuration management does it: same size, same second.
        self.file.write_text(OTHERS)
        enforcer = self.enforcer()
        self.assertTrue(self.allowed(enforcer, context(), 'x'))

        new = self.directory / 'new'
        new.write_text(NOBODY)
        new.rename(self.file)

        self.assertFalse(self.allowed(enforcer, context(), 'x'))

    def test_directories(self) -> None:
        enforcer = self.enforcer()
        part = self.directory / 'policy.d' / 'part.yaml'

        part.write_text(OTHERS)
        self.assertTrue(self.allowed(enforcer, context(), 'x'))
        part.write_text(NOBODY)
        self.assertFalse(self.allowed(enforcer, context(), 'u'))
        part.unlink()
        self.assertTrue(self.allowed(enforcer, context(), 'u'))

    def test_files_that_are_there_are_looked_at_each_time(self) -> None:
        self.file.write_text(OTHERS)
        # This one looks for new files once in a while only.
        enforcer = policy.Enforcer(self.configuration())
        self.assertTrue(self.allowed(enforcer, context(), 'x'))

        self.file.write_text(NOBODY)

        self.assertFalse(self.allowed(enforcer, context(), 'x'))


class BrokenFilesTest(PolicyTestCase):
    contents = (
        '"a": "role:b',
        '[]: {',
        'just a text',
        '- a\n- list\n',
        '5',
        '"os_compute_api:os-keypairs:index": 5\n',
    )

    def test_at_load(self) -> None:
        for content in self.contents:
            with self.subTest(content=content):
                self.file.write_text(content)
                error = self.assertRaises(
                    exception.ConfigurationError, self.enforcer
                )
                self.assertIn(str(self.file), str(error))
                self.assertNotIn('\n', str(error))

    def test_later(self) -> None:
        for content in self.contents:
            with self.subTest(content=content):
                self.file.write_text(OTHERS)
                enforcer = self.enforcer()
                self.file.write_text(content)
                for _ in range(2):
                    self.assertRaises(
                        exception.PolicyUnavailable,
                        self.allowed,
                        enforcer,
                        context('admin'),
                    )
                self.assertIn('All requests are refused', self.log.output)

                self.file.write_text(NOBODY)

                self.assertFalse(self.allowed(enforcer, context('admin')))

    def test_a_new_file_that_is_not_looked_for_yet(self) -> None:
        for content in self.contents:
            with self.subTest(content=content):
                self.file.unlink(missing_ok=True)
                enforcer = policy.Enforcer(self.configuration())
                self.file.write_text(content)
                for _ in range(2):
                    self.assertRaises(
                        exception.PolicyUnavailable,
                        self.allowed,
                        enforcer,
                        context('admin'),
                    )

    def test_in_a_directory(self) -> None:
        enforcer = self.enforcer()
        part = self.directory / 'policy.d' / 'part.yaml'
        part.write_text(self.contents[0])

        self.assertRaises(
            exception.PolicyUnavailable, self.allowed, enforcer, context()
        )
        part.unlink()
        self.assertTrue(self.allowed(enforcer, context()))

    def test_a_rule_that_is_none(self) -> None:
        # oslo.policy refuses what a check string that it cannot read is for.
        for value in ('"no check at all"', '{"a": 1}'):
            with self.subTest(value=value):
                self.file.write_text(f'"{policy.INDEX}": {value}\n')
                enforcer = self.enforcer()

                self.assertFalse(self.allowed(enforcer, context('admin')))
                self.assertTrue(
                    self.allowed(enforcer, context('admin'), rule=policy.SHOW)
                )


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


class ImpureRulesTest(PolicyTestCase):
    """Decisions that hang on more than the request are not remembered."""

    def test_check_of_an_operators_own(self) -> None:
        self.useFixture(
            fixtures.MonkeyPatch(
                'oslo_policy._checks.registered_checks',
                {**oslo_checks.registered_checks, 'counting': Counting},
            )
        )
        self.useFixture(fixtures.MonkeyPatch(f'{__name__}.Counting.asked', 0))
        for check in (
            'counting:x',
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
        with self.server(['True', 'False', 'True']) as (url, asked):
            self.file.write_text(
                f'"os_compute_api:os-keypairs:index": "{url}/%(user_id)s"\n'
            )
            enforcer = self.enforcer()

            decided = [self.allowed(enforcer, context()) for _ in range(3)]

        self.assertEqual([True, False, True], decided)
        self.assertEqual(['/u'] * 3, asked)

    def test_a_rule_that_is_not_there(self) -> None:
        self.file.write_text(
            '"os_compute_api:os-keypairs:index": "rule:not_there"\n'
        )
        enforcer = self.enforcer()
        for _ in range(2):
            self.assertFalse(self.allowed(enforcer, context('admin')))

    @contextlib.contextmanager
    def server(self, answers: list[str]) -> Iterator[tuple[str, list[str]]]:
        asked: list[str] = []
        waiting = iter(answers)

        def answer(
            environ: dict[str, Any], start_response: Any
        ) -> list[bytes]:
            asked.append(environ['PATH_INFO'])
            environ['wsgi.input'].read(int(environ['CONTENT_LENGTH']))
            start_response('200 OK', [])
            return [next(waiting).encode()]

        class Quiet(simple_server.WSGIRequestHandler):
            def log_message(self, *ignored: object) -> None:
                """Say nothing."""

        server = simple_server.make_server(
            '127.0.0.1', 0, answer, handler_class=Quiet
        )
        with server:
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            try:
                yield f'http://127.0.0.1:{server.server_port}', asked
            finally:
                server.shutdown()
                thread.join()


class RulesTest(base.TestCase):
    def test_names_are_unique(self) -> None:
        names = [rule.name for rule in policy.list_rules()]
        self.assertEqual(sorted(set(names)), sorted(names))

    def test_as_in_nova(self) -> None:
        try:
            policies: Any = importlib.import_module('nova.policies')
        except ImportError:
            self.skipTest('Nova is not installed beside keypair_ext')
        theirs = {rule.name: rule for rule in policies.list_rules()}
        for rule in policy.list_rules():
            with self.subTest(rule=rule.name):
                other = theirs[rule.name]
                self.assertEqual(other.check_str, rule.check_str)
                self.assertEqual(other.scope_types, rule.scope_types)
                self.assertEqual(
                    replaced(other.deprecated_rule),
                    replaced(rule.deprecated_rule),
                )


def replaced(old: oslo_policy.DeprecatedRule | None) -> object:
    """Return what of a deprecated rule decides."""
    return old and (old.name, old.check_str)
