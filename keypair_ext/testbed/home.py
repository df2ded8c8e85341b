# SPDX-License-Identifier: Apache-2.0

"""The directory of a test bed: its database, users, and configuration.

All of it is made once, but for what says where the service is.
"""

import contextlib
import fcntl
import json
import os
import pathlib
import secrets
import shlex
import sys
from collections.abc import Iterator
from typing import Final

import bcrypt

import keypair_ext
from keypair_ext import conf as keypair_conf, config_files, exception
from keypair_ext.db import engine, migration

CLOUDS: Final = 'clouds.yaml'

_USERS: Final = ('admin', 'member')

_HEAD = '# Written by "make serve" whenever it starts: changes are lost.\n'

_CONFIGURATION = """\
[api]
auth_strategy = http_basic
http_basic_user_file = {directory}/htpasswd
http_basic_project_id = 0123456789abcdef0123456789abcdef
http_basic_admins = admin

[database]
connection = sqlite:///{directory}/keypair_ext.sqlite
"""

_PASTE = """\
[composite:main]
use = egg:Paste#urlmap
/ = config:{paste_file}#main
/identity/v3 = identity

[app:identity]
paste.app_factory = keypair_ext.testbed.identity:app_factory
"""

# Where python-openstackclient looks for the version of the Identity service
# even though it needs no token.
_CLOUD = """\
  {user}:
    auth_type: http_basic
    auth:
      username: {user}
      password: {password}
      endpoint: {url}/v2.1
    identity_endpoint_override: {url}/identity/v3
"""

# What a shell has from another cloud would come first, and a proxy does not
# know this machine by that address.
_OPENRC = """\
for name in $(env | sed -n 's/^\\(OS_[A-Za-z0-9_]*\\)=.*/\\1/p'); do
    unset "$name"
done
export OS_CLIENT_CONFIG_FILE={clouds}
export OS_CLOUD=member
export no_proxy="127.0.0.1${{no_proxy:+,$no_proxy}}"
export NO_PROXY="$no_proxy"
"""


def prepare(directory: pathlib.Path, url: str) -> dict[str, str]:
    """Make what the directory lacks; return the passwords just made.

    :param url: of the service, for what clients are told.
    :raises OSError: a file cannot be made.
    :raises KeypairExtError: the database cannot be used.
    """
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _alone_in(directory):
        _write_configuration(directory)
        conf = config_files.parse([str(directory / 'keypair_ext.conf')])
        keypair_conf.register_opts(conf, 'database')
        migration.sync(engine.create_engine(conf, 'database'))
        made = _make_users(directory)
        _write_client_files(directory, url)
        return made


@contextlib.contextmanager
def _alone_in(directory: pathlib.Path) -> Iterator[None]:
    # Two that start at once would both make users, and mix them up.
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _write_configuration(directory: pathlib.Path) -> None:
    (directory / 'keypair_ext.conf').write_text(
        _HEAD + _CONFIGURATION.format(directory=directory),
        encoding='utf-8',
    )
    (directory / 'api-paste.ini').write_text(
        _HEAD + _PASTE.format(paste_file=_shipped_paste_file()),
        encoding='utf-8',
    )


def _shipped_paste_file() -> pathlib.Path:
    checkout = pathlib.Path(keypair_ext.__file__).parent.parent
    for root in (checkout, pathlib.Path(sys.prefix)):
        path = root / 'etc' / 'keypair_ext' / 'api-paste.ini'
        if path.is_file():
            return path
    raise exception.ConfigurationError(
        reason='etc/keypair_ext/api-paste.ini is not where this package was '
        'installed from: run the test bed from a checkout.'
    )


def _make_users(directory: pathlib.Path) -> dict[str, str]:
    """Make users, unless they are complete; return their passwords."""
    password_file = directory / 'htpasswd'
    kept = {user: directory / f'{user}.password' for user in _USERS}
    if all(path.exists() for path in (password_file, *kept.values())):
        return {}
    # Removed first and made last: whoever is killed between starts over.
    password_file.unlink(missing_ok=True)
    passwords = {user: secrets.token_urlsafe(12) for user in _USERS}
    for user, path in kept.items():
        _write_secret(path, passwords[user] + '\n')
    lines = [
        f'{user}:{bcrypt.hashpw(password.encode(), bcrypt.gensalt()).decode()}'
        for user, password in passwords.items()
    ]
    _write_secret(password_file, '\n'.join(lines) + '\n')
    return passwords


def _write_client_files(directory: pathlib.Path, url: str) -> None:
    clouds = directory / CLOUDS
    text = ''.join(
        _CLOUD.format(user=user, url=url, password=json.dumps(password))
        for user, password in _passwords(directory).items()
    )
    _write_secret(clouds, f'{_HEAD}clouds:\n{text}')
    text = _OPENRC.format(clouds=shlex.quote(str(clouds)))
    (directory / 'openrc').write_text(_HEAD + text, encoding='utf-8')


def _passwords(directory: pathlib.Path) -> dict[str, str]:
    return {
        user: (directory / f'{user}.password').read_text().strip()
        for user in _USERS
    }


def _write_secret(path: pathlib.Path, text: str) -> None:
    """Write a file that is for its owner only, whole or not at all."""
    fresh = path.with_name(f'{path.name}.new')
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, 'w', encoding='utf-8') as stream:
        stream.write(text)
    fresh.replace(path)
