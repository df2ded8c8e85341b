# SPDX-License-Identifier: Apache-2.0

"""Loops over the truth: what is declared once, held against all the rest.

Rules against routes, versions against contracts, options, rules and schemas
against their documentation, samples against the service.
"""

import importlib.metadata
import json
import pathlib
import re
import sys
import sysconfig
from collections.abc import Iterator
from typing import Any

import yaml
from microversion_parse import Version
from oslo_policy import policy as oslo_policy

import keypair_ext
from keypair_ext import conf, profiles
from keypair_ext.api import contract, microversions, routes
from keypair_ext.policy import rules
from keypair_ext.tests import base as tests_base
from keypair_ext.tests.base import completed
from keypair_ext.tests.functional import base, fixtures
from keypair_ext.tests.versions import NEWEST, OLDEST

SYSTEM = {'OpenStack-System-Scope': 'all'}

API_REF = fixtures.ROOT / 'api-ref' / 'source'
SAMPLES = fixtures.ROOT / 'doc' / 'api_samples' / 'os-keypairs'


def contracts() -> contract.Contracts:
    """Return the contracts of a mount of upstream."""
    return contract.Contracts(
        profiles.load(profiles.DEFAULT), microversions.MAX_VERSION
    )


def each_contract() -> Iterator[tuple[Version, contract.Contract]]:
    """Yield every version with its contract, in order."""
    mount = contracts()
    for minor in range(1, microversions.MAX_VERSION.minor + 1):
        version = Version(2, minor)
        yield (
            version,
            mount.choose({'HTTP_OPENSTACK_API_VERSION': f'compute {version}'}),
        )


def documented_rules() -> list[oslo_policy.DocumentedRuleDefault]:
    return [
        rule
        for rule in rules.list_rules()
        if isinstance(rule, oslo_policy.DocumentedRuleDefault)
    ]


def programs() -> list[tuple[str, str]]:
    """Return each program of ours with the module that it is in."""
    return sorted(
        (point.name, point.load().args[0])
        for point in importlib.metadata.distribution(
            'keypair-ext'
        ).entry_points
        if point.group == 'console_scripts'
    )


def run(program: str, *arguments: str) -> str:
    """Return what an installed command prints."""
    path = pathlib.Path(sysconfig.get_path('scripts'), program)
    return completed([sys.executable, path, *arguments], check=True).stdout


class UnprivilegedCallers(base.TestCase):
    """Every operation of every rule refuses those whom it should refuse."""

    def operations(self) -> Iterator[tuple[str, str, str]]:
        """Yield (rule, method, path) with real things for the variables."""
        for rule in documented_rules():
            for operation in rule.operations:
                path = operation['path'].format(
                    keypair_name='a', tenant_id='bbbb', alias='os-keypairs'
                )
                method = operation['method']
                assert isinstance(method, str)
                yield rule.name, method, path

    def ask(
        self, method: str, path: str, *, query: str = '', **more: Any
    ) -> int:
        body: object = None
        if method == 'POST':
            keypair = {'name': 'b', 'public_key': fixtures.KEY}
            if query:
                keypair['user_id'] = query.partition('=')[2]
            body, query = {'keypair': keypair}, ''
        response = self.service.ask(
            method, f'/v2.1{path}{query}', version='2.92', body=body, **more
        )
        return response.status_int

    def test_nobody(self) -> None:
        for rule, method, path in self.operations():
            with self.subTest(rule=rule, path=path):
                self.assertEqual(401, self.ask(method, path, token=None))

    def test_token_of_another_scope(self) -> None:
        for rule, method, path in self.operations():
            with self.subTest(rule=rule, path=path):
                status = self.ask(
                    method, path, token='root::admin', headers=SYSTEM
                )
                self.assertEqual(403, status)

    def test_for_another_user(self) -> None:
        for user in ('amelia', 'bruno'):
            token = f'{user}:aaaa:member'
            self.assertEqual(
                201, self.service.create('a', token=token).status_int
            )
        own, others = '?user_id=amelia', '?user_id=bruno'
        for rule, method, path in self.operations():
            if ':os-keypairs:' not in rule:
                continue
            for role in ('member', 'reader', 'manager', 'service', ''):
                with self.subTest(rule=rule, role=role):
                    token = f'amelia:aaaa:{role}'
                    self.assertEqual(
                        403,
                        self.ask(method, path, query=others, token=token),
                    )
            with self.subTest(rule=rule):
                status = self.ask(method, path, query=own)
                self.assertNotIn(status, (401, 403))
        self.assertEqual(['a'], self.service.names('bruno'))

    def test_for_another_project(self) -> None:
        for path in ('/os-quota-sets/bbbb', '/limits?tenant_id=bbbb'):
            with self.subTest(path=path):
                self.assertEqual(403, self.ask('GET', path))

    def test_no_route_without_rule(self) -> None:
        ruled = {
            (operation['method'], operation['path'])
            for rule in documented_rules()
            for operation in rule.operations
        }
        routed = {
            (method, path)
            for path, operations in routes.SERVICE
            for method in operations
            # Whoever has a token may read these, in Nova, too.
            if path not in ('/', '/versions/{name}')
        }
        self.assertEqual(
            routed,
            {
                (method, re.sub('{.*}', '{name}', str(path)))
                for method, path in ruled
            },
        )


