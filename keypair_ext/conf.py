# SPDX-License-Identifier: Apache-2.0

"""Every configuration option, and the only place that registers them.

The functions take the ``ConfigOpts`` to work on: inside Nova that is the
process's own, already filled by Nova, and an option that Nova registered is
read, never registered again.
"""

import contextlib
import socket
from collections.abc import Iterable
from urllib import parse as urlparse

from oslo_config import cfg, types
from oslo_db import options as db_options
from oslo_middleware import opts as middleware_opts

from keypair_ext import exception

# What the stand-alone service calls itself to oslo.config.
PROJECT = 'keypair_ext'

DEFAULT_OPTS: list[cfg.Opt] = [
    cfg.StrOpt(
        'host',
        default=socket.gethostname(),
        sample_default='<current_hostname>',
        help="""
The name of this machine in the publisher of notifications: ``api.<host>`` and
``nova-api:<host>``, as Nova writes it.
""",
    )
]

API_OPTS: list[cfg.Opt] = [
    cfg.StrOpt(
        'auth_strategy',
        default='keystone',
        choices=[
            ('keystone', 'tokens of the Identity service'),
            ('http_basic', 'a password file; see http_basic_user_file'),
            ('noauth', 'believe the client: tests and benchmarks only'),
        ],
        help="""
How the stand-alone service learns who is asking. It chooses among the
pipelines of the same names in api-paste.ini. Read by the service only: a
filter or app mount stands behind the identity filters of its host.
""",
    ),
    cfg.IntOpt(
        'max_limit',
        default=1000,
        min=0,
        deprecated_group='DEFAULT',
        deprecated_name='osapi_max_limit',
        help="""
The largest page of key pairs, from API version 2.35. A client that asks for
more, or for nothing in particular, gets this many and a link to the rest.
A larger page costs memory and time per request.
""",
    ),
    cfg.StrOpt(
        'max_version',
        help="""
The newest API version to serve, such as ``2.96``. Beside a Nova, at the load
balancer, it is that Nova's, which ``keypair-ext-status upgrade check
--nova-url`` asks for. Not set, all are served. ``max_version`` in a section
of the paste file goes before it, and the filter asks the Nova that it is in.
""",
    ),
    cfg.StrOpt(
        'compute_link_prefix',
        deprecated_group='DEFAULT',
        deprecated_name='osapi_compute_link_prefix',
        help="""
The public address, for example ``https://cloud.example.org/compute``, that
replaces scheme, host and port in the links of answers. Set it when clients
reach the service through a proxy that does not pass the original address on.
""",
    ),
    cfg.StrOpt(
        'http_basic_user_file',
        default='/etc/keypair_ext/htpasswd',
        help="""
The password file of ``auth_strategy = http_basic``: one ``user:hash`` a line,
bcrypt hashes only (``htpasswd -B``). The file is read again when it changes.
A user's name is also the user's id.
""",
    ),
    cfg.StrOpt(
        'http_basic_project_id',
        default='default',
        help='The project that every user of the password file works in.',
    ),
    cfg.ListOpt(
        'http_basic_roles',
        default=['member', 'reader'],
        help='The roles that every user of the password file has.',
    ),
    cfg.ListOpt(
        'http_basic_admins',
        default=[],
        help="""
Users of the password file who also have the role ``admin``, and so may act
for other users.
""",
    ),
    cfg.IntOpt(
        'http_basic_cache_time',
        default=60,
        min=0,
        help="""
For how many seconds a password that was found right is believed without the
bcrypt hash being checked again, which costs tens to hundreds of milliseconds;
0 pays that on each request. A keyed digest of the password stays in memory
until the file changes, so that those who guess passwords cannot keep its
owner out.
""",
    ),
    cfg.BoolOpt(
        'noauth_allow_remote',
        default=False,
        help="""
Let ``auth_strategy = noauth`` serve clients that are not on this machine, or
that come through a proxy. Anybody who can reach the port is then whoever they
say they are.
""",
    ),
    cfg.IntOpt(
        'token_cache_size',
        default=1000,
        min=1,
        help="""
How many tokens of the Identity service a worker process remembers, for
``[keystone_authtoken] token_cache_time`` seconds each, where ``cache =
keypair_ext.token_cache`` in ``[keystone_authtoken]`` asks for it. With more
tokens than this, or more than 16 KiB for each, all are forgotten and checked
again.
""",
    ),
]

