# SPDX-License-Identifier: Apache-2.0

"""What becomes of an operator's paste file, byte for byte."""

import contextlib
import random
import re
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from paste.deploy import loadwsgi

from keypair_ext import wsgi
from keypair_ext.cmd import manage
from keypair_ext.cmd.paste import mount, reading
from keypair_ext.tests import base

_DATA = Path(__file__).parents[2] / 'data' / 'nova-api-paste.ini'
_V21 = 'composite:openstack_compute_api_v21'
_LEGACY = f'{_V21}_legacy_v2_compatible'
_APP = 'osapi_compute_app_v21'
_ROUTER = 'nova.api.openstack.compute:APIRouterV21.factory'
_NOVA = _DATA.read_text()

_SMALL = f"""\
[composite:openstack_compute_api_v21]
use = call:nova.api.auth:pipeline_factory_v21
keystone = authtoken keystonecontext {_APP}

[app:{_APP}]
paste.app_factory = {_ROUTER}
"""

_OUR_SECTION = """
[filter:keypair_ext]
paste.filter_factory = keypair_ext.wsgi:filter_factory
"""

# What is below stands in for the factories that a paste file names: an
# application is the list of the ways in which requests come to an end, a way
# the names of the filters and of what is last.
_Ways = list[list[str]]


def urlmap(loader: loadwsgi.ConfigLoader, _: object, **local: str) -> _Ways:
    return [way for name in local.values() for way in loader.get_app(name)]


def pipeline(loader: loadwsgi.ConfigLoader, _: object, **local: str) -> _Ways:
    found = []
    for value in local.values():
        *filters, last = value.split()
        ways = loader.get_app(last)
        for name in reversed(filters):
            ways = loader.get_filter(name)(ways)
        found += ways
    return found


def nova_app(_: object, **local: str) -> _Ways:
    return [['nova']]


def other_app(_: object, **local: str) -> _Ways:
    return [['other']]


def _filter(name: str) -> Callable[..., object]:
    def factory(_: object, **local: str) -> Callable[[_Ways], _Ways]:
        return lambda ways: [[name, *way] for way in ways]

    return factory


our_filter = _filter('ours')
audit_filter = _filter('audit')
other_filter = _filter('other')


@contextlib.contextmanager
def _file(text: str) -> Iterator[str]:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory, 'api-paste.ini')
        path.write_bytes(text.encode())
        yield str(path)


def load(text: str) -> list[tuple[str, ...]]:
    """Have paste load a file; return the ways that end in Nova's app."""
    for named, ours in (
        ('keypair_ext.wsgi:filter_factory', 'our_filter'),
        (r'keystonemiddleware.audit:\S+', 'audit_filter'),
        (re.escape(_ROUTER), 'nova_app'),
        (r'nova.api.auth:pipeline_factory\S*', 'pipeline'),
        ('nova.api.openstack.urlmap:urlmap_factory', 'urlmap'),
        (r'(?<=filter_factory = )(nova|oslo|keystone)\S+', 'other_filter'),
        (r'(?<=app_factory = )nova\S+', 'other_app'),
    ):
        text = re.sub(
            named, ours if ':' in ours else f'{__name__}:{ours}', text
        )
    with _file(text) as path:
        ways = loadwsgi.loadapp(f'config:{path}', name='osapi_compute')
    return [tuple(way) for way in ways if way[-1] == 'nova']


def _read(text: str) -> dict[str, dict[str, list[str]]]:
    """Read a paste file as paste does, each value as its words."""
    with _file(text) as path:
        parser = loadwsgi.ConfigLoader(path).parser
    return {
        name: {
            key: value.split()
            for key, value in parser.items(name, raw=True)
            if key not in parser.defaults()
        }
        for name in parser.sections()
    }


def _mounted(text: str) -> dict[str, dict[str, list[str]]]:
    """Return what enable has to make of a file."""
    sections = _read(text)
    for name in {_V21, _LEGACY} & sections.keys():
        for names in sections[name].values():
            if names[-1:] == [_APP]:
                names.insert(-1, 'keypair_ext')
    sections['filter:keypair_ext'] = {
        'paste.filter_factory': ['keypair_ext.wsgi:filter_factory']
    }
    return sections


