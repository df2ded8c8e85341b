# SPDX-License-Identifier: Apache-2.0

"""The files of a test bed: what its service reads, and what clients read."""

import configparser
import contextlib
import fcntl
import json
import os
import pathlib
import shlex
import sys
import tempfile
from collections.abc import Iterator, Mapping
from typing import Any, Final

import keypair_ext
from keypair_ext import exception

CLOUDS: Final = 'clouds.yaml'
_PASTE: Final = 'api-paste.ini'
_DATABASE: Final = 'keypair_ext.sqlite'

_HEAD: Final = (
    '# Of the test bed, not for production. Written whenever it starts: '
    'changes are lost.\n'
)

# What a shell has from another cloud would come first, and a proxy does not
# know this machine by that address.
_OPENRC: Final = """\
for name in $(env | sed -n 's/^\\(OS_[A-Za-z0-9_]*\\)=.*/\\1/p'); do
    unset "$name"
done
export OS_CLIENT_CONFIG_FILE={clouds}
export OS_CLOUD=member
export no_proxy="{host}${{no_proxy:+,$no_proxy}}"
export NO_PROXY="$no_proxy"
"""


@contextlib.contextmanager
def directory(
    wanted: str | os.PathLike[str] | None,
) -> Iterator[pathlib.Path]:
    """Have a directory to oneself.

    :param wanted: it is made if it is not there; None for one that is removed
        afterwards.
    :raises ConfigurationError: it cannot be used.
    """
    if wanted is None:
        with tempfile.TemporaryDirectory(
            prefix='keypair_ext-testbed-'
        ) as name:
            yield pathlib.Path(name)
        return
    path = pathlib.Path(wanted).absolute()
    with _telling_of(path):
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with _telling_of(path):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield path
    except BlockingIOError:
        raise exception.ConfigurationError(
            reason=f'Another test bed runs in {path}: stop it, or choose '
            f'another directory with --directory.'
        ) from None
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _telling_of(path: pathlib.Path) -> Iterator[None]:
    try:
        yield
    except BlockingIOError:
        raise
    except OSError as error:
        raise exception.ConfigurationError(
            reason=f'{error.filename or path} cannot be used: '
            f'{error.strerror}. The test bed keeps its files in {path}, '
            f'which has to be a directory that you can write to.'
        ) from error


def write_service_files(
    path: pathlib.Path,
    options: Mapping[str, Mapping[str, object]],
    profile: str,
) -> tuple[pathlib.Path, pathlib.Path]:
    """Write what the service reads; return its configuration and paste file.

    A database that was left there is removed.

    :param options: by group, those of the database and the policy aside.
    """
    with _telling_of(path):
        for old in path.glob(f'{_DATABASE}*'):
            old.unlink()
        # An operator's rules may be tried out there.
        (path / 'policy.yaml').touch()
        (path / 'policy.d').mkdir(exist_ok=True)
        configuration = _write_configuration(path, options)
        return configuration, _write_paste_file(path, profile, configuration)


def _write_configuration(
    directory: pathlib.Path, options: Mapping[str, Mapping[str, object]]
) -> pathlib.Path:
    text = configparser.RawConfigParser()
    text.read_dict(
        {
            'database': {
                'connection': f'sqlite:///{directory}/{_DATABASE}',
                # What is to be forgotten need not wait for the disk.
                'sqlite_synchronous': 'false',
            },
            # Not the machine's: nothing is looked for in /etc.
            'oslo_policy': {
                'policy_file': f'{directory}/policy.yaml',
                'policy_dirs': f'{directory}/policy.d',
            },
            **options,
        }
    )
    path = directory / 'keypair_ext.conf'
    with _secret(path) as stream:
        stream.write(_HEAD)
        text.write(stream)
    return path


def _write_paste_file(
    directory: pathlib.Path, profile: str, configuration: pathlib.Path
) -> pathlib.Path:
    """Write the paste file that is shipped, and return its path.

    Its sections read our configuration and no other, so that beside it the
    process may have one of its own.
    """
    shipped = configparser.RawConfigParser()
    # The names of sections' keys are not all in lower case.
    shipped.optionxform = str  # type: ignore[method-assign,assignment]
    shipped.read(_shipped_paste_file(), encoding='utf-8')
    for name, section in shipped.items():
        made_by = section.get('use', '')
        if made_by.startswith('egg:keypair-ext#') or name == 'app:healthcheck':
            section['oslo_config_file'] = str(configuration)
        if made_by in ('egg:keypair-ext#main', 'egg:keypair-ext#versions'):
            section['profile'] = profile
    path = directory / _PASTE
    with path.open('w', encoding='utf-8') as stream:
        stream.write(_HEAD)
        shipped.write(stream)
    return path


def _shipped_paste_file() -> pathlib.Path:
    checkout = pathlib.Path(keypair_ext.__file__).parent.parent
    for root in (checkout, pathlib.Path(sys.prefix)):
        path = root / 'etc' / 'keypair_ext' / _PASTE
        if path.is_file():
            return path
    raise exception.ConfigurationError(
        reason=f'etc/keypair_ext/{_PASTE} is neither beside the package nor '
        f'in {sys.prefix}: install keypair-ext[testbed] with pip, or run the '
        f'test bed from a checkout.'
    )


def write_client_files(
    directory: pathlib.Path, clouds: Mapping[str, Any], host: str
) -> None:
    """Write ``clouds.yaml`` and ``openrc``, for their owner only.

    :param clouds: the document; JSON is YAML.
    """
    path = directory / CLOUDS
    with _telling_of(directory):
        with _secret(path) as stream:
            stream.write(_HEAD + json.dumps(clouds, indent=2) + '\n')
        with _secret(directory / 'openrc') as stream:
            quoted = shlex.quote(str(path))
            stream.write(_HEAD + _OPENRC.format(clouds=quoted, host=host))


def _secret(path: pathlib.Path) -> Any:
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    return open(descriptor, 'w', encoding='utf-8')
