# SPDX-License-Identifier: Apache-2.0

"""The limit from Nova's quota tables, else from configuration."""

from oslo_config import cfg

from keypair_ext.db.store import MOST, Store


class LocalDriver:
    """Resolves the limit as Nova's own driver does.

    :param conf: where ``[quota] key_pairs`` is the last resort.
    :param store: where Nova's quota tables may be.
    """

    needs_project = True

    def __init__(self, conf: cfg.ConfigOpts, store: Store) -> None:
        self._conf = conf
        self._store = store

    def limit(self, user_id: str | None, project_id: str | None) -> int:
        """Return the limit, negative for none.

        As in Nova it is the smaller of the project's and the user's own in
        that project, and so also unlimited when either is.
        """
        default: int = self._conf.quota.key_pairs
        found = self._store.key_pairs_quota(user_id, project_id)
        in_project = default if found.project is None else found.project
        own = in_project if found.user is None else found.user
        return min(in_project, own, MOST)
