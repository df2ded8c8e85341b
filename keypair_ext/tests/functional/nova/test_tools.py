# SPDX-License-Identifier: Apache-2.0

"""What deployment tools are told, merged by themselves and loaded by Nova."""

import re
import shlex
import shutil
import unittest
from pathlib import Path
from typing import Final

import yaml

from keypair_ext.tests import base
from keypair_ext.tests.functional.nova import environment
from keypair_ext.tests.functional.servers import ini, process, venv

_REASON = environment.reason_to_skip()

_REQUIREMENTS: Final = (
    # config_template is older than what 2.19 made of its YAML.
    'ansible-core<2.19',
    'ansible-config-template==2.1.1',
    'docker',
    'kolla==23.0.0',
)
_PLAY: Final = """\
- hosts: localhost
  connection: local
  gather_facts: false
  tasks:
    - config_template:
        src: {home}/api-paste.ini.j2
        dest: {home}/merged.ini
        config_overrides: "{{{{ nova_api_paste_ini_overrides }}}}"
        config_type: ini
"""
# What nova-api does with its paste file, which needs no database.
_LOAD: Final = """\
import logging
import sys
from nova import config, objects
from nova.api import wsgi
logging.basicConfig(level=logging.INFO, stream=sys.stdout)
config.parse_args(['nova-api', '--config-file', sys.argv[1]])
objects.register_all()
wsgi.Loader().load_app('osapi_compute')
"""


@unittest.skipIf(_REASON, _REASON)
class ToolsTestCase(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.nova = environment.WithKeypairExt().install()
        self.tools = venv.ensure('deployment-tools', _REQUIREMENTS)
        self.home = self.useFixture(process.Directory('tools')).path
        self.paste = self.home / 'api-paste.ini'
        shutil.copy(self.nova / 'etc/nova/api-paste.ini', self.paste)
        connection = {'connection': f'sqlite:///{self.home}/nova.sqlite'}
        ini.write(
            self.home / 'nova.conf',
            {
                'DEFAULT': {
                    'state_path': self.home,
                    'transport_url': 'fake://',
                },
                'api_database': connection,
                'database': connection,
                'keystone_authtoken': {
                    'auth_type': 'password',
                    'auth_url': 'http://127.0.0.1:1/v3',
                    'username': 'nova',
                    'password': 'secret',
                },
            },
        )

    def manage(self, *arguments: str | Path) -> str:
        """Run keypair-ext-manage in Nova's environment."""
        return process.run(
            [self.nova / 'bin/keypair-ext-manage', *arguments],
            env=process.clean_environment(self.home),
        )

    def printed(self, tool: str) -> str:
        """Return what is printed for the file of this Nova."""
        return self.manage(
            'paste', 'print', '--for', tool, '--file', self.paste
        )

    def run_tool(self, name: str, *arguments: str | Path, **env: str) -> None:
        """Run one of the tools."""
        process.run(
            [self.tools / 'bin' / name, *arguments],
            env=process.clean_environment(self.home, **env),
            cwd=self.home,
        )

    def loads_ours(self) -> bool:
        """Tell if Nova, by its paste file, loads ours for both of its APIs."""
        said = process.run(
            [self.nova / 'bin/python', '-c', _LOAD, self.home / 'nova.conf'],
            env=process.clean_environment(self.home),
        )
        return said.count(' serves os-keypairs, ') == 2

    def test_openstack_ansible(self) -> None:
        self.assertFalse(self.loads_ours())
        variables = self.home / 'user_variables.yml'
        variables.write_text(self.printed('openstack-ansible'))
        told = yaml.safe_load(variables.read_text())
        self.assertEqual(['keypair-ext'], told['nova_user_pip_packages'])
        (self.home / 'api-paste.ini.j2').write_text(self.paste.read_text())
        play = self.home / 'play.yml'
        play.write_text(_PLAY.format(home=self.home))
        plugins = self.tools / 'share/ansible/plugins'
        python = self.tools / 'bin/python'
        self.run_tool(
            'ansible-playbook',
            *('--inventory', 'localhost,'),
            *('--extra-vars', f'ansible_python_interpreter={python}'),
            *('--extra-vars', f'@{variables}'),
            play,
            ANSIBLE_ACTION_PLUGINS=str(plugins / 'action'),
            ANSIBLE_LIBRARY=str(plugins / 'modules'),
        )
        self.paste.write_text((self.home / 'merged.ini').read_text())
        self.assertTrue(self.loads_ours())

    def test_kolla(self) -> None:
        self.assertFalse(self.loads_ours())
        configuration, mark, override = self.printed('kolla').partition(
            '# The file of [DEFAULT] template_override.\n'
        )
        self.assertTrue(mark)
        (self.home / 'kolla-build.conf').write_text(configuration)
        (self.home / 'override.j2').write_text(override)
        self.run_tool(
            'kolla-build',
            *('--config-file', 'kolla-build.conf'),
            *('--template-override', 'override.j2'),
            *('--work-dir', self.home, '--base', 'debian'),
            *('--template-only', '^nova-base$'),
        )
        image = self.home / 'docker/nova/nova-base/Dockerfile'
        *_, command = re.findall('^RUN (.*)$', image.read_text(), re.M)
        program, *arguments = shlex.split(command)
        self.assertEqual('keypair-ext-manage', program)
        arguments[arguments.index('--file') + 1] = str(self.paste)
        self.manage(*arguments)
        self.assertTrue(self.loads_ours())
