# SPDX-License-Identifier: Apache-2.0

"""The options of tempest.conf that are ours."""

from oslo_config import cfg

SERVICE_AVAILABLE_OPTS: list[cfg.Opt] = [
    cfg.BoolOpt(
        'keypair_ext',
        default=True,
        help="""
Whether keypair_ext answers for os-keypairs. On a cloud with a plain Nova set
it to False: what only keypair_ext does is skipped then, and the rest has to
pass all the same.
""",
    ),
]

KEYPAIR_EXT_OPTS: list[cfg.Opt] = [
    cfg.IntOpt(
        'max_quota_to_fill',
        default=20,
        min=0,
        help="""
Where the quota cannot be changed through the API, the largest one that the
tests fill up with key pairs. With a larger one the quota tests are skipped.
""",
    ),
]


def list_opts() -> list[tuple[str, list[cfg.Opt]]]:
    """Return all options by group."""
    return [
        ('service_available', list(SERVICE_AVAILABLE_OPTS)),
        ('keypair_ext', list(KEYPAIR_EXT_OPTS)),
    ]