class _Variant:
    """Writes the same few sections in one of many layouts."""

    def __init__(self, seed: int):
        self._random = random.Random(seed)
        self._eol = self._random.choice(['\n', '\r\n', '\r'])

    def text(self) -> str:
        sections = [
            *(self._composite(name) for name in self._composites()),
            [f'[app:{_APP}]', f'paste.app_factory = {_ROUTER}'],
            ['[filter:cors]', 'use: egg:x#cors', '', 'a = 1', '', '  2'],
        ]
        self._random.shuffle(sections)
        lines = [line for section in sections for line in self._pad(section)]
        end = self._random.choice(['', self._eol, self._eol * 3])
        return self._eol.join(lines) + end

    def _composites(self) -> list[str]:
        return self._random.choice([[_V21], [_LEGACY], [_V21, _LEGACY]])

    def _composite(self, name: str) -> list[str]:
        lines = [f'[{name}]', 'use = call:x:y']
        keys = ['keystone', 'noauth2', 'pipeline']
        for key in self._random.sample(keys, self._random.randint(1, 3)):
            lines += self._pipeline(key)
            if self._random.random() < 0.3:
                lines.append(f'other_{key} = thing')
        return lines

    def _pipeline(self, key: str) -> list[str]:
        names = self._random.sample(
            ['cors', 'authtoken', 'keystonecontext', 'ключ', 'x'],
            self._random.randint(0, 5),
        )
        lines = [key + self._random.choice([' = ', '=', ': ', ' =\t', ' =  '])]
        for name in [*names, _APP]:
            if self._random.random() < 0.3:
                lines += self._between()
                lines.append(self._random.choice(['  ', '\t', ' ' * 11]))
            lines[-1] += name + self._random.choice([' ', '  ', '\t'])
        if self._random.random() < 0.8:
            lines[-1] = lines[-1].rstrip()
        return lines

    def _between(self) -> list[str]:
        choices = [[], [], [''], ['# comment'], ['   ; comment keypair_ext']]
        return self._random.choice(choices)

    def _pad(self, lines: list[str]) -> list[str]:
        above = self._random.choice([[], ['# of this section'], ['#', '; 2']])
        below = self._random.choice([[], [''], ['', '# at the end', '']])
        return [*above, *lines, *below]


