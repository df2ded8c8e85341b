# SPDX-License-Identifier: Apache-2.0

"""The service as it is shipped, in this process.

The paste file is the one of ``etc/keypair_ext``, its pipelines those of
``auth_strategy = noauth``; the database is SQLite, or what
``KEYPAIR_EXT_TEST_DATABASE`` names, made by our migration. Nothing of the
machine's configuration is read, nothing of the process's is changed.
"""

import atexit
import configparser
import contextlib
import json
import pathlib
from collections.abc import Callable, Mapping
from typing import Any
from urllib import parse as urlparse

import fixtures
import sqlalchemy as sa
import webob
from gabbi import fixture as gabbi_fixture

import keypair_ext
from keypair_ext import conf as keypair_conf, config_files, deploy
from keypair_ext.db import engine, migration, models
from keypair_ext.tests.functional.servers import databases
from keypair_ext.tests.unit.keytypes import vectors
from keypair_ext.tests.versions import ABOVE, NEWEST

Options = Mapping[str, Mapping[str, object]]

ROOT = pathlib.Path(keypair_ext.__file__).parent.parent
PASTE_FILE = ROOT / 'etc' / 'keypair_ext' / 'api-paste.ini'

KEY = f'{vectors.ED25519.line} amelia@laptop'
OTHER_KEY = f'{vectors.RSA_2048.line} amelia@desktop'
CERTIFICATE = """\
-----BEGIN CERTIFICATE-----
MIIBeTCCAR+gAwIBAgIUJs2junXht9qcxcImlEWn9HKQCGQwCgYIKoZIzj0EAwIw
ETEPMA0GA1UEAwwGYW1lbGlhMCAXDTI2MTEyMjA1MDUwNloYDzIxMjYxMDI5MDUw
NTA2WjARMQ8wDQYDVQQDDAZhbWVsaWEwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNC
AAT4Ozgv3LxNRg8DW7aTYzV5uSxlwc6niO6FW+MkdmLdtVi3E6L6BrolMVpJI/W7
LIwkhWHd1B7XgIwgwEN3WfJTo1MwUTAdBgNVHQ4EFgQUV5frC5MH8yNEuA6Lakjy
z5nXoOswHwYDVR0jBBgwFoAUV5frC5MH8yNEuA6Lakjyz5nXoOswDwYDVR0TAQH/
BAUwAwEB/zAKBggqhkjOPQQDAgNIADBFAiAeB7KSv5RiTAivT3aNOqkt+FGFp9Up
2Pd2+Bl+UXzXqAIhALrXpxFKJksuzMTqiF0fr7FI1mzhOeF1hZYRh72XZ21m
-----END CERTIFICATE-----
"""

KEY_SHA256 = 'SHA256:l4Fcp73L8Tkaex2nEc3glOqW9ca1jlqnzhqsAsgKRI4'
CERTIFICATE_SHA256 = 'SHA256:wWd3VYfqexLDqpyddyqFhZLb81iClTdAcGREkBSk6oI'

# What the stories call their samples: $ENVIRON['KEY'].
SAMPLES = {
    'ABOVE': ABOVE,
    'NEWEST': NEWEST,
    'KEY': KEY,
    'KEY_FINGERPRINT': vectors.ED25519.fingerprint,
    'OTHER_KEY': OTHER_KEY,
    'OTHER_KEY_FINGERPRINT': vectors.RSA_2048.fingerprint,
    'HARDWARE_KEY': vectors.SK_ED25519.line,
    'TWO_KEYS': f'{KEY}\n{OTHER_KEY}',
    'KEY_ELSEWHERE': f'{vectors.ED25519.line}   amelia@desktop\n',
    'KEY_SHA256': KEY_SHA256,
    'CERTIFICATE': CERTIFICATE,
    'CERTIFICATE_ELSEWHERE': f'subject=CN = amelia\n{CERTIFICATE}\n',
    'CERTIFICATE_SHA256': CERTIFICATE_SHA256,
    'CERTIFICATE_FINGERPRINT': (
        'a4:82:f8:59:02:dc:46:0a:5c:86:83:1c:58:34:82:b9:0b:30:07:de'
    ),
}

# Who asks where nothing else is said: an ordinary user.
TOKEN = 'amelia:aaaa:member,reader'
ADMIN_TOKEN = 'root:ffff:admin,member,reader'


