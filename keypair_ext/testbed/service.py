# SPDX-License-Identifier: Apache-2.0

"""os-keypairs, composed of a test bed's files as it is in production."""

import pathlib

from keypair_ext import conf as keypair_conf, config_files, deploy
from keypair_ext.db import engine, models
from keypair_ext.testbed import seeded
from keypair_ext.testbed.server import Answer, Request, ask_application


class Service:
    """The service with its database.

    :param configuration: its ``keypair_ext.conf``, with an empty database.
    :param paste: its ``api-paste.ini``.
    :param seed: for keys and times that repeat; None for others.
    :raises ConfigurationError: one of the two cannot be used.
    """

    def __init__(
        self,
        configuration: pathlib.Path,
        paste: pathlib.Path,
        seed: int | None,
    ) -> None:
        conf = config_files.parse([str(configuration)])
        keypair_conf.register_opts(conf, 'database')
        self._engine = engine.create_engine(conf, 'database')
        models.key_pairs.create(self._engine)
        self._keys = None if seed is None else seeded.Keys(seed)
        self._composition = deploy.Composition(
            conf, self._keys.types if self._keys else None
        )
        self._application = self._composition.service(str(paste))

    def answer(
        self, request: Request, mount: str, address: tuple[str, int]
    ) -> Answer:
        """Answer a request.

        :param mount: the part of the path that leads here.
        :param address: the server's.
        """
        answer = ask_application(self._application, request, mount, address)
        return seeded.at_one_time(answer) if self._keys else answer

    def clear(self) -> None:
        """Remove all key pairs."""
        with self._engine.begin() as connection:
            connection.execute(models.key_pairs.delete())
        if self._keys:
            self._keys.begin_anew()

    def close(self) -> None:
        """Close the connections to the database."""
        self._composition.close()
        self._engine.dispose()