class TestEdits(base.TestCase):
    def test_nothing_but_the_mount_changes(self) -> None:
        before = _NOVA.splitlines()
        after = mount.enable(_NOVA).splitlines()
        self.assertEqual(4, len(set(before) - set(after)))
        self.assertEqual(4 + 3, len(set(after) - set(before)))
        self.assertEqual(len(before) + 4, len(after))

    def test_section_stands_above_the_comment_of_novas(self) -> None:
        _, below = mount.enable(_NOVA).split('[filter:keypair_ext]')
        self.assertEqual(
            [
                'paste.filter_factory = keypair_ext.wsgi:filter_factory',
                '',
                '# The application: every filter above stands in front of it.',
                f'[app:{_APP}]',
            ],
            below.splitlines()[1:5],
        )

    def test_many_layouts(self) -> None:
        for seed in range(100):
            before = _Variant(seed).text()
            after = mount.enable(before)
            message = f'seed {seed}'
            self.assertEqual(_mounted(before), _read(after), message)
            self.assertEqual(after, mount.enable(after), message)
            self.assertEqual(before, mount.disable(after), message)
            self.assertEqual(before, mount.disable(before), message)
            self.assertTrue(mount.status(before).disabled, message)
            self.assertTrue(mount.status(after).enabled, message)

    def test_partly_enabled(self) -> None:
        text = mount.enable(_NOVA).replace(
            f'legacy_v2_compatible keypair_ext {_APP}',
            f'legacy_v2_compatible {_APP}',
            1,
        )
        status = mount.status(text)
        self.assertFalse(status.enabled)
        self.assertFalse(status.disabled)
        self.assertEqual(
            [True, True, False, True],
            [pipeline.enabled for pipeline in status.pipelines],
        )
        self.assertEqual(mount.enable(_NOVA), mount.enable(text))
        self.assertEqual(_NOVA, mount.disable(text))

    def test_missing_section_is_added(self) -> None:
        text = _SMALL.replace(f' {_APP}', f' keypair_ext {_APP}')
        status = mount.status(text)
        self.assertFalse(status.has_section)
        self.assertFalse(status.enabled)
        self.assertTrue(mount.status(mount.enable(text)).enabled)

    def test_section_written_by_hand_is_used_and_stays(self) -> None:
        for target in (
            'paste.filter_factory = keypair_ext.wsgi:filter_factory',
            'use = call:keypair_ext.wsgi:filter_factory',
            'use = egg:keypair-ext#main',
            'use = egg:keypair_ext',
        ):
            section = f'\n[filter:keypair_ext]\n{target}\nprofile = nova\n'
            text = _SMALL + section
            after = mount.enable(text)
            self.assertEqual(1, after.count('[filter:keypair_ext]'))
            self.assertTrue(mount.status(after).enabled)
            self.assertEqual(text, mount.disable(after))

    def test_section_that_was_extended_stays(self) -> None:
        line = 'paste.filter_factory = keypair_ext.wsgi:filter_factory\n'
        after = mount.enable(_SMALL).replace(
            line, f'{line}database_group = elsewhere\n'
        )
        text = mount.disable(after)
        self.assertTrue(mount.status(text).disabled)
        self.assertIn('database_group = elsewhere', text)

    def test_section_without_its_blank_line(self) -> None:
        after = mount.enable(_SMALL).replace(
            'filter_factory\n\n', 'filter_factory\n'
        )
        self.assertEqual(_SMALL, mount.disable(after))

    def test_names_written_by_hand_are_removed(self) -> None:
        for written, left in (
            (f'a keypair_ext {_APP}', f'a {_APP}'),
            (f'a  keypair_ext\t{_APP}', f'a  {_APP}'),
            (f'a keypair_ext\n  {_APP}', f'a\n  {_APP}'),
            (f'a\n keypair_ext\n # why\n {_APP}', f'a\n # why\n {_APP}'),
            (f'keypair_ext\n {_APP}', f'\n {_APP}'),
        ):
            text = _SMALL.replace(f'authtoken keystonecontext {_APP}', written)
            text += _OUR_SECTION
            self.assertIn(f'={left}\n', self._without_space(text))

    def _without_space(self, text: str) -> str:
        return mount.disable(text).replace('keystone = ', 'keystone =')

    def test_diff(self) -> None:
        before = _SMALL.removesuffix('\n').replace('\n', '\r\n')
        self.assertEqual('', mount.diff(before, before, 'x'))
        text = mount.diff(before, mount.enable(before), 'x')
        self.assertEqual('--- x\n+++ x\n', text[:12])
        self.assertIn(f'\n+[{mount.SECTION}]\r\n', text)
        self.assertEqual('\n\\ No newline at end of file\n', text[-29:])


