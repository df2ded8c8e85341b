# SPDX-License-Identifier: Apache-2.0

"""The stand-alone service under Apache with mod_wsgi, as operators have it.

mod_wsgi is Debian's, which is built for Debian's Python.
"""

import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Final

import fixtures

from keypair_ext.tests.functional.servers import process, shipped

_MODULES: Final = Path('/usr/lib/apache2/modules')
_MOD_WSGI: Final = _MODULES / 'mod_wsgi.so'
_PACKAGES: Final = ('apache2', 'libapache2-mod-wsgi-py3')

# What a distribution's own configuration of Apache has.
_MAIN: Final = """\
ServerRoot {home}
ServerName localhost
PidFile {home}/pid
ErrorLog /dev/stderr
LoadModule mpm_event_module {modules}/mod_mpm_event.so
LoadModule authz_core_module {modules}/mod_authz_core.so
LoadModule wsgi_module {modules}/mod_wsgi.so
WSGISocketPrefix {home}/wsgi
Define KEYPAIR_EXT_LISTEN {listen}
Define KEYPAIR_EXT_HOME {prefix}
Define KEYPAIR_EXT_CONFIG {home}
Include {shipped}
"""


def reason_to_skip() -> str:
    """Return why Apache cannot serve this checkout, '' if it can.

    Where root starts it, its processes are somebody else's.
    """
    user = process.unprivileged_user('www-data')
    if user is None:
        return ''
    for path in (Path(sys.prefix, 'pyvenv.cfg'), shipped.APACHE):
        if subprocess.run(['test', '-r', path], user=user).returncode:
            return (
                f'{user}, as whom Apache serves, may not read {path}: run '
                f'the tests in a clone that everybody may read'
            )
    return ''


def ensure() -> None:
    """Install Apache where we may; :raises ServerError: it is not there."""
    for package in _PACKAGES:
        process.ensure_package(package, _MOD_WSGI.exists)
    # Python's version is in the name of what it links with.
    version = 'libpython{}.{}'.format(*sys.version_info[:2])
    if (
        not _MOD_WSGI.exists()
        or version.encode() not in _MOD_WSGI.read_bytes()
    ):
        raise process.ServerError(
            f'no mod_wsgi for this Python; run: apt-get install '
            f'{" ".join(_PACKAGES)}'
        )


class Apache(fixtures.Fixture):
    """Apache with two processes of one thread for the service."""

    daemon: process.Process

    def __init__(self, directory: Path) -> None:
        """Describe the server.

        :param directory: the service's configuration, which its unprivileged
            processes have to be able to read.
        """
        super().__init__()
        self.directory = directory
        self.port = process.free_port()
        self.url = f'http://{process.LOOPBACK}:{self.port}'

    def _setUp(self) -> None:
        ensure()
        program = process.need_program('apache2', _PACKAGES[0])
        shutil.copy(shipped.APACHE_SCRIPT, self.directory)
        main = self.directory / 'apache-main.conf'
        main.write_text(
            _MAIN.format(
                home=self.directory,
                modules=_MODULES,
                listen=f'{process.LOOPBACK}:{self.port}',
                prefix=sys.prefix,
                shipped=shipped.APACHE,
            )
            + self._user()
        )
        self.daemon = process.Process(
            [program, '-DFOREGROUND', '-f', main],
            log=self.directory / 'apache.log',
            port=self.port,
            ready=lambda: process.answers_http(self.url),
            env=process.clean_environment(self.directory),
            cwd=self.directory,
            # "Graceful stop": what is under way is answered.
            stop_signal=signal.SIGWINCH,
        )
        self.useFixture(self.daemon)

    def _user(self) -> str:
        """Return whom the processes run as where root starts them."""
        user = process.unprivileged_user('www-data')
        if user is None:
            return ''
        for path in (self.directory, *self.directory.iterdir()):
            shutil.chown(path, user)
        return f'User {user}\nGroup #{process.group_of(user)}\n'
