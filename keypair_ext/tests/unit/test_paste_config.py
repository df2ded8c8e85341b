# SPDX-License-Identifier: Apache-2.0

"""What becomes of an operator's paste file, byte for byte."""

import contextlib
import io
import random
import tempfile
from pathlib import Path

from paste.deploy import loadwsgi

from keypair_ext import exception, paste_config, wsgi
from keypair_ext.cmd import manage
from keypair_ext.tests import base

_DATA = Path(__file__).parent / 'data' / 'nova-api-paste.ini'
_V21 = 'composite:openstack_compute_api_v21'
_LEGACY = f'{_V21}_legacy_v2_compatible'
_APP = 'osapi_compute_app_v21'
_ROUTER = 'nova.api.openstack.compute:APIRouterV21.factory'

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


def _nova() -> str:
    return _DATA.read_text()


def _read(text: str) -> dict[str, dict[str, list[str]]]:
    """Read a paste file as paste does, each value as its words."""
    path = Path(tempfile.mkstemp()[1])
    path.write_bytes(text.encode())
    parser = loadwsgi.ConfigLoader(str(path)).parser
    path.unlink()
    return {
        name: {key: value.split() for key, value in section.items()}
        for name, section in parser._sections.items()
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
    def test_nova(self) -> None:
        after = paste_config.enable(_nova())
        self.assertEqual(_mounted(_nova()), _read(after))
        self.assertTrue(paste_config.status(after).enabled)

    def test_nothing_but_the_mount_changes(self) -> None:
        before = _nova().splitlines()
        after = paste_config.enable(_nova()).splitlines()
        self.assertEqual(4, len(set(before) - set(after)))
        self.assertEqual(4 + 3, len(set(after) - set(before)))
        self.assertEqual(len(before) + 4, len(after))

    def test_section_stands_above_the_comment_of_novas(self) -> None:
        _, below = paste_config.enable(_nova()).split('[filter:keypair_ext]')
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
        for seed in range(500):
            before = _Variant(seed).text()
            after = paste_config.enable(before)
            message = f'seed {seed}'
            self.assertEqual(_mounted(before), _read(after), message)
            self.assertEqual(after, paste_config.enable(after), message)
            self.assertEqual(before, paste_config.disable(after), message)
            self.assertEqual(before, paste_config.disable(before), message)
            self.assertTrue(paste_config.status(before).disabled, message)
            self.assertTrue(paste_config.status(after).enabled, message)

    def test_line_ends_are_the_files(self) -> None:
        for eol in '\r\n', '\r':
            before = _nova().replace('\n', eol)
            after = paste_config.enable(before)
            self.assertEqual(
                paste_config.enable(_nova()), after.replace(eol, '\n')
            )

    def test_one_name_a_line(self) -> None:
        text = _SMALL.replace(' keystonecontext ', '\n  keystonecontext\n\t')
        self.assertIn(
            f'\n  keystonecontext\n\tkeypair_ext\n\t{_APP}\n',
            paste_config.enable(text),
        )

    def test_novas_application_by_another_name(self) -> None:
        text = _SMALL.replace(_APP, 'compute')
        after = paste_config.enable(text)
        self.assertIn('keystonecontext keypair_ext compute\n', after)
        self.assertEqual(text, paste_config.disable(after))

    def test_pipeline_section(self) -> None:
        text = _SMALL.replace('composite:', 'pipeline:').replace(
            'keystone =', 'pipeline ='
        )
        after = paste_config.enable(text)
        self.assertIn(f'keystonecontext keypair_ext {_APP}\n', after)
        self.assertEqual(text, paste_config.disable(after))

    def test_pipeline_that_ends_elsewhere_is_left(self) -> None:
        other = 'noauth2 = noauth2 fake_app'
        text = _SMALL.replace('keystone =', f'{other}\nkeystone =')
        self.assertIn(f'\n{other}\n', paste_config.enable(text))

    def test_partly_enabled(self) -> None:
        text = paste_config.enable(_nova()).replace(
            f'legacy_v2_compatible keypair_ext {_APP}',
            f'legacy_v2_compatible {_APP}',
            1,
        )
        status = paste_config.status(text)
        self.assertFalse(status.enabled)
        self.assertFalse(status.disabled)
        self.assertEqual(
            [True, True, False, True],
            [pipeline.enabled for pipeline in status.pipelines],
        )
        self.assertEqual(
            paste_config.enable(_nova()), paste_config.enable(text)
        )
        self.assertEqual(_nova(), paste_config.disable(text))

    def test_missing_section_is_added(self) -> None:
        text = _SMALL.replace(f' {_APP}', f' keypair_ext {_APP}')
        status = paste_config.status(text)
        self.assertFalse(status.has_section)
        self.assertFalse(status.enabled)
        self.assertTrue(paste_config.status(paste_config.enable(text)).enabled)

    def test_section_written_by_hand_is_used_and_stays(self) -> None:
        for target in (
            'paste.filter_factory = keypair_ext.wsgi:filter_factory',
            'use = call:keypair_ext.wsgi:filter_factory',
            'use = egg:keypair-ext#main',
            'use = egg:keypair_ext',
        ):
            section = f'\n[filter:keypair_ext]\n{target}\nprofile = nova\n'
            text = _SMALL + section
            after = paste_config.enable(text)
            self.assertEqual(1, after.count('[filter:keypair_ext]'))
            self.assertTrue(paste_config.status(after).enabled)
            self.assertEqual(text, paste_config.disable(after))

    def test_section_that_was_extended_stays(self) -> None:
        line = 'paste.filter_factory = keypair_ext.wsgi:filter_factory\n'
        after = paste_config.enable(_SMALL).replace(
            line, f'{line}database_group = elsewhere\n'
        )
        text = paste_config.disable(after)
        self.assertTrue(paste_config.status(text).disabled)
        self.assertIn('database_group = elsewhere', text)

    def test_section_without_its_blank_line(self) -> None:
        after = paste_config.enable(_SMALL).replace(
            'filter_factory\n\n', 'filter_factory\n'
        )
        self.assertEqual(_SMALL, paste_config.disable(after))

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
        return paste_config.disable(text).replace('keystone = ', 'keystone =')

    def test_diff(self) -> None:
        before = _SMALL.removesuffix('\n').replace('\n', '\r\n')
        self.assertEqual('', paste_config.diff(before, before, 'x'))
        text = paste_config.diff(before, paste_config.enable(before), 'x')
        self.assertEqual('--- x\n+++ x\n', text[:12])
        self.assertIn(f'\n+[{paste_config.SECTION}]\r\n', text)
        self.assertEqual('\n\\ No newline at end of file\n', text[-29:])


class TestRefusals(base.TestCase):
    def _assert_refused(self, words: str, text: str) -> None:
        for function in (
            paste_config.enable,
            paste_config.disable,
            paste_config.status,
        ):
            error = self.assertRaises(
                exception.ConfigurationError, function, text
            )
            self.assertIn(words, str(error))
            self.assertNotIn('\n', str(error))

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

    def test_indented_options(self) -> None:
        self._assert_refused('indented', _SMALL.replace('\nuse', '\n  use'))

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
        self.assertTrue(paste_config.status(text).disabled)


def pipeline_factory(
    loader: loadwsgi.ConfigLoader, global_conf: object, **local_conf: str
) -> None:
    """Stand in for Nova's factories, which paste imports when it looks."""


class TestWithPaste(base.TestCase):
    """What paste itself makes of the result."""

    def setUp(self) -> None:
        super().setUp()
        path = Path(tempfile.mkdtemp(), 'api-paste.ini')
        stub = f'call:{__name__}:pipeline_factory'
        text = _nova().replace('call:nova.api.auth:pipeline_factory_v21', stub)
        path.write_text(paste_config.enable(text))
        self.uri = f'config:{path}'

    def test_pipelines(self) -> None:
        for name in (_V21, _LEGACY):
            context = loadwsgi.loadcontext(
                loadwsgi.APP, self.uri, name.removeprefix('composite:')
            )
            for key in ('keystone', 'noauth2'):
                names = context.local_conf[key].split()
                self.assertEqual(['keypair_ext', _APP], names[-2:])

    def test_filter(self) -> None:
        context = loadwsgi.loadcontext(
            loadwsgi.FILTER, self.uri, 'keypair_ext'
        )
        self.assertIs(wsgi.filter_factory, context.object)
        self.assertEqual({}, context.local_conf)


class TestCommand(base.TestCase):
    """``keypair-ext-manage paste``."""

    def setUp(self) -> None:
        super().setUp()
        self.path = Path(tempfile.mkdtemp(), 'api-paste.ini')
        self.path.write_text(_nova())

    def _run(self, *words: str) -> tuple[int, str, str]:
        out, err = io.StringIO(), io.StringIO()
        argv = ['paste', *words, '--file', str(self.path)]
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            status = manage.main(argv)
        return status, out.getvalue(), err.getvalue()

    def test_there_and_back(self) -> None:
        backup = Path(f'{self.path}.bak')
        status, out, _ = self._run('enable')
        self.assertEqual(0, status)
        self.assertIn(str(backup), out)
        self.assertEqual(paste_config.enable(_nova()), self.path.read_text())
        self.assertEqual(_nova(), backup.read_text())
        self.assertEqual(0, self._run('disable')[0])
        self.assertEqual(_nova(), self.path.read_text())

    def test_nothing_to_do(self) -> None:
        status, out, _ = self._run('disable')
        self.assertEqual((0, f'{self.path} needs no change.\n'), (status, out))
        self.assertEqual([self.path], list(self.path.parent.iterdir()))

    def test_dry_run(self) -> None:
        status, out, _ = self._run('enable', '--dry-run')
        self.assertEqual(0, status)
        self.assertIn('\n+[filter:keypair_ext]\n', out)
        self.assertEqual(_nova(), self.path.read_text())
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