def write_config(directory: str, options: Options | None = None) -> str:
    """Write a ``keypair_ext.conf`` and return its path.

    :param options: those beside the database and ``noauth``, by group.
    """
    text = configparser.RawConfigParser()
    text.read_dict(
        {
            'api': {'auth_strategy': 'noauth'},
            'database': {'connection': databases.url(directory)},
            # Not the machine's: nothing is looked for in /etc.
            'oslo_policy': {
                'policy_file': f'{directory}/policy.yaml',
                'policy_dirs': f'{directory}/policy.d',
            },
        }
    )
    for group, values in (options or {}).items():
        text.read_dict({group: values})
    pathlib.Path(directory, 'policy.yaml').touch()
    pathlib.Path(directory, 'policy.d').mkdir(exist_ok=True)
    path = pathlib.Path(directory, 'keypair_ext.conf')
    with path.open('w') as file:
        text.write(file)
    return str(path)


def make_database(config_file: str) -> sa.Engine:
    """Make the database that a configuration file names; return a way in."""
    conf = config_files.parse([config_file])
    keypair_conf.register_opts(conf, 'database')
    made: sa.Engine = engine.create_engine(conf, 'database')
    migration.sync(made)
    return made


class Application:
    """What is asked here: ``app``."""

    app: Callable[..., Any]

    def ask(
        self,
        method: str,
        path: str,
        *,
        token: str | None = TOKEN,
        version: str | None = None,
        body: object = None,
        headers: Mapping[str, str] | None = None,
        environ: Mapping[str, Any] | None = None,
    ) -> webob.Response:
        """Send a request as a server does, with the path as it came.

        :param token: ``user:project:roles``, None for no token.
        :param version: the microversion to ask for.
        :param body: bytes, or a document to be sent as JSON.
        :param environ: what the server tells beside the usual.
        """
        request = webob.Request.blank(path, method=method)
        request.environ |= {
            'REMOTE_ADDR': '127.0.0.1',
            'REQUEST_URI': path,
            **(environ or {}),
        }
        if token is not None:
            request.headers['X-Auth-Token'] = token
        if version is not None:
            request.headers['OpenStack-API-Version'] = f'compute {version}'
        if body is not None:
            request.body = (
                body if isinstance(body, bytes) else json.dumps(body).encode()
            )
            request.headers['Content-Type'] = 'application/json'
        request.headers.update(headers or {})
        return request.get_response(self.app)


class Service(Application, fixtures.Fixture):
    """The stand-alone service, ready to be asked.

    :param options: of its configuration file, by group.
    :param sections: keys to add to sections of the paste file.
    """

    def __init__(
        self,
        options: Options | None = None,
        sections: Options | None = None,
    ) -> None:
        super().__init__()
        self._options = options
        self._sections = sections or {}

    def _setUp(self) -> None:
        self.directory = self.useFixture(fixtures.TempDir()).path
        self.config_file = write_config(self.directory, self._options)
        self.engine = make_database(self.config_file)
        self.addCleanup(self.engine.dispose)
        composition = deploy.Composition()
        self.addCleanup(composition.close)
        with fixtures.FakeLogger():
            self.app = composition.load(self._paste_file())

    def _paste_file(self) -> str:
        """Write the shipped file, with our configuration in each section."""
        shipped = configparser.RawConfigParser()
        shipped.optionxform = str  # type: ignore[method-assign,assignment]
        shipped.read(PASTE_FILE)
        own = {
            'oslo_config_file': self.config_file,
            'oslo_config_project': 'keypair_ext',
        }
        for name in shipped.sections():
            made_by = shipped[name].get('use', '')
            if made_by.startswith('egg:keypair-ext#') or (
                name == 'app:healthcheck'
            ):
                shipped[name].update(own)
        shipped.read_dict(self._sections)
        path = pathlib.Path(self.directory, 'api-paste.ini')
        with path.open('w') as file:
            shipped.write(file)
        return str(path)

    def clear(self) -> None:
        """Remove all key pairs."""
        with self.engine.begin() as connection:
            connection.execute(models.key_pairs.delete())

    def create(
        self,
        name: str,
        *,
        version: str = '2.92',
        token: str = TOKEN,
        **fields: object,
    ) -> webob.Response:
        """Import the sample key, or what ``fields`` say, under a name."""
        keypair = {'name': name, 'public_key': KEY, **fields}
        return self.ask(
            'POST',
            '/v2.1/os-keypairs',
            token=token,
            version=version,
            body={'keypair': keypair},
        )

    def names(self, user_id: str, version: str = NEWEST) -> list[str]:
        """Return the names of a user's key pairs, as an admin sees them."""
        query = urlparse.urlencode({'user_id': user_id})
        answer = self.ask(
            'GET',
            f'/v2.1/os-keypairs?{query}',
            token=ADMIN_TOKEN,
            version=version,
        )
        return [row['keypair']['name'] for row in answer.json['keypairs']]


