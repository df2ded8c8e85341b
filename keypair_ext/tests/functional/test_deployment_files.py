# SPDX-License-Identifier: Apache-2.0

"""Files for what does not run here: systemd, Kubernetes, a container engine.

Units are held against systemd's own analysis where that is installed, the two
of Kubernetes against the published schemas, and the Containerfile against
hadolint where that is; what it starts is started on a root that is read only.
"""

import copy
import json
import re
import shlex
import shutil
import subprocess
import sys
import unittest
from pathlib import Path
from typing import Any

import fixtures as library
import jsonschema
import yaml

from keypair_ext.tests import base
from keypair_ext.tests.base import completed
from keypair_ext.tests.functional import fixtures, front_cases, service_cases
from keypair_ext.tests.functional.servers import (
    process,
    rest,
    shipped,
)

_UNITS = ('keypair-ext.service', 'keypair-ext-listener.service')
# Of ten. The rest is what a server of the network needs.
_EXPOSURE = 1.5
# What a container has: a root that is read, memory, and what is mounted.
_READ_ONLY = """\
set -e
mount --rbind / "$1/root"
mount --options remount,bind,ro "$1/root"
mount --bind "$1" "$1/root$1"
mount --types tmpfs tmpfs "$1/root/dev/shm"
if touch "$1/root/keypair_ext" 2>/dev/null; then exit 1; fi
cd "$1/root"
shift
exec chroot . "$@"
"""
_NAMESPACES = ('unshare', '--user', '--map-root-user', '--mount')
_HADOLINT = shutil.which('hadolint', path=str(Path(sys.executable).parent))