QUOTA_OPTS: list[cfg.Opt] = [
    cfg.IntOpt(
        'key_pairs',
        default=100,
        min=-1,
        deprecated_group='DEFAULT',
        deprecated_name='quota_key_pairs',
        help="""
How many key pairs one user may have; -1 is without limit. Where the database
is Nova's, a quota set there for the user, the project or the default class
goes before this one.
""",
    ),
    cfg.StrOpt(
        'driver',
        default='local',
        help="""
Where the limit comes from: ``local`` (Nova's quota tables where the database
has them, else ``key_pairs``), ``unified`` (registered limit
``server_key_pairs`` in the Identity service; needs ``keypair-ext[unified]``)
or ``noop`` (no limit). Nova's class names ``nova.quota.DbQuotaDriver``,
``nova.quota.UnifiedLimitsDriver`` and ``nova.quota.NoopQuotaDriver`` mean the
same. A driver that is not one of these stops the load.
""",
    ),
    cfg.StrOpt(
        'unified_limits_resource_strategy',
        default='require',
        choices=[
            ('require', 'a listed resource must have a registered limit'),
            ('ignore', 'only a listed resource needs no registered limit'),
        ],
        help="""
How ``unified_limits_resource_list`` is meant. With ``driver = unified`` and
no registered limit ``server_key_pairs`` in the Identity service, a user may
have no key pairs (``require`` and listed, ``ignore`` and not listed) or any
number of them (otherwise).
""",
    ),
    cfg.ListOpt(
        'unified_limits_resource_list',
        default=['servers'],
        help="""
The resources that ``unified_limits_resource_strategy`` is about. As in Nova
``server_key_pairs`` is not among them by default, so without a registered
limit there is none: name it here to have that refused instead.
""",
    ),
]

