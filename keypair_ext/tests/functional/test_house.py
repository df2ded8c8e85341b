# SPDX-License-Identifier: Apache-2.0

"""The rooms of the house: who may import whom, read from the imports.

And that every name we give to other packages, an entry point, is there.
"""

import ast
import configparser
import graphlib
import importlib
import importlib.metadata
import importlib.util
import pathlib
import re
import sys
from collections.abc import Iterator
from typing import ClassVar

import keypair_ext
from keypair_ext.tests import base
from keypair_ext.tests.functional import fixtures

PACKAGE = pathlib.Path(keypair_ext.__file__).parent

# Each room, with the rooms that it may use: downwards only.
ROOMS = {
    'exception': '',
    'cache': '',
    'environ': '',
    'nobody': '',
    'files': 'exception',
    'identity_client': 'conf exception files',
    'conf': 'exception',
    'config_files': 'exception files',
    'profiles': 'exception files',
    'policy': 'config_files conf exception files nobody',
    # The spokes know nobody's name but their own, and quota the store's.
    'db': 'exception files',
    'keytypes': 'exception',
    'notifications': 'config_files conf exception files keytypes',
    'quota': 'conf db exception identity_client',
    'middleware': 'api cache conf config_files environ exception files '
    'identity_client nobody profiles',
    'logs': 'conf exception files middleware nobody',
    'keys': 'db exception files keytypes notifications',
    # The hubs.
    'keypairs': 'db exception keytypes notifications profiles quota',
    'api': 'db environ exception keypairs keytypes policy profiles quota',
    # Who builds, and who has things built.
    'deploy': 'api conf config_files db exception files keypairs '
    'keytypes logs middleware notifications policy profiles quota',
    'wsgi': 'api conf db deploy exception',
    'cmd': 'api conf config_files db deploy exception files keys keytypes '
    'logs middleware notifications policy profiles quota',
    # Nobody's: what a mount does not need is not there for it.
    'testbed': 'api cmd conf config_files db deploy environ exception '
    'keytypes middleware',
    'pytest_plugin': 'testbed',
    # Imports what it is asked for.
    'programs': '',
}

# What other rooms see of the store: its class and the records it returns.
STORE = 'keypair_ext.db.store'
NEED_STORE_ONLY = ('quota', 'keypairs', 'api')

# Libraries, and the only rooms that know them.
AT_HOME = {
    'sqlalchemy': {'db'},
    'alembic': {'db'},
    'cryptography': {'keytypes', 'testbed'},
    'webob': {'api', 'middleware', 'testbed'},
    'oslo_limit': {'quota'},
    'oslo_messaging': {'notifications'},
    'fastjsonschema': {'api'},
    'badkeys': {'keytypes'},
    'tqdm': {'cmd'},
    'bcrypt': {'middleware'},
    'fixtures': {'testbed'},
    'pytest': {'pytest_plugin'},
}

LICENCE = '# SPDX-License-Identifier: Apache-2.0\n'

# Packages that load entry points of ours and that we do without.
HOSTS = {'tempest'}


def modules() -> Iterator[tuple[str, pathlib.Path]]:
    """Yield every module of ours that is not a test, by its full name."""
    for path in sorted(PACKAGE.rglob('*.py')):
        parts = path.relative_to(PACKAGE).with_suffix('').parts
        if parts[0] != 'tests':
            name = '.'.join(('keypair_ext', *parts))
            yield name.removesuffix('.__init__'), path


