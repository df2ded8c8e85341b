# SPDX-License-Identifier: Apache-2.0

"""A client that tells an answer from no answer."""

import http
import http.client
from email.message import Message
from typing import Any, Final

import requests

from keypair_ext.tests.functional.servers import process, rest

_PATH: Final = '/os-keypairs'
TIMEOUT: Final = 120
NO_ANSWER: Final = 0


class Answer(rest.Answer):
    """What came back, or nothing: nobody knows then what has been done."""

    @property
    def is_refusal(self) -> bool:
        """Whether the client may ask again; nothing else may be a 5xx."""
        if self.status == NO_ANSWER:
            return True
        return self.status == 503 and 'Retry-After' in self.headers


def told(response: requests.Response) -> Answer:
    """Return what a library has got."""
    headers = Message()
    for name, value in response.headers.items():
        headers[name] = value
    return Answer(response.status_code, headers, response.content)


def no_answer(error: Exception) -> Answer:
    """Return what is known where nothing came back."""
    return Answer(NO_ANSWER, Message(), repr(error).encode())


class Client:
    """Asks one server as one user, on a new connection each time.

    :param port: the server's.
    """

    def __init__(self, port: int, user_id: str) -> None:
        self._url = f'http://{process.LOOPBACK}:{port}/v2.1'
        self._headers = {'X-Auth-Token': f'{user_id}:aaaa:member,reader'}

    def import_key(self, name: str, public_key: str) -> Answer:
        return self._create({'name': name, 'public_key': public_key})

    def generate(self, name: str) -> Answer:
        return self._create({'name': name})

    def show(self, name: str) -> Answer:
        return self.ask('GET', f'{_PATH}/{name}')

    def list(self) -> Answer:
        return self.ask('GET', _PATH)

    def delete(self, name: str) -> Answer:
        return self.ask('DELETE', f'{_PATH}/{name}')

    def _create(self, keypair: dict[str, str]) -> Answer:
        return self.ask('POST', _PATH, {'keypair': keypair})

    def ask(self, method: str, path: str, document: object = None) -> Answer:
        """Send a request; the path is that behind the version."""
        try:
            answer = rest.call(
                method, self._url + path, document, self._headers, TIMEOUT
            )
        except (OSError, http.client.HTTPException) as error:
            return no_answer(error)
        # A proxy whose server died says that it has had no answer.
        lost = answer.status == http.HTTPStatus.BAD_GATEWAY
        return Answer(
            NO_ANSWER if lost else answer.status, answer.headers, answer.body
        )


class Kept(Client):
    """Asks on a connection that it keeps, as libraries do."""

    def __init__(self, port: int, user_id: str) -> None:
        super().__init__(port, user_id)
        self._session = requests.Session()
        self._session.trust_env = False

    def ask(self, method: str, path: str, document: Any = None) -> Answer:
        try:
            response = self._session.request(
                method,
                self._url + path,
                json=document,
                headers=self._headers,
                timeout=TIMEOUT,
            )
        except requests.RequestException as error:
            return no_answer(error)
        return told(response)
