# SPDX-License-Identifier: Apache-2.0

"""What deployment tools are told, applied as they apply it, and loaded."""

import configparser
import contextlib
import io
import pathlib
import re
import shlex
import textwrap

import yaml

from keypair_ext.cmd import manage
from keypair_ext.cmd.paste import mount, printing
from keypair_ext.tests import base
from keypair_ext.tests.unit.cmd.paste import test_mount

_DATA = pathlib.Path(__file__).parents[2] / 'data/nova-api-paste.ini'


def merge(text: str, changes: dict[str, dict[str, str]]) -> str:
    """Put values into an ini file, as Ansible, Helm, Puppet and so on do."""
    parser = configparser.RawConfigParser(delimiters='=')
    parser.optionxform = str  # type: ignore[method-assign,assignment]
    parser.read_string(re.sub(r'^(/\S*):', r'\1 =', text, flags=re.MULTILINE))
    parser.read_dict(changes)
    merged = io.StringIO()
    parser.write(merged)
    return merged.getvalue()


class PrintTest(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        # The file of tools is Nova's, some without noauth2.
        self.texts = (
            _DATA.read_text(),
            re.sub('^noauth2 = .*\n', '', _DATA.read_text(), flags=re.M),
        )

    def printed(self, tool: str, text: str) -> str:
        """Return what the command prints for a file, and leave it alone."""
        path = self.directory / 'api-paste.ini'
        path.write_text(text)
        with contextlib.redirect_stdout(io.StringIO()) as output:
            code = manage.main(
                ['paste', 'print', '--for', tool, '--file', str(path)]
            )
        self.assertFalse(code)
        self.assertEqual(text, path.read_text())
        return output.getvalue()

    def assert_mounted(self, text: str) -> None:
        """Look that each way to Nova's application has the filter last."""
        self.assertTrue(mount.status(text).enabled)
        ways = test_mount.load(text)
        self.assertTrue(ways)
        self.assertEqual({('ours', 'nova')}, {way[-2:] for way in ways})

    def test_openstack_ansible(self) -> None:
        for text in self.texts:
            told = yaml.safe_load(self.printed('openstack-ansible', text))
            self.assertEqual(['keypair-ext'], told['nova_user_pip_packages'])
            changes = told['nova_api_paste_ini_overrides']
            self.assert_mounted(merge(text, changes))

    def test_openstack_helm(self) -> None:
        for text in self.texts:
            told = yaml.safe_load(self.printed('openstack-helm', text))
            self.assert_mounted(merge(text, told['conf']['paste']))

    def test_puppet(self) -> None:
        for text in self.texts:
            told = yaml.safe_load(self.printed('puppet', text))
            changes: dict[str, dict[str, str]] = {}
            for title, resource in told[
                'nova::config::nova_api_paste_ini'
            ].items():
                # The last slash, as its provider does.
                section, _, key = title.rpartition('/')
                changes.setdefault(section, {})[key] = resource['value']
            self.assert_mounted(merge(text, changes))

    def test_nova_operator(self) -> None:
        for text in self.texts:
            told = yaml.safe_load(self.printed('nova-operator', text))
            files = told['apiServiceTemplate']['defaultConfigOverwrite']
            self.assertEqual(mount.enable(text), files['api-paste.ini'])
            self.assert_mounted(files['api-paste.ini'])

    def test_devstack(self) -> None:
        for text in self.texts:
            _, header, ini = self.printed('devstack', text).partition(
                '[[post-config|/etc/nova/api-paste.ini]]\n'
            )
            self.assertTrue(header)
            changes = configparser.RawConfigParser()
            changes.read_string(ini)
            self.assert_mounted(
                merge(text, {s: dict(changes[s]) for s in changes.sections()})
            )

    def test_kolla(self) -> None:
        for text in self.texts:
            told = self.printed('kolla', text)
            self.assertIn('[nova-base-plugin-keypair-ext]', told)
            (command,) = re.findall('^RUN (.*)$', told, re.MULTILINE)
            program, *arguments = shlex.split(command)
            self.assertEqual('keypair-ext-manage', program)
            path = self.directory / 'image.ini'
            path.write_text(text)
            arguments[arguments.index('--file') + 1] = str(path)
            with contextlib.redirect_stdout(io.StringIO()):
                self.assertFalse(manage.main(arguments))
            self.assert_mounted(path.read_text())

    def test_a_file_that_has_the_filter_is_told_of_the_same(self) -> None:
        for text in self.texts:
            for tool in printing.TOOLS:
                self.assertEqual(
                    printing.snippet(tool, text),
                    printing.snippet(tool, mount.enable(text)),
                )

    def test_a_file_that_is_not_understood(self) -> None:
        path = self.directory / 'other.ini'
        path.write_text(textwrap.dedent('[app:main]\nuse = egg:other\n'))
        with contextlib.redirect_stderr(io.StringIO()) as errors:
            code = manage.main(
                ['paste', 'print', '--for', 'puppet', '--file', str(path)]
            )
        self.assertEqual(1, code)
        self.assertIn('keypair-ext-manage: ', errors.getvalue())