class TestWhatPasteLoads(base.TestCase):
    """However a file is written, all ways to Nova's application have us."""

    def _assert_mounted(self, text: str, ways: int = 4) -> None:
        before = load(text)
        self.assertEqual(ways, len(before))
        self.assertTrue(mount.status(text).disabled)
        after = mount.enable(text)
        self.assertEqual(
            [(*way[:-1], 'ours', 'nova') for way in before], load(after)
        )
        self.assertTrue(mount.status(after).enabled)
        self.assertEqual(after, mount.enable(after))
        self.assertEqual(text, mount.disable(after))

    def test_headers(self) -> None:
        for before, after in (
            (f'[{_V21}]', '[composite: openstack_compute_api_v21]'),
            (f'[{_V21}]', '[composite:\topenstack_compute_api_v21 ] ; it'),
            (f'[{_LEGACY}]', f'[{_LEGACY.replace("site", "sit")}]'),
            (
                '[composite:osapi_compute]',
                f'[{reading.COMPOSITES[1]}: osapi_compute]',
            ),
            (f'[app:{_APP}]', f'[app: {_APP}]'),
            (f'[app:{_APP}]', f'[application:{_APP} ]'),
            ('[filter:cors]', '[filter: cors ]'),
        ):
            with self.subTest(header=after):
                self.assertIn(before, _NOVA)
                self._assert_mounted(_NOVA.replace(before, after))

    def test_our_header_with_a_blank(self) -> None:
        text = _NOVA + _OUR_SECTION.replace(':', ': ', 1)
        after = mount.enable(text)
        self.assertTrue(mount.status(after).enabled)
        self.assertEqual(4, len(load(after)))
        self.assertEqual(text, mount.disable(after))

    def test_more_pipelines(self) -> None:
        limited = f'keystone_nolimit = cors noauth2 {_APP}\nkeystone = cors'
        self._assert_mounted(_NOVA.replace('keystone = cors', limited, 1), 5)
        vendor = '/v3/+: vendor\n/v2.1/+:'
        for section in (
            f'[pipeline:vendor]\npipeline = cors authtoken {_APP}',
            f'[composite:vendor]\nuse = call:nova.api.auth:pipeline_factory'
            f'_v21\nanything = {_APP}',
            # Loaded by way of another.
            f'[pipeline:vendor]\npipeline = cors inner\n[pipeline:inner]\n'
            f'pipeline = cors {_APP}',
            f'[pipeline:vendor]\npipeline = cors alias\n[app:alias]\n'
            f'use = {_APP}',
        ):
            with self.subTest(section=section):
                text = f'{_NOVA}\n\n{section}\n'
                self._assert_mounted(text.replace('/v2.1/+:', vendor), 5)

    def test_pipeline_section(self) -> None:
        text = f'{_SMALL}[pipeline:openstack_compute_api_v21_legacy_v2_'
        text += f'compatible]\npipeline = cors {_APP}\n'
        self.assertIn(
            f'pipeline = cors keypair_ext {_APP}\n', mount.enable(text)
        )

    def test_novas_application_by_another_name(self) -> None:
        self._assert_mounted(_NOVA.replace(_APP, 'compute'))

    def test_what_is_of_no_concern(self) -> None:
        for before, after in (
            # Variables, where no pipeline needs one.
            ('', '[DEFAULT]\nlog = %(here)s/log\nx = 100%%\n'),
            ('[filter:cors]\n', '[filter:cors]\nset a = %(here)s\n'),
            # Sees what the filter answers, too.
            (f'[{_V21}]\n', f'[{_V21}]\nfilter-with = audit\n'),
            ('authtoken keystonecontext o', 'authtoken audit o'),
            (
                '[filter:keystonecontext]\n',
                '[filter:keystonecontext]\nfilter-with = audit\n',
            ),
            ('/: oscomputeversions', '; no\n  # no\n/: oscomputeversions'),
        ):
            with self.subTest(after=after):
                self._assert_mounted(
                    _NOVA.replace(before, after, 1)
                    + '\n\n[filter:audit]\npaste.filter_factory = '
                    'keystonemiddleware.audit:filter_factory\n'
                )

    def test_our_section(self) -> None:
        with _file(mount.enable(_NOVA)) as path:
            context = loadwsgi.loadcontext(
                loadwsgi.FILTER, f'config:{path}', 'keypair_ext'
            )
        self.assertIs(wsgi.filter_factory, context.object)
        self.assertEqual({}, context.local_conf)


