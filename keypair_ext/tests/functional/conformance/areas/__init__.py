# SPDX-License-Identifier: Apache-2.0

"""The areas: what is asked, in groups that do not know each other.

Each is a generator of requests, run once against every server, under users
of its own. To add one, write it and name it here.
"""

from collections.abc import Mapping

from keypair_ext.tests.functional.conformance.areas import (
    bodies,
    boundaries,
    discovery,
    every_version,
    keys,
    legacy,
    names,
    negotiation,
    order,
    paging,
    quota,
    routing,
    users,
)
from keypair_ext.tests.functional.conformance.areas.script import Area


def areas() -> Mapping[str, Area]:
    """Return all areas by name."""
    return {
        'bodies': bodies.script,
        'boundaries': boundaries.script,
        'discovery': discovery.script,
        'every version': every_version.script,
        'generated keys': keys.generated,
        'legacy': legacy.script,
        'names': names.script,
        'negotiation': negotiation.script,
        'order': order.script,
        'paging': paging.script,
        'quota': quota.script,
        'routing': routing.script,
        'ssh keys': keys.ssh,
        'users': users.script,
        'x509 keys': keys.x509,
    }
