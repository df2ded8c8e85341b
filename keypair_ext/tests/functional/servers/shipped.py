# SPDX-License-Identifier: Apache-2.0

"""The files that operators start servers with, and what tests set of them."""

from pathlib import Path
from typing import Final

import keypair_ext
from keypair_ext.tests.functional.servers import process

DIRECTORY: Final = Path(keypair_ext.__file__).parents[1] / 'etc/keypair_ext'

APACHE: Final = DIRECTORY / 'apache.conf'
APACHE_SCRIPT: Final = DIRECTORY / 'api.wsgi'
GUNICORN: Final = DIRECTORY / 'gunicorn.conf.py'
HAPROXY: Final = DIRECTORY / 'haproxy.cfg'
HAPROXY_NOVA: Final = DIRECTORY / 'haproxy-nova.cfg'
NGINX_NOVA: Final = DIRECTORY / 'nginx-nova.conf'
APACHE_NOVA: Final = DIRECTORY / 'apache-nova.conf'
UNIT: Final = DIRECTORY / 'keypair-ext.service'
UWSGI: Final = DIRECTORY / 'uwsgi.ini'


def variables(port: int, workers: int) -> dict[str, str]:
    """Return the variables by which the files can be told of these two."""
    return {
        'KEYPAIR_EXT_LISTEN': f'{process.LOOPBACK}:{port}',
        'KEYPAIR_EXT_WORKERS': str(workers),
    }
