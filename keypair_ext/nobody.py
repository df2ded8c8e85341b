# SPDX-License-Identifier: Apache-2.0

"""A request's context to try things with when there is no request.

oslo.context makes each context that it makes the one that the thread's log
lines are about, from then on, if there is none yet.
"""

from oslo_context import context


class Nobody(context.RequestContext):
    """A context that no log line is about."""

    def update_store(self) -> None:
        """Leave the thread's context as it is."""