@unittest.skipUnless(
    process.find_program('systemd-analyze'), 'systemd is not installed'
)
class UnitTest(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.home = Path(self.useFixture(library.TempDir()).path)

    def unit(self, name: str) -> Path:
        """Return a copy of a unit whose program is there."""
        text = (shipped.DIRECTORY / name).read_text()
        program, *_ = shipped.command(shipped.DIRECTORY / name)
        copied = self.home / Path(program).name
        copied.touch(0o755)
        path = self.home / name
        path.write_text(text.replace(program, str(copied)))
        return path

    def test_systemd_understands_them(self) -> None:
        for name in _UNITS:
            self.assertEqual('', self._analyze('verify', self.unit(name)))

    def test_a_mistake_is_found(self) -> None:
        path = self.unit(_UNITS[0])
        path.write_text(path.read_text().replace('UMask=', 'Umask='))
        self.assertIn("'Umask'", self._analyze('verify', path))

    def test_what_is_exposed(self) -> None:
        for name in _UNITS:
            said = self._analyze(
                'security', '--offline=true', '--no-pager', self.unit(name)
            )
            (level,) = re.findall(r'exposure level for .*: ([0-9.]+)', said)
            self.assertLessEqual(float(level), _EXPOSURE, said)

    def _analyze(self, *arguments: str | Path) -> str:
        """Return what is said, of which a status says less."""
        done = completed(
            ['systemd-analyze', *arguments], stderr=subprocess.STDOUT
        )
        return done.stdout


class KubernetesTest(base.TestCase):
    """The Ingress and the route of a Gateway."""

    ingress = yaml.safe_load(shipped.INGRESS_NOVA.read_text())
    route = yaml.safe_load(shipped.HTTPROUTE_NOVA.read_text())

    def check(self, document: Any) -> None:
        """Hold a document against the schema of its kind."""
        schemas = yaml.safe_load(shipped.KUBERNETES_SCHEMAS.read_text())
        kind = f'{document["apiVersion"]} {document["kind"]}'
        jsonschema.validate(document, schemas[kind])

    def test_schemas(self) -> None:
        self.check(self.ingress)
        self.check(self.route)

    def test_mistakes_are_found(self) -> None:
        for document, old, new in (
            (self.ingress, '"number"', '"port"'),
            (self.ingress, '"Prefix"', '"PathPrefix"'),
            (self.ingress, '"pathType"', '"type"'),
            (self.route, '"PathPrefix"', '"Prefix"'),
            (self.route, '"/v2/os-keypairs"', '"v2/os-keypairs"'),
            (self.route, '"backendRefs"', '"backends"'),
        ):
            text = json.dumps(copy.deepcopy(document))
            self.assertIn(old, text)
            self.assertRaises(
                jsonschema.ValidationError,
                self.check,
                json.loads(text.replace(old, new)),
            )

    def test_who_answers_behind_an_ingress(self) -> None:
        rules = [
            (path['pathType'], path['path'], path['backend']['service'])
            for rule in self.ingress['spec']['rules']
            for path in rule['http']['paths']
        ]
        for target, name in _targets():
            # With a project it is Nova.
            if name == 'keypairs' and front_cases.PROJECT in target:
                name = 'nova'
            self.assertEqual(name, _answers(rules, target), target)

    def test_who_answers_behind_a_gateway(self) -> None:
        rules = [
            (match['path']['type'], match['path']['value'], backend)
            for rule in self.route['spec']['rules']
            for match in rule['matches']
            for backend in rule['backendRefs']
        ]
        for target, name in _targets():
            self.assertEqual(name, _answers(rules, target), target)


def _targets() -> list[tuple[str, str]]:
    """Return targets in their simplest form, and who is to answer."""
    return [
        (target, name)
        for name, targets in (
            ('keypairs', front_cases.TO_KEYPAIRS),
            ('nova', front_cases.TO_NOVA),
        )
        for target in targets
        if not re.search('//|%6f|%2D|%2E', target)
    ]


def _answers(rules: list[tuple[str, str, dict[str, Any]]], target: str) -> str:
    """Say who answers by Kubernetes' rules: the longest of those that fit."""
    path = target.partition('?')[0]
    fitting = [
        (len(value), backend['name'])
        for kind, value, backend in rules
        if (
            re.search(value, path)
            if kind == 'RegularExpression'
            else f'{path}/'.startswith(f'{value.rstrip("/")}/')
        )
    ]
    name = max(fitting)[1]
    return {'keypair-ext': 'keypairs', 'nova-api': 'nova'}[name]


def _may_mount() -> bool:
    program = process.find_program('unshare')
    return (
        program is not None
        and not subprocess.run(
            [*_NAMESPACES, 'mount', '--types', 'tmpfs', 'tmpfs', '/tmp'],
            check=False,
            stderr=subprocess.DEVNULL,
        ).returncode
    )


class ContainerTest(base.TestCase):
    @unittest.skipUnless(_HADOLINT, 'hadolint is not installed')
    def test_hadolint(self) -> None:
        said = process.run(
            [str(_HADOLINT), shipped.CONTAINERFILE],
            env=process.clean_environment(Path('/')),
        )
        self.assertEqual('', said)

    def test_whose_processes_they_are(self) -> None:
        (user,) = re.findall(
            r'^USER (\d+):\d+$', shipped.CONTAINERFILE.read_text(), re.M
        )
        self.assertNotEqual(0, int(user))

    def described(self) -> tuple[list[str], dict[str, str]]:
        """Return the command and the variables, with our own paths."""
        text = shipped.CONTAINERFILE.read_text().replace('\\\n', '')
        (argv,) = re.findall('^CMD (.*)$', text, re.M)
        (variables,) = re.findall('^ENV (.*)$', text, re.M)
        program, *arguments = json.loads(argv)
        self.assertEqual('/opt/keypair_ext/bin/gunicorn', program)
        return (
            [
                *(sys.executable, '-m', 'gunicorn'),
                *(
                    argument.replace(
                        '/opt/keypair_ext/etc', str(fixtures.ROOT / 'etc')
                    )
                    for argument in arguments
                ),
            ],
            dict(part.split('=', 1) for part in shlex.split(variables)),
        )

    @unittest.skipUnless(_may_mount(), 'nothing can be mounted here')
    def test_a_root_that_is_only_read(self) -> None:
        home = self.useFixture(process.Directory('container')).path
        service_cases.prepare(home, {})
        (home / 'root').mkdir()
        argv, variables = self.described()
        port = process.free_port()
        self.assertEqual('0.0.0.0:8774', variables['KEYPAIR_EXT_LISTEN'])
        variables.update(shipped.variables(port, 2))
        url = f'http://{process.LOOPBACK}:{port}'
        daemon = self.useFixture(
            process.Process(
                [*_NAMESPACES, 'sh', '-c', _READ_ONLY, 'sh', home, *argv],
                log=home / 'log',
                port=port,
                ready=lambda: process.answers_http(url),
                env={
                    'PATH': '/usr/sbin:/usr/bin:/sbin:/bin',
                    'OS_KEYPAIR_EXT_CONFIG_DIR': str(home),
                    **variables,
                },
            )
        )
        rest.call('GET', f'{url}/healthcheck').expect(200)
        made = rest.call(
            'POST',
            f'{url}/v2.1/os-keypairs',
            {'keypair': {'name': 'mine'}},
            {'X-Auth-Token': fixtures.TOKEN},
        )
        made.expect(200)
        daemon.stop()
        self.assertNotIn('Traceback', daemon.log)
