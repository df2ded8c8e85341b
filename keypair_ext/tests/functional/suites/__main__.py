# SPDX-License-Identifier: Apache-2.0

"""Print how long it takes from nothing to the first list of key pairs.

``python -m keypair_ext.tests.functional.suites`` starts the test bed, and
then a Nova with Keystone, MariaDB and memcached. What these are installed
from is there already.
"""

import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openstack
import yaml

from keypair_ext.tests.functional.keystone.cloud import Cloud
from keypair_ext.tests.functional.servers import keystone, nova, process, venv


def testbed() -> None:
    """Start the test bed and ask it."""
    command = Path(sysconfig.get_path('scripts'), 'keypair-ext-testbed')
    with (
        process.Directory('first') as home,
        subprocess.Popen(
            [sys.executable, command, 'serve', '--port=0'],
            cwd=home.path,
            stdout=subprocess.PIPE,
        ) as child,
    ):
        try:
            assert child.stdout is not None
            # It says where it serves when it does.
            child.stdout.readline()
            written = (home.path / '.testbed' / 'clouds.yaml').read_text()
            list_keys(yaml.safe_load(written)['clouds']['member']['auth'])
        finally:
            child.terminate()


def real_nova() -> None:
    """Start what a Nova needs, and a Nova, and ask it."""
    with Cloud() as cloud:
        cloud.keystone.register_compute(cloud.nova(with_filter=False))
        account = cloud.keystone.account('member')
        list_keys(
            {
                'auth_url': cloud.keystone.url,
                'username': account.user_name,
                'user_domain_id': 'default',
                'password': account.password,
                'project_id': account.project_id,
            }
        )


def list_keys(auth: dict[str, Any]) -> None:
    """List key pairs by openstacksdk."""
    with openstack.connect(
        load_yaml_config=False, load_envvars=False, auth=auth
    ) as connected:
        list(connected.compute.keypairs())


def main() -> None:
    """Measure both."""
    venv.ensure('keystone', keystone.REQUIREMENTS)
    nova.Software().install()
    measured: tuple[tuple[str, Callable[[], None]], ...] = (
        ('the test bed', testbed),
        ('Nova, Keystone, MariaDB and memcached', real_nova),
    )
    for name, start in measured:
        began = time.monotonic()
        start()
        took = time.monotonic() - began
        sys.stdout.write(f'{took:6.1f} s  {name}\n')


if __name__ == '__main__':
    main()