class ServiceFixture(gabbi_fixture.GabbiFixture):  # type: ignore[misc]
    """The service of one gabbi file, without any key pair.

    Loading one takes half a second, so the next file of a process gets the
    same, and the last one is removed when the process ends.
    """

    options: Options = {}

    _loaded: dict[type, Service] = {}
    # gabbi asks for the application before it starts the fixture.
    running: Service

    def start_fixture(self) -> None:
        service = self._loaded.get(type(self))
        if service is None:
            service = self._loaded[type(self)] = Service(self.options)
            service.setUp()
            atexit.register(service.cleanUp)
        service.clear()
        ServiceFixture.running = service
        self._surroundings = contextlib.ExitStack()
        self._surroundings.enter_context(fixtures.FakeLogger())
        for name, value in SAMPLES.items():
            self._surroundings.enter_context(
                fixtures.EnvironmentVariable(name, value)
            )

    def stop_fixture(self) -> None:
        self._surroundings.close()


class SmallQuota(ServiceFixture):
    """Two key pairs and no more."""

    options = {'quota': {'key_pairs': 2}}


class StrongKeys(ServiceFixture):
    """Weak keys are refused."""

    options: Options = {
        'keypairs': {
            'strength': 'enforce',
            'allowed_algorithms': 'ed25519,ed25519-sk,rsa',
            'min_rsa_bits': 3072,
            'allow_certificates': 'false',
            'allow_several_keys': 'false',
        }
    }


class IdempotentImport(ServiceFixture):
    """An import of the key that is there succeeds; users have one."""

    options: Options = {
        'keypairs': {'idempotent_import': 'true'},
        'quota': {'key_pairs': 1},
    }


class IdempotentImportWithRoom(ServiceFixture):
    """An import of the key that is there succeeds."""

    options: Options = {'keypairs': {'idempotent_import': 'true'}}


class DuplicateBeforeQuota(ServiceFixture):
    """A full quota is told last; users have one key pair."""

    options: Options = {
        'keypairs': {'duplicate_before_quota': 'true'},
        'quota': {'key_pairs': 1},
    }


class CreatedAtInLists(ServiceFixture):
    """Lists tell when key pairs were created."""

    options: Options = {'keypairs': {'created_at_in_lists': 'true'}}


class Sha256InHeader(ServiceFixture):
    """A header tells the SHA-256 fingerprint."""

    options: Options = {'keypairs': {'sha256_fingerprint': 'header'}}


class Sha256InBody(ServiceFixture):
    """The fingerprint is SHA-256."""

    options: Options = {'keypairs': {'sha256_fingerprint': 'body'}}


class GeneratedEd25519(ServiceFixture):
    """Generated SSH keys are not RSA."""

    options: Options = {'keypairs': {'generated_ssh_algorithm': 'ed25519'}}


class SmallPages(ServiceFixture):
    """A list has two key pairs at most."""

    options = {'api': {'max_limit': 2}}


class BehindProxy(ServiceFixture):
    """Clients know the service by another address."""

    options = {
        'api': {'compute_link_prefix': 'https://cloud.example.org/compute'}
    }


class ProxyHeaders(ServiceFixture):
    """A proxy tells by which address clients know the service."""

    options = {
        'oslo_middleware': {'enable_proxy_headers_parsing': True},
        # It is the proxy that asks, and it need not be on this machine.
        'api': {'noauth_allow_remote': True},
    }


class CrossOrigin(ServiceFixture):
    """Pages of the dashboard may ask."""

    options = {'cors': {'allowed_origin': 'https://dashboard.example.org'}}


def application(environ: dict[str, Any], start_response: Any) -> Any:
    """Answer as the service that is running."""
    return ServiceFixture.running.app(environ, start_response)