KEYPAIRS_OPTS: list[cfg.Opt] = [
    cfg.IntOpt(
        'key_pool_size',
        default=4,
        min=0,
        max=1000,
        help="""
How many RSA keys a worker process makes ahead, so that a client who asks for
a generated key pair (before API version 2.92) does not wait for one. Making
a key of 2048 bits costs some 50 ms of processor time, whenever it is done, and
a longer one more. Keys wait in memory only, never in a file, and are never
shared between processes. 0 turns the pool off. Keys that are not RSA are made
at once.
""",
    ),
    cfg.IntOpt(
        'retry_after',
        default=1,
        min=0,
        help="""
The seconds in the ``Retry-After`` header of an answer 503.
""",
    ),
    cfg.IntOpt(
        'limit_cache_time',
        default=30,
        min=0,
        help="""
With ``[quota] driver = unified``, for how many seconds a worker process
remembers the registered limit. A change of the limit takes as long to be
seen, and the Identity service can be away as long without being missed. 0
asks it for each key pair that is created.
""",
    ),
    cfg.BoolOpt(
        'idempotent_import',
        sample_default='false',
        help="""
Whether an import of the very key that the user has under this name is
answered like the import that brought it, instead of 409. Comment, white space
and padding do not count. Nothing is stored, and nobody is notified. Without a
value the mount's profile decides; so it is with the four options that follow.
""",
    ),
    cfg.BoolOpt(
        'duplicate_before_quota',
        sample_default='false',
        help="""
Whether a key that is none is 400 and a name that is taken 409 also where the
quota is full, which Nova answers with 403.
""",
    ),
    cfg.BoolOpt(
        'created_at_in_lists',
        sample_default='false',
        help="""
Whether each key pair of a list holds ``created_at``, as a show has it. A page
costs the database and the service more. Tempest's schema of a list allows no
further field, so its tests that list key pairs fail with this.
""",
    ),
    cfg.StrOpt(
        'sha256_fingerprint',
        choices=[
            ('off', 'as Nova: fingerprints are MD5, SHA-1 of a certificate'),
            ('header', 'also X-Keypair-Fingerprint, on a create and a show'),
            ('body', 'as the fingerprint, in all answers'),
        ],
        sample_default='off',
        help="""
Where clients see the SHA-256 fingerprint, ``SHA256:`` and base64 as
``ssh-keygen -l`` shows it. It is computed from the key; what the table holds
and notifications tell stays as in Nova.
""",
    ),
    cfg.StrOpt(
        'generated_ssh_algorithm',
        choices=['rsa-2048', 'rsa-3072', 'rsa-4096', 'ecdsa-256', 'ed25519'],
        sample_default='rsa-2048',
        help="""
What SSH keys that the service generates (before API version 2.92) are. The
private key of RSA comes in the PEM format of PKCS#1, of ECDSA in that of SEC
1, of Ed25519 in that of OpenSSH. A certificate's key is always RSA of 2048
bits.
""",
    ),
    cfg.StrOpt(
        'strength',
        default='off',
        choices=[
            ('off', 'as Nova: whatever is a key is taken'),
            ('report', 'take it, and log a warning with owner, name and rule'),
            ('enforce', 'refuse it with 400, the rule and what to do'),
        ],
        help="""
What happens to an import that breaks the rules of the following options.
``keypair-ext-manage keys audit`` applies them to the keys that are there
already, whatever this is.
""",
    ),
    cfg.ListOpt(
        'allowed_algorithms',
        default=[],
        item_type=types.String(
            choices=[
                'rsa',
                'ecdsa',
                'ed25519',
                'ecdsa-sk',
                'ed25519-sk',
                'dsa',
            ]
        ),
        help="""
The algorithms that keys may have, by the names of ``ssh-keygen -t``; all of
them where it is empty. The key in a certificate counts, of X.509 as well.
""",
    ),
    cfg.IntOpt(
        'min_rsa_bits',
        default=0,
        min=0,
        max=16384,
        help='The least number of bits of an RSA key.',
    ),
    cfg.BoolOpt(
        'allow_certificates',
        default=True,
        help='Whether an OpenSSH certificate may be imported as a key.',
    ),
    cfg.BoolOpt(
        'allow_several_keys',
        default=True,
        help="""
Whether one key pair may have several keys, on lines of their own. Whoever has
any of their private keys can enter a server that is built with it.
""",
    ),
    cfg.BoolOpt(
        'known_bad_keys',
        default=False,
        help="""
Whether keys that are known to be broken (ROCA, close or shared primes, small
factors) break the rules. Needs ``keypair-ext[badkeys]``. The list of badkeys,
of keys whose private part is public, is asked as well where this user has it:
``badkeys --update-bl``.
""",
    ),
]

NOTIFICATIONS_OPTS: list[cfg.Opt] = [
    cfg.StrOpt(
        'notification_format',
        default='unversioned',
        choices=['both', 'versioned', 'unversioned'],
        deprecated_group='DEFAULT',
        help="""
Which of Nova's two shapes of ``keypair.*`` notifications is sent.
Notifications are off altogether unless ``[oslo_messaging_notifications]
driver`` names one.
""",
    ),
    cfg.ListOpt(
        'versioned_notifications_topics',
        default=['versioned_notifications'],
        help='The topics that versioned notifications are sent to.',
    ),
]

LISTENER_OPTS: list[cfg.Opt] = [
    cfg.IntOpt(
        'grace_period',
        default=86400,
        min=0,
        help="""
So many seconds after Keystone told of a user's deletion the keys of the user
are purged; 0 is at once.
""",
    ),
    cfg.StrOpt(
        'journal_directory',
        default='/var/lib/keypair_ext',
        help="""
Where journals of what was purged are written, and who is to be purged is
noted. Each listener needs one of its own, which outlives restarts.
""",
    ),
    cfg.StrOpt(
        'exchange', default='keystone', help="Keystone's ``control_exchange``."
    ),
    cfg.ListOpt(
        'topics',
        default=['notifications'],
        help="""
The topics that Keystone sends to, ``[oslo_messaging_notifications] topics``
of its configuration.
""",
    ),
    cfg.StrOpt(
        'pool',
        default='keypair-ext-listener',
        help="""
The name of the queue. Other services that listen to the same topics hear each
message, too; listeners of the same pool share them.
""",
    ),
]

