# SPDX-License-Identifier: Apache-2.0

"""What operators start servers with, and what tests set of it."""

import configparser
import shlex
import sys
from pathlib import Path
from typing import Final

import keypair_ext
from keypair_ext.tests.functional.servers import process

DIRECTORY: Final = Path(keypair_ext.__file__).parents[1] / 'etc/keypair_ext'

APACHE: Final = DIRECTORY / 'apache.conf'
APACHE_SCRIPT: Final = DIRECTORY / 'api.wsgi'
CONTAINERFILE: Final = DIRECTORY / 'Containerfile'
GUNICORN: Final = DIRECTORY / 'gunicorn.conf.py'
HAPROXY: Final = DIRECTORY / 'haproxy.cfg'
HAPROXY_NOVA: Final = DIRECTORY / 'haproxy-nova.cfg'
HTTPROUTE_NOVA: Final = DIRECTORY / 'httproute-nova.yaml'
INGRESS_NOVA: Final = DIRECTORY / 'ingress-nova.yaml'
NGINX_NOVA: Final = DIRECTORY / 'nginx-nova.conf'
APACHE_NOVA: Final = DIRECTORY / 'apache-nova.conf'
UNIT: Final = DIRECTORY / 'keypair-ext.service'
UWSGI: Final = DIRECTORY / 'uwsgi.ini'

# What the two files for Kubernetes may say.
KUBERNETES_SCHEMAS: Final = Path(__file__).with_name('kubernetes.yaml')


def variables(port: int, workers: int) -> dict[str, str]:
    """Return the variables by which the files can be told of these two."""
    return {
        'KEYPAIR_EXT_LISTEN': f'{process.LOOPBACK}:{port}',
        'KEYPAIR_EXT_WORKERS': str(workers),
    }


def manage(config_file: Path, *arguments: str) -> str:
    """Run keypair-ext-manage; return what it prints."""
    return process.run(
        [
            *(sys.executable, '-m', 'keypair_ext.cmd.manage'),
            *(f'--config-file={config_file}', *arguments),
        ],
        env=process.clean_environment(config_file.parent),
    )


def command(unit: Path) -> list[str]:
    """Return the command line of a unit of systemd."""
    # Where an option is repeated, systemd adds up.
    read = configparser.RawConfigParser(strict=False)
    read.read_string(unit.read_text())
    return shlex.split(read['Service']['ExecStart'])