class TestRefusals(base.TestCase):
    def _assert_refused(self, words: str, text: str) -> None:
        for function in (
            mount.enable,
            mount.disable,
            mount.status,
        ):
            self.assertIn(words, self.mistake(function, text))

    def test_not_novas_file(self) -> None:
        self._assert_refused('not the api-paste.ini', '')
        self._assert_refused('not the api-paste.ini', '[app:x]\na = b\n')
        self._assert_refused(
            'not the api-paste.ini', _SMALL.replace('_v21]', '_v3]')
        )

    def test_malformed(self) -> None:
        self._assert_refused('malformed', 'keystone = a\n')
        self._assert_refused('malformed', f'\ufeff{_SMALL}')
        self._assert_refused('malformed', f'{_SMALL}no option\n')

    def test_duplicates(self) -> None:
        self._assert_refused('already exists', f'{_SMALL}\n{_SMALL}')
        self._assert_refused(
            'already exists',
            _SMALL.replace('keystone =', 'keystone = x\nkeystone ='),
        )
        self._assert_refused(
            'already exists', _SMALL + _OUR_SECTION + _OUR_SECTION
        )

    def test_indented_keys(self) -> None:
        for before, after in (
            ('\nuse', '\n  use'),
            # Paste takes these for more of the value above.
            ('\nkeystone', '\n  keystone'),
            ('\nkeystone =', f'\nnoauth2 = x {_APP}\n  keystone ='),
            ('\nkeystone =', f'\nnoauth2 = x {_APP}\n\tkeystone:'),
            ('\nkeystone = ', f'\nnoauth2 = x {_APP}\n keystone:'),
            ('\n[app:', f'\n  noauth2 = x {_APP}\n[app:'),
        ):
            with self.subTest(after=after):
                self._assert_refused(
                    'indented', _SMALL.replace(before, after, 1)
                )

    def test_filter_that_would_not_see_key_pairs(self) -> None:
        text = f'{_SMALL}filter-with = audit\n'
        for function in mount.enable, mount.status:
            self.assertEqual(
                f'Line 7 of the paste file: audit would not see requests for '
                f'key pairs; instead of filter-with in [app:{_APP}], name it '
                f'in the pipelines before {_APP}.',
                self.mistake(function, text),
            )
        mounted = mount.enable(_SMALL)
        self.assertEqual(
            text, mount.disable(f'{mounted}filter-with = audit\n')
        )

    def test_ways_that_are_no_pipeline_of_the_file(self) -> None:
        urlmap = '[composite:osapi_compute]\nuse = egg:Paste#urlmap\n/v2 = '
        v21 = 'openstack_compute_api_v21'
        for words, more in (
            ('Line 10 of the paste file: /v2 leads to nosuch', 'nosuch'),
            ('leads to Openstack_compute', v21.capitalize()),
            (f'leads to {v21} /v2.1: x', f'{v21}\n  /v2.1: x'),
            ('served from another file, config:a.ini#b', 'config:a.ini#b'),
            ("a way to Nova's application that is no pipeline, /v2", _APP),
            (
                'that is no pipeline, next',
                f'{v21}\n[filter-app:x]\nuse = egg:x\nnext = {_APP}',
            ),
            (
                'kept in a variable, common',
                f'{v21}\n[DEFAULT]\ncommon = x {_APP}',
            ),
            (
                'kept in a variable, set common',
                f'{v21}\nset common = x {_APP}',
            ),
            (
                'whose key is in [DEFAULT], too, keystone',
                f'{v21}\n[DEFAULT]\nkeystone = x',
            ),
            (
                "goes on behind Nova's application, pipeline",
                f'{v21}\n[pipeline:x]\npipeline = a {_APP} ; b',
            ),
            (
                'have the same name',
                f'{v21}\n[composite: {v21}]\nkeystone = x',
            ),
            (
                '[composite:osapi_compute] has no pipeline that ends',
                'x\n[app:x]\npaste.app_factory = a:b',
            ),
        ):
            with self.subTest(words=words):
                self._assert_refused(words, f'{_SMALL}\n{urlmap}{more}\n')

    def test_pipeline_without_novas_application(self) -> None:
        self._assert_refused(
            f"[{_V21}] has no pipeline that ends in Nova's application",
            _SMALL.replace(f'keystonecontext {_APP}', 'keystonecontext x'),
        )
        self._assert_refused(
            'has no pipeline',
            _SMALL.replace(f'[app:{_APP}]', '[app:x]').replace(
                _ROUTER, 'somebody:else'
            ),
        )

    def test_filter_that_is_something_else(self) -> None:
        for line in (
            'paste.filter_factory = somebody.else:filter_factory',
            'use = egg:keypair-ext#noauth',
            'x = y',
        ):
            self._assert_refused(
                'is something else',
                f'{_SMALL}\n[filter:keypair_ext]\n{line}\n',
            )

    def test_name_in_the_wrong_position(self) -> None:
        for names in (
            f'keypair_ext keystonecontext {_APP}',
            f'keypair_ext keypair_ext {_APP}',
            f'keypair_ext\n  keystonecontext\n  {_APP}',
        ):
            self._assert_refused(
                f'Line 3 of the paste file: keypair_ext has to be named '
                f'once, last before {_APP}',
                _SMALL.replace(f'keystonecontext {_APP}', names)
                + _OUR_SECTION,
            )

    def test_name_in_another_place(self) -> None:
        for other in (
            '[pipeline:oscomputeversions]\npipeline = keypair_ext x\n',
            '[app:x]\nfilter-with = keypair_ext\n',
        ):
            self._assert_refused(
                'Line 7 of the paste file: keypair_ext is mounted by hand',
                f'{_SMALL}{other}'.replace('\n\n', '\n') + _OUR_SECTION,
            )

    def test_another_name(self) -> None:
        text = _SMALL.replace(f' {_APP}', f' mine {_APP}')
        section = _OUR_SECTION.replace('filter:keypair_ext', 'filter:mine')
        self._assert_refused('mine is mounted by hand', text + section)

    def test_substitution(self) -> None:
        self._assert_refused(
            'does not edit a pipeline with a substitution, %(common)s',
            _SMALL.replace('authtoken keystone', '%(common)s keystone'),
        )

    def test_our_name_as_a_value_is_no_mount(self) -> None:
        text = f'{_SMALL}[app:x]\noslo_config_project = keypair_ext\n'
        self.assertTrue(mount.status(text).disabled)