_GROUPS = {
    'DEFAULT': DEFAULT_OPTS,
    'api': API_OPTS,
    'quota': QUOTA_OPTS,
    'keypairs': KEYPAIRS_OPTS,
    'notifications': NOTIFICATIONS_OPTS,
    'listener': LISTENER_OPTS,
}


# Empty, these would mean something that nobody writes down so: the working
# directory, somebody else's queue, nothing to listen to.
_NEVER_EMPTY = {
    'api': ('http_basic_user_file', 'http_basic_project_id'),
    'listener': ('journal_directory', 'exchange', 'topics', 'pool'),
}


def register_opts(conf: cfg.ConfigOpts, database_group: str) -> None:
    """Register on ``conf`` what is not registered there yet.

    :param conf: the configuration to extend.
    :param database_group: the group whose database options are used,
        ``database`` or ``api_database`` or an operator's own.
    :raises ConfigurationError: an option has a value that it cannot have.
    """
    for group, opts in _GROUPS.items():
        register_missing(conf, opts, group)
    register_missing(conf, db_options.database_opts, database_group)
    for name, sizelimit_opts in middleware_opts.list_opts_sizelimit():
        register_missing(conf, sizelimit_opts, name)


def register_api_opts(conf: cfg.ConfigOpts) -> None:
    """Register groups ``[api]`` and ``[keypairs]``, all that filters read.

    :raises ConfigurationError: an option has a value that it cannot have.
    """
    for group in 'api', 'keypairs':
        register_missing(conf, _GROUPS[group], group)


def register_missing(
    conf: cfg.ConfigOpts, opts: Iterable[cfg.Opt], group: str
) -> None:
    """Register options that are not registered yet, and read them.

    :raises ConfigurationError: an option has a value that it cannot have.
    """
    for opt in opts:
        # Where the host application (Nova) has an option of this name with
        # help or choices of its own, its value is the one we want.
        with contextlib.suppress(cfg.DuplicateOptError):
            # None is oslo.config's word for the group [DEFAULT].
            conf.register_opt(opt, None if group == 'DEFAULT' else group)
        _check_value(conf, opt, group)


def _check_value(conf: cfg.ConfigOpts, opt: cfg.Opt, group: str) -> None:
    """Read an option now: until it is read, its value is not looked at."""
    where = f'Option {opt.name} in group [{group}]'
    try:
        value = getattr(conf if group == 'DEFAULT' else conf[group], opt.dest)
    except (
        cfg.NoSuchGroupError,
        cfg.NoSuchOptError,
        cfg.TemplateSubstitutionError,
    ):
        # What follows the $ may be a part of a password.
        raise exception.ConfigurationError(
            reason=f'{where} has a $, which stands for the value of another '
            f'option: write $$ for one that belongs to the value, as in a '
            f'password.'
        ) from None
    except cfg.Error as error:
        _, _, reason = str(error).partition(' is not valid: ')
        raise exception.ConfigurationError(
            reason=f'{where} cannot be used: {reason or error}.'
        ) from error
    # None is how oslo.config reads a number that is left empty.
    if (value is None and opt.default is not None) or (
        not value and opt.name in _NEVER_EMPTY.get(group, ())
    ):
        raise exception.ConfigurationError(
            reason=f'{where} is empty: give it a value, or take the line out.'
        )


def check_address(where: str, url: str | None) -> None:
    """Return if an option that may be None is the address of a server.

    :raises ConfigurationError: it is something else.
    """
    if url is None:
        return
    try:
        parts = urlparse.urlsplit(url)
        # A port that is none is a ValueError when it is asked for.
        host, _ = parts.hostname, parts.port
        if parts.scheme in ('http', 'https') and host:
            return
        reason = 'it has to begin with http:// or https:// and a host'
    except ValueError as error:
        reason = str(error)
    raise exception.ConfigurationError(
        reason=f'{where} is no URL of a server: {reason}.'
    )


def list_opts() -> list[tuple[str, list[cfg.Opt]]]:
    """Return our options by group, for oslo-config-generator."""
    return list(_GROUPS.items())


def is_ours(conf: cfg.ConfigOpts) -> bool:
    """Say whether we alone read ``conf``, so that its defaults are ours."""
    return conf is not cfg.CONF or getattr(conf, 'project', None) == PROJECT
