# SPDX-License-Identifier: Apache-2.0

"""OpenSSL's FIPS provider: the machine's own, or one that is compiled here.

Debian has it from release 13 on, as ``openssl-provider-fips``. Before that the
source which its archive has of OpenSSL gives one; apt says where that is.
"""

import contextlib
import os
import re
import shutil
import tarfile
from pathlib import Path
from typing import Final

import fixtures

from keypair_ext.tests.functional.servers import process, venv

_MODULE: Final = 'fips.so'

# What has to be true of the module is checked when it is installed, by
# OpenSSL itself, which writes that down; the rest is as Red Hat's systems have
# it: MD5 is there, for those who name its purpose.
_CONF: Final = """\
openssl_conf = init
.include {checked}

[init]
providers = providers
alg_section = algorithms

[providers]
fips = fips_sect
base = active
default = active

[active]
activate = 1

[algorithms]
default_properties = fips=yes
"""


class Missing(Exception):
    """There is no provider; the message says what would give one."""


class Configuration(fixtures.Fixture):
    """A value of ``OPENSSL_CONF``, ``path``, with a module of its own.

    Two OpenSSLs in a process, Python's and cryptography's, need one each:
    what they load from the same file they would share.
    """

    path: Path

    def __init__(self, module: Path) -> None:
        super().__init__()
        self._module = module

    def _setUp(self) -> None:
        home = self.useFixture(process.Directory('fips')).path
        module = home / _MODULE
        shutil.copy(self._module, module)
        checked = home / 'fips.cnf'
        process.run(
            ['openssl', 'fipsinstall', '-module', module, '-out', checked],
            env=process.clean_environment(home),
        )
        section = '[fips_sect]\n'
        text = checked.read_text()
        checked.write_text(
            text.replace(section, f'{section}module = {module}\n')
        )
        self.path = home / 'openssl.cnf'
        self.path.write_text(_CONF.format(checked=checked))


def find() -> Path:
    """Return the module.

    :raises Missing: where there is none, and none can be made.
    """
    env = process.clean_environment(Path('/'))
    try:
        told = process.run(['openssl', 'version', '-m'], env=env)
    except FileNotFoundError:
        raise Missing('there is no openssl') from None
    found = re.search(r'MODULESDIR: "(.*)"', told)
    own = Path(found[1] if found else '', _MODULE)
    if own.is_file():
        return own
    if not os.environ.get('KEYPAIR_EXT_TEST_FIPS'):
        raise Missing(
            f'OpenSSL has no FIPS provider here ({own}): install it, as '
            f'Debian 13 has it in openssl-provider-fips, or set '
            f'KEYPAIR_EXT_TEST_FIPS=1, or run tox -e fips: it is compiled, '
            f'which takes minutes'
        )
    return _made()


def _made() -> Path:
    """Return the module that is kept in the cache, made on first use."""
    home = venv.cache_directory() / 'openssl-fips'
    home.mkdir(exist_ok=True)
    kept = home / _MODULE
    with venv.locked(home.with_name(f'{home.name}.lock')):
        if not kept.exists():
            try:
                with process.Directory('openssl') as directory:
                    made = _compile(_source(directory.path))
                    shutil.copy(made, kept.with_suffix('.new'))
            except (OSError, process.ServerError) as error:
                raise Missing(f'no FIPS provider can be made: {error}') from (
                    error
                )
            kept.with_suffix('.new').replace(kept)
    return kept


def _source(directory: Path) -> Path:
    """Let apt fetch OpenSSL's source, from where the machine's is."""
    parts = directory / 'sources.list.d'
    parts.mkdir()
    for name in ('lists/partial', 'cache/archives/partial'):
        (directory / name).mkdir(parents=True)
    for path in [
        Path('/etc/apt/sources.list'),
        *Path('/etc/apt/sources.list.d').glob('*'),
    ]:
        if path.suffix in ('.list', '.sources') and path.exists():
            text = re.sub(
                r'^(Types: .*\bdeb|deb)\b(?!-)',
                r'\1-src',
                path.read_text(),
                flags=re.MULTILINE,
            )
            (parts / path.name).write_text(text)
    options = [
        *('-o', 'Dir::Etc::sourcelist=-'),
        *('-o', f'Dir::Etc::sourceparts={parts}'),
        *('-o', f'Dir::State::lists={directory}/lists'),
        *('-o', f'Dir::Cache={directory}/cache'),
        *('-o', 'APT::Sandbox::User=root'),
    ]
    env = process.clean_environment(directory)
    # Other archives of the machine's may have no sources.
    with contextlib.suppress(process.ServerError):
        process.run(['apt-get', '-qq', *options, 'update'], env=env)
    process.run(
        [
            *('apt-get', '-qq', *options, 'source'),
            *('--download-only', '--tar-only', 'openssl'),
        ],
        env=env,
        cwd=directory,
    )
    (archive,) = directory.glob('openssl_*.orig.tar.gz')
    with tarfile.open(archive) as opened:
        opened.extractall(directory, filter='data')
    (source,) = directory.glob('openssl-*/')
    return source


def _compile(source: Path) -> Path:
    env = process.clean_environment(source)
    jobs = f'--jobs={os.cpu_count()}'
    for command in (
        ('./Configure', 'enable-fips', 'no-tests'),
        ('make', jobs, 'build_generated'),
        ('make', jobs, f'providers/{_MODULE}'),
    ):
        process.run(command, env=env, cwd=source, timeout=1200)
    return source / 'providers' / _MODULE
