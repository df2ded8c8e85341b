# SPDX-License-Identifier: Apache-2.0

"""``keypair-ext-manage keys``: commands on the keys of all users.

They return 0; 1 where something was found, or was left, that a person has to
look at; 2 where they could not do what they are for.
"""

from keypair_ext.cmd.keys import changing, options, reading
from keypair_ext.cmd.parsing import Command

TROUBLE = 2

COMMANDS = (
    Command(
        'list',
        reading.list_keys,
        'print keys, with age, algorithm, size and fingerprints',
        (options.SELECTION, options.AFTER, options.FORMAT),
        example='list --older-than 90d --algorithm rsa --bits-below 3072',
    ),
    Command(
        'show',
        reading.show,
        'print one key',
        (*options.PLACE, options.FORMAT),
        example='show 9e3d... laptop',
    ),
    Command(
        'stats',
        reading.count,
        'count keys by type, algorithm, size and age, and users by keys',
        (options.SELECTION, options.PROMETHEUS, options.FORMAT),
        example='stats --prometheus /var/lib/node_exporter/keypairs.prom',
    ),
    Command(
        'export',
        reading.export,
        'print keys as JSON lines, every column as it is',
        (options.SELECTION, options.AFTER),
        example='export --user 9e3d... > keys.jsonl',
    ),
    Command(
        'import',
        changing.import_keys,
        'add the keys of an export; quotas do not apply',
        (*options.IMPORT, *options.CHANGE),
        example='import keys.jsonl --map-users users.json --yes',
    ),
    Command(
        'prune',
        changing.prune,
        'delete keys; at least --older-than, --user or --name is needed',
        (options.SELECTION, *options.CHANGE, options.JOURNAL, options.BUS),
        example="prune --name 'ci-*' --older-than 30d --yes",
    ),
    Command(
        'purge',
        changing.purge,
        'delete all keys of a user who has left, or of all who have',
        (
            *options.LEAVERS,
            options.CLOUD,
            *options.CHANGE,
            options.JOURNAL,
            options.BUS,
        ),
        example='purge --orphans --at-most 5% --yes',
    ),
    Command(
        'orphans',
        reading.list_orphans,
        'print users whom Identity does not know any more or has disabled; '
        'returns 1 if it does not know one',
        (options.CLOUD, options.FORMAT),
        example='orphans --os-cloud admin',
    ),
    Command(
        'where-used',
        reading.list_servers,
        'print the servers that were built with keys of a user: to delete '
        'the key pair takes no key out of them',
        (*options.OWNER, options.CLOUD, options.FORMAT),
        example='where-used --user 9e3d... --name laptop',
    ),
    Command(
        'transfer',
        changing.transfer,
        'give the keys of a user to another one',
        (*options.TRANSFER, *options.CHANGE, options.JOURNAL),
        example='transfer --from 9e3d... --to 41c7... --prefix old- --yes',
    ),
    Command(
        'audit',
        reading.audit_keys,
        'find keys that break the rules of [keypairs]; returns 1 if any does',
        (options.SELECTION, options.AUDIT_FORMAT),
        example='audit --format html > audit.html',
    ),
)