class Documentation(tests_base.TestCase):
    """What an operator or a caller can say is written down."""

    def test_options_have_help(self) -> None:
        for group, options in conf.list_opts():
            for option in options:
                with self.subTest(option=f'[{group}] {option.name}'):
                    self.assertTrue((option.help or '').strip())

    def test_samples_are_those_of_the_generators(self) -> None:
        for name, program, *more in (
            ('keypair_ext.conf', 'oslo-config-generator', '--wrap-width=79'),
            ('policy.yaml', 'oslopolicy-sample-generator'),
        ):
            path = fixtures.ROOT / 'etc' / 'keypair_ext' / f'{name}.sample'
            written = run(program, '--namespace', 'keypair_ext', *more)
            with self.subTest(
                sample=name, remedy='tox -e genconfig,genpolicy'
            ):
                # Releases of the generators differ in blanks.
                self.assertEqual(written.split(), path.read_text().split())

    def test_rules_are_described(self) -> None:
        for rule in rules.list_rules():
            with self.subTest(rule=rule.name):
                self.assertTrue(str(rule.description).endswith('.'))
        for rule in documented_rules():
            with self.subTest(rule=rule.name):
                self.assertEqual(['project'], rule.scope_types)
                for operation in rule.operations:
                    self.assertRegex(str(operation['method']), r'^[A-Z]+$')
                    self.assertRegex(operation['path'], r'^/[a-z]')

    def test_policy_checker(self) -> None:
        policy_file = self.file('policy.yaml', '')
        run(
            'oslopolicy-policy-generator',
            '--namespace',
            'keypair_ext',
            '--output-file',
            policy_file,
        )
        token = {
            'user': {'id': 'u', 'domain': {'id': 'd'}},
            'project': {'id': 'p', 'domain': {'id': 'd'}},
            'roles': [{'name': 'member'}],
        }
        access = self.file('access.json', json.dumps({'token': token}))

        told = run(
            'oslopolicy-checker', '--policy', policy_file, '--access', access
        )

        self.assertEqual(
            {
                rules.LIMITS_OTHER_PROJECT: 'failed',
                rules.QUOTA_SHOW: 'failed',
                rules.QUOTA_DETAIL: 'failed',
            },
            {
                name: 'failed'
                for line in told.splitlines()
                for verdict, _, name in [line.partition(': ')]
                if verdict == 'failed'
            },
        )
        self.assertIn(f'passed: {rules.INDEX}', told)

    def test_fields_are_in_the_reference(self) -> None:
        reference = (API_REF / 'os-keypairs.inc').read_text()
        named = set(re.findall(r'^  - (\w+): \w+$', reference, re.MULTILINE))
        for version, found in each_contract():
            keypair = found.create_body.schema['properties']['keypair']
            for schema in (
                keypair,
                found.list_query.schema,
                found.item_query.schema,
            ):
                with self.subTest(version=version):
                    self.assertEqual(set(), set(schema['properties']) - named)

    def test_fields_of_answers_are_in_the_reference(self) -> None:
        reference = (API_REF / 'os-keypairs.inc').read_text()
        named = set(re.findall(r'^  - (\w+): \w+$', reference, re.MULTILINE))
        for path in SAMPLES.rglob('*-resp.json'):
            document = json.loads(path.read_text())
            rows = document.get('keypairs', [document])
            with self.subTest(sample=path.name):
                for fields in (document, *(row['keypair'] for row in rows)):
                    self.assertEqual(set(), set(fields) - named)

    def test_parameters_of_the_reference_are_described(self) -> None:
        parameters = yaml.safe_load((API_REF / 'parameters.yaml').read_text())
        reference = (API_REF / 'os-keypairs.inc').read_text()
        for name in re.findall(r'^  - \w+: (\w+)$', reference, re.MULTILINE):
            with self.subTest(parameter=name):
                self.assertTrue(parameters[name]['description'].strip())

    def test_samples_are_in_the_reference(self) -> None:
        reference = (API_REF / 'os-keypairs.inc').read_text()
        for path in SAMPLES.rglob('*.json'):
            with self.subTest(sample=path.name):
                name = path.relative_to(fixtures.ROOT).as_posix()
                self.assertIn(f'literalinclude:: ../../{name}', reference)

    def test_versions_are_in_the_reference(self) -> None:
        parameters = yaml.safe_load((API_REF / 'parameters.yaml').read_text())
        told = {
            str(bound)
            for parameter in parameters.values()
            for key in ('min_version', 'max_version')
            for bound in [parameter.get(key)]
            if bound
        }
        known = {str(version) for version, _ in each_contract()}
        self.assertEqual(set(), told - known)

    def test_programs_say_their_release(self) -> None:
        for name, _ in programs():
            with self.subTest(program=name):
                self.assertEqual(
                    f'{name} {keypair_ext.release()}\n', run(name, '--version')
                )

    def test_programs_are_in_the_reference(self) -> None:
        page = fixtures.ROOT / 'doc/source/reference/commands.rst'
        told = re.findall(
            r'^(.+)\n=+\n\n\.\. command:: ([\w.]+):',
            page.read_text(),
            re.MULTILINE,
        )
        self.assertEqual(programs(), sorted(told))

    def test_tests_that_catch_something_are_there(self) -> None:
        page = fixtures.ROOT / 'doc/source/contributor/testing.rst'
        named = re.findall(r'``(\S+)``,\n +``(.+)``', page.read_text())
        self.assertGreater(len(named), 9)
        for path, name in named:
            with self.subTest(name=name):
                self.assertRegex(
                    (fixtures.ROOT / 'keypair_ext/tests' / path).read_text(),
                    rf'(?m)^( +def {name}\(|- name: {name}$)',
                )

    def test_the_newest_is_named(self) -> None:
        readme = ' '.join((fixtures.ROOT / 'README.rst').read_text().split())
        self.assertIn(f'from {OLDEST} to {NEWEST}', readme)

    def file(self, name: str, text: str) -> str:
        path = self.directory / name
        path.write_text(text)
        return str(path)


