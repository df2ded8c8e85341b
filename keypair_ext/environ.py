# SPDX-License-Identifier: Apache-2.0

"""The environ keys by which filters and the application talk.

Each is spelled here and nowhere else. ``from keypair_ext import environ as
env`` keeps the name ``environ`` for the mapping itself.
"""

# The caller, an oslo.context RequestContext: the stack's own filters leave
# it here, or ours.
CONTEXT = 'nova.context'

# oslo.middleware's names for the identifiers of a request.
REQUEST_ID = 'openstack.request_id'
GLOBAL_REQUEST_ID = 'openstack.global_request_id'

# The headers that tell the request's identifier, where one has been given.
NAMES = 'keypair_ext.names'

# Set by a filter that tells the request's identifier in all usual headers.
TELLS_REQUEST_ID = 'keypair_ext.tells_request_id'

# Set where the request came by ``/v2``, Nova's own name for it.
LEGACY_V2 = 'openstack.legacy_v2'

# The version that answered, for the line in the log.
VERSION = 'keypair_ext.version'

# keystonemiddleware's token, there once auth_token handled the request, and
# the cache that it may take from us. Names, no passwords.
TOKEN_AUTH = 'keystone.token_auth'  # noqa: S105 # nosec B105
TOKEN_CACHE = 'keypair_ext.token_cache'  # noqa: S105 # nosec B105