def imports(path: pathlib.Path) -> Iterator[str]:
    """Yield the full name of everything that a module imports."""
    for node in ast.walk(base.parse(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f'{node.module}.{a.name}' for a in node.names)


def room(name: str) -> str:
    """Return the room of a module of ours, '' for the package itself."""
    return f'{name}..'.split('.')[1]


class Rooms(base.TestCase):
    def test_every_room_is_on_the_plan(self) -> None:
        rooms = {room(name) for name, _ in modules()}
        self.assertEqual(set(ROOMS), rooms - {''})

    def test_plan_points_downwards(self) -> None:
        plan = {name: below.split() for name, below in ROOMS.items()}
        # Raises for a circle.
        graphlib.TopologicalSorter(plan).prepare()

    def test_imports_point_downwards(self) -> None:
        for name, path in modules():
            home = room(name)
            allowed = {home, *ROOMS.get(home, '').split(), ''}
            for imported in imports(path):
                if imported.split('.')[0] == 'keypair_ext':
                    with self.subTest(module=name, imports=imported):
                        self.assertIn(room(imported), allowed)

    def test_the_store_is_the_way_to_the_database(self) -> None:
        for name, path in modules():
            if room(name) in NEED_STORE_ONLY:
                for imported in imports(path):
                    if room(imported) == 'db':
                        with self.subTest(module=name):
                            self.assertTrue(imported.startswith(STORE))

    def test_modules_do_not_go_in_circles(self) -> None:
        known = dict(modules())
        graph = {
            name: {
                target
                for imported in imports(path)
                for target in (imported, imported.rpartition('.')[0])
                if target in known and target != name
            }
            for name, path in known.items()
        }
        # A package and its parts are one: the parts come with it.
        for name, targets in graph.items():
            targets -= {t for t in targets if name.startswith(f'{t}.')}
        graphlib.TopologicalSorter(graph).prepare()

    def test_libraries_at_home(self) -> None:
        for name, path in modules():
            for imported in imports(path):
                library = imported.split('.')[0]
                if library in AT_HOME:
                    with self.subTest(module=name, library=library):
                        self.assertIn(room(name), AT_HOME[library])

    def test_first_line_is_the_licence(self) -> None:
        # So that the next one says what the file is for.
        for path in sorted(PACKAGE.rglob('*.py')):
            text = path.read_text()
            with self.subTest(path=path):
                self.assertTrue(not text or text.startswith(LICENCE))

    def test_no_module_imports_the_service(self) -> None:
        for name, path in modules():
            for imported in imports(path):
                with self.subTest(module=name):
                    self.assertNotEqual('keypair_ext.wsgi.api', imported)


class UnitTests(base.TestCase):
    """The tests of a module are where the module is, in the other tree."""

    # The one of a package that is beside ours.
    APART = {'test_benchmarks'}

    def test_they_mirror_the_package(self) -> None:
        known = {name for name, _ in modules()}
        for path in sorted((PACKAGE / 'tests' / 'unit').rglob('test_*.py')):
            *rooms, name = path.relative_to(PACKAGE / 'tests/unit').parts
            home = '.'.join(('keypair_ext', *rooms))
            words = path.stem.removeprefix('test_').split('_')
            # test_contract_profiles.py is of contract.py, too.
            of = {'_'.join(words[:n]) for n in range(1, len(words) + 1)}
            with self.subTest(test=path):
                self.assertIn(home, known)
                self.assertTrue(
                    path.stem in self.APART
                    # test_quota.py is of quota/__init__.py.
                    or of & set(rooms[-1:])
                    or {f'{home}.{word}' for word in of} & known,
                    f'{name} is not named for a module of {home}',
                )


class Ways(base.TestCase):
    # A request of the service: the most calls of ours, and rooms.
    LONGEST: ClassVar = {'show': (65, 8), 'import': (90, 8)}

    def test_requests_go_down_once(self) -> None:
        tool = fixtures.ROOT / 'tools' / 'way_of_a_request.py'
        printed = base.completed(
            [sys.executable, tool, '--mount', 'service'], check=True
        ).stdout
        for request, most in self.LONGEST.items():
            found = re.search(
                rf'{request} +(\d+) calls, \d+ files, (\d+) rooms', printed
            )
            assert found, printed
            for number, limit in zip(found.groups(), most, strict=True):
                self.assertLessEqual(int(number), limit, found.group())


class EntryPoints(base.TestCase):
    """What ``setup.cfg`` declares is there."""

    def declared(self) -> Iterator[tuple[str, str, str]]:
        config = configparser.ConfigParser(delimiters=('=',))
        config.optionxform = str  # type: ignore[method-assign,assignment]
        config.read(fixtures.ROOT / 'setup.cfg')
        for group, lines in config['options.entry_points'].items():
            for line in lines.strip().splitlines():
                name, _, value = line.partition('=')
                yield group, name.strip(), value.strip()

    def test_each_loads(self) -> None:
        for group, name, value in self.declared():
            module, _, attribute = value.partition(':')
            with self.subTest(group=group, name=name):
                if not self.is_installed(group.split('.')[0]):
                    self.assertIn(attribute, self.defined(module))
                    continue
                found = importlib.import_module(module)
                # pytest wants modules.
                if group != 'pytest11':
                    self.assertTrue(callable(getattr(found, attribute)))

    def is_installed(self, host: str) -> bool:
        """Say whether there is who asks for the points of a group.

        tempest, for one, is not needed for anything else.
        """
        return host not in HOSTS or importlib.util.find_spec(host) is not None

    def defined(self, module: str) -> set[str]:
        """Return the names that a module defines, without importing it."""
        path = PACKAGE.parent.joinpath(*module.split('.'))
        tree = base.parse(path.with_suffix('.py'))
        return {
            node.name
            for node in tree.body
            if isinstance(node, ast.ClassDef | ast.FunctionDef)
        }

    def test_nothing_else_is_installed(self) -> None:
        distribution = importlib.metadata.distribution('keypair-ext')
        installed = {
            (point.group, point.name, point.value)
            for point in distribution.entry_points
        }
        self.assertEqual(set(), installed - set(self.declared()))

    def test_fixed_names(self) -> None:
        # Operators' paste files hang on these.
        names = {(group, name) for group, name, _ in self.declared()}
        for name in ('main', 'versions'):
            self.assertIn(('paste.app_factory', name), names)
        for name in (
            'main',
            'keystone_context',
            'http_basic',
            'noauth',
            'request_log',
        ):
            self.assertIn(('paste.filter_factory', name), names)
        self.assertIn(('paste.composite_factory', 'pipeline'), names)
        for name in (
            'keypair-ext-listener',
            'keypair-ext-manage',
            'keypair-ext-status',
            'keypair-ext-testbed',
        ):
            self.assertIn(('console_scripts', name), names)