class Samples(base.TestCase):
    """The bodies that the API reference shows are sent and answered."""

    user_id = '7f2c1d80a9b04c5e8d3a6b1f0e94c257'
    token = f'{user_id}:aaaa:member,reader'
    host = {'Host': '127.0.0.1:8774'}

    # What cannot be the same twice.
    changing = ('id', 'created_at', 'private_key')

    def test_all(self) -> None:
        answered = {
            'keypairs-post-resp': self.generated,
            'keypairs-import-post-resp': self.imported,
            'keypairs-get-resp': self.shown,
            'keypairs-list-resp': self.listed,
        }
        seen = set()
        for path in sorted(SAMPLES.rglob('*.json')):
            name = path.name.removesuffix('.json')
            seen.add(name)
            if name.endswith('-req'):
                self.assertTrue(
                    path.with_name(f'{name[:-4]}-resp.json').exists()
                )
                continue
            folder = path.parent.name
            version = folder[1:] if path.parent != SAMPLES else '2.1'
            with self.subTest(sample=f'{version} {name}'):
                self.service.clear()
                answered[name](version, path)
        self.assertEqual(set(answered), {n for n in seen if 'resp' in n})

    def read(self, path: pathlib.Path) -> Any:
        return json.loads(path.read_text())

    def send(self, version: str, path: pathlib.Path) -> tuple[Any, Any]:
        """Send the request beside an answer; return (answer, expected)."""
        request = self.read(
            path.with_name(path.name.replace('-resp.', '-req.'))
        )
        named = 'user_id' in request['keypair']
        response = self.service.ask(
            'POST',
            '/v2.1/os-keypairs',
            token=fixtures.ADMIN_TOKEN if named else self.token,
            version=version,
            body=request,
        )
        self.assertEqual(200 if version == '2.1' else 201, response.status_int)
        return response.json, self.read(path)

    def import_(self, version: str, keypair: dict[str, str]) -> None:
        """Put a key pair of an answer into the service."""
        fields = {
            name: keypair[name]
            for name in ('name', 'public_key', 'type')
            if name in keypair
        }
        response = self.service.ask(
            'POST',
            '/v2.1/os-keypairs',
            token=self.token,
            version=version,
            body={'keypair': fields},
        )
        self.assertIn(response.status_int, (200, 201))

    def get(self, version: str, path: str) -> Any:
        response = self.service.ask(
            'GET',
            path,
            token=self.token,
            version=version,
            headers=self.host,
        )
        self.assertEqual(200, response.status_int)
        return response.json

    def imported(self, version: str, path: pathlib.Path) -> None:
        answer, expected = self.send(version, path)
        self.assertEqual(expected, answer)

    def generated(self, version: str, path: pathlib.Path) -> None:
        answer, expected = self.send(version, path)
        made = answer['keypair']
        sample = expected['keypair']
        self.assertEqual(set(sample), set(made))
        for field in set(sample) - {'public_key', 'fingerprint'}:
            if field not in self.changing:
                self.assertEqual(sample[field], made[field])
        for field in ('public_key', 'private_key'):
            for affix in (str.split, reversed_words):
                self.assertEqual(
                    affix(sample[field])[0], affix(made[field])[0]
                )

    def shown(self, version: str, path: pathlib.Path) -> None:
        expected = self.read(path)
        self.import_(version, expected['keypair'])
        answer = self.get(
            version, f'/v2.1/os-keypairs/{expected["keypair"]["name"]}'
        )
        for field in self.changing[:2]:
            self.assertIs(
                type(expected['keypair'].pop(field)),
                type(answer['keypair'].pop(field)),
            )
        self.assertEqual(expected, answer)

    def listed(self, version: str, path: pathlib.Path) -> None:
        expected = self.read(path)
        for row in expected['keypairs']:
            self.import_(version, row['keypair'])
        query = '?limit=1' if 'keypairs_links' in expected else ''
        self.assertEqual(
            expected, self.get(version, f'/v2.1/os-keypairs{query}')
        )


def reversed_words(text: str) -> list[str]:
    return text.split()[::-1]