class TestCommand(base.TestCase):
    """``keypair-ext-manage paste``."""

    def setUp(self) -> None:
        super().setUp()
        self.path = self.directory / 'api-paste.ini'
        self.path.write_text(_NOVA)

    def _run(self, *words: str) -> tuple[int, str, str]:
        argv = ['paste', *words, '--file', str(self.path)]
        with base.captured() as (out, err):
            status = manage.main(argv)
        return status, out.getvalue(), err.getvalue()

    def test_there_and_back(self) -> None:
        backup = Path(f'{self.path}.bak')
        status, out, _ = self._run('enable')
        self.assertEqual(0, status)
        self.assertIn(str(backup), out)
        self.assertEqual(mount.enable(_NOVA), self.path.read_text())
        self.assertEqual(_NOVA, backup.read_text())
        self.assertEqual(0, self._run('disable')[0])
        self.assertEqual(_NOVA, self.path.read_text())

    def test_nothing_to_do(self) -> None:
        status, out, _ = self._run('disable')
        self.assertEqual((0, f'{self.path} needs no change.\n'), (status, out))
        self.assertEqual([self.path], list(self.path.parent.iterdir()))

    def test_dry_run(self) -> None:
        status, out, _ = self._run('enable', '--dry-run')
        self.assertEqual(0, status)
        self.assertIn('\n+[filter:keypair_ext]\n', out)
        self.assertEqual(_NOVA, self.path.read_text())
        self.assertEqual([self.path], list(self.path.parent.iterdir()))

    def test_status(self) -> None:
        status, out, _ = self._run('status')
        self.assertEqual(1, status)
        self.assertEqual(5, len(out.splitlines()))
        self.assertEqual(4, out.count('disabled'))
        self._run('enable')
        status, out, _ = self._run('status')
        self.assertEqual(0, status)
        self.assertEqual(4, out.count('enabled'))
        text = self.path.read_text()
        self.path.write_text(text.replace(f'keypair_ext {_APP}', _APP, 1))
        status, out, _ = self._run('status')
        self.assertEqual(2, status)
        self.assertEqual((1, 3), (out.count('disabled'), out.count('enabled')))

    def test_refusal(self) -> None:
        self.path.write_text('[app:x]\n')
        for action, expected in ('enable', 1), ('disable', 1), ('status', 3):
            status, out, err = self._run(action)
            self.assertEqual((expected, ''), (status, out))
            self.assertEqual(1, len(err.splitlines()))
            self.assertTrue(err.startswith('keypair-ext-manage: The file'))
        self.assertEqual([self.path], list(self.path.parent.iterdir()))
