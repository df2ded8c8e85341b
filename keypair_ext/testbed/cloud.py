# SPDX-License-Identifier: Apache-2.0

"""The made-up cloud: who there is in it, and which tokens they have.

Resources are documents, as Keystone shows them but for their links.
"""

import copy
import datetime
import random
from dataclasses import dataclass, field
from typing import Any, Final

Document = dict[str, Any]

REGION: Final = 'RegionOne'

# Who there is: the user's name with the role it has in each project.
USERS: Final = {
    'admin': {'demo': 'admin', 'alt_demo': 'admin'},
    'member': {'demo': 'member'},
    'member2': {'alt_demo': 'member'},
    'reader': {'demo': 'reader'},
}
PROJECTS: Final = ('demo', 'alt_demo')
# The catalogue: each type of a service, with its name, and where it is.
SERVICES: Final = {
    'identity': ('keystone', '/identity/v3'),
    'compute': ('nova', '/compute/v2.1'),
    'image': ('glance', '/image'),
    'network': ('neutron', '/network'),
    'block-storage': ('cinder', '/volume'),
}

# Each role implies those after it. The last stands apart.
_RANKS: Final = ('admin', 'manager', 'member', 'reader')
_SERVICE: Final = 'service'

_LIFETIME: Final = datetime.timedelta(hours=1)
# Of whatever is to repeat.
SEEDED_TIME: Final = '2026-01-01T00:00:00.000000Z'
_SEEDED_END: Final = '2099-12-31T23:59:59.000000Z'


@dataclass(frozen=True)
class Token:
    """A token: who has it, and what it is good for.

    :ivar scope: ``{'project': ID}``, ``{'domain': ID}``, ``{'system':
        'all'}``, or nothing.
    """

    id: str
    user_id: str
    methods: tuple[str, ...]
    scope: dict[str, str]
    roles: tuple[str, ...]
    issued_at: str
    expires_at: str
    audit_ids: tuple[str, ...]
    credential: Document | None = None

    @property
    def is_admin(self) -> bool:
        """Whether it may see and do everything."""
        return 'admin' in self.roles


@dataclass
class Cloud:
    """Everything there is, by id.

    :param seed: for ids, passwords and times that repeat; None for others.
    """

    seed: int | None = None
    domains: dict[str, Document] = field(default_factory=dict)
    projects: dict[str, Document] = field(default_factory=dict)
    users: dict[str, Document] = field(default_factory=dict)
    roles: dict[str, Document] = field(default_factory=dict)
    passwords: dict[str, str] = field(default_factory=dict)
    # (user, 'project', 'domain' or 'system', its id, role), all ids.
    grants: list[tuple[str, str, str, str]] = field(default_factory=list)
    credentials: dict[str, Document] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    tokens: dict[str, Token] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._random: random.Random = (
            random.SystemRandom()
            if self.seed is None
            else random.Random(self.seed)  # noqa: S311 # nosec B311
        )
        self._add_domain()
        for name in (*_RANKS, _SERVICE):
            role = self._add(
                self.roles, name, domain_id=None, description=None
            )
            role['options'] = {'immutable': True}
        for name in PROJECTS:
            self.add_project(name)
        for name, roles in USERS.items():
            self._add_with_roles(name, roles)
        self._people = copy.deepcopy(
            (self.projects, self.users, self.passwords, self.grants)
        )
        self._service = self.issue('', ('password',), {}, (_SERVICE,))
        self._beginning = (
            None if self.seed is None else self._random.getstate()
        )

    @property
    def service_token(self) -> str:
        """The token by which Compute asks about those of others."""
        return self._service.id

    def reset(self) -> None:
        """Forget all that was made since, tokens included."""
        self.projects, self.users, self.passwords, self.grants = copy.deepcopy(
            self._people
        )
        self.credentials.clear()
        self.secrets.clear()
        self.tokens = {self._service.id: self._service}
        if self._beginning is not None:
            self._random.setstate(self._beginning)

    def _add_domain(self) -> None:
        self.domains['default'] = {
            'id': 'default',
            'name': 'Default',
            'description': 'The default domain',
            'enabled': True,
            'tags': [],
            'options': {},
        }
        # For what stands in a catalogue.
        self.service_ids = {kind: self.new_id() for kind in SERVICES}

    def _add(
        self, kind: dict[str, Document], name: str, **more: object
    ) -> Document:
        made: Document = {'id': self.new_id(), 'name': name, **more}
        made['options'] = {}
        kind[made['id']] = made
        return made

    def add_project(
        self, name: str, description: str | None = None
    ) -> Document:
        """Return a new project."""
        return self._add(
            self.projects,
            name,
            domain_id='default',
            parent_id='default',
            is_domain=False,
            enabled=True,
            description=description or '',
            tags=[],
        )

    def add_user(self, name: str, password: str | None) -> Document:
        """Return a new user, without a role."""
        user = self._add(
            self.users,
            name,
            domain_id='default',
            enabled=True,
            password_expires_at=None,
        )
        # Nobody can guess the password of one that has none.
        self.passwords[user['id']] = password or self.new_id()
        return user

    def remove(self, kind: str, removed: str) -> None:
        """Remove a user or a project, with all that is its own."""
        del getattr(self, f'{kind}s')[removed]
        self.grants = [
            grant for grant in self.grants if removed not in grant[:3]
        ]
        for token in list(self.tokens.values()):
            if removed in (token.user_id, token.scope.get('project')):
                del self.tokens[token.id]
        for credential in list(self.credentials.values()):
            if removed in (credential['user_id'], credential['project_id']):
                del self.credentials[credential['id']]

    def _add_with_roles(self, name: str, roles: dict[str, str]) -> None:
        user = self.add_user(name, None)
        for project, role in roles.items():
            project_id = self.find(self.projects, project)['id']
            self._grant(user, 'project', project_id, role)
        if name == 'admin':
            self._grant(user, 'domain', 'default', name)
            self._grant(user, 'system', 'all', name)

    def _grant(self, user: Document, kind: str, where: str, role: str) -> None:
        role_id = self.find(self.roles, role)['id']
        self.grants.append((user['id'], kind, where, role_id))

    def new_id(self) -> str:
        """Return an id that nothing else has."""
        return f'{self._random.getrandbits(128):032x}'

    @staticmethod
    def find(kind: dict[str, Document], name: str) -> Document:
        """Return the one of its kind with a name.

        :raises KeyError: there is none.
        """
        for found in kind.values():
            if found['name'] == name:
                return found
        raise KeyError(name)

    def roles_in(self, user_id: str, scope: dict[str, str]) -> tuple[str, ...]:
        """Return the names of a user's roles, those implied included."""
        names: list[str] = []
        for kind, where in scope.items():
            for user, *place, role_id in self.grants:
                if user == user_id and place == [kind, where]:
                    name = self.roles[role_id]['name']
                    names += _RANKS[_RANKS.index(name) :]
        return tuple(dict.fromkeys(names))

    def places(self, user_id: str, kind: str) -> list[str]:
        """Return the ids of the projects, or domains, a user has a role in."""
        return [
            where
            for user, in_kind, where, _ in self.grants
            if (user, in_kind) == (user_id, kind)
        ]

    def issue(
        self,
        user_id: str,
        methods: tuple[str, ...],
        scope: dict[str, str],
        roles: tuple[str, ...],
        credential: Document | None = None,
        parent: Token | None = None,
    ) -> Token:
        """Return a new token.

        :param parent: the one it was got for, whose end is its own.
        """
        now = datetime.datetime.now(datetime.UTC)
        ends = parent.expires_at if parent else as_text(now + _LIFETIME)
        seeded = self.seed is not None
        made = Token(
            # As long as Keystone's are, and as easy to tell from an id.
            'gAAAAAB' + self.new_id() * 5 + self.new_id()[:16],
            user_id,
            methods,
            scope,
            roles,
            SEEDED_TIME if seeded else as_text(now.replace(microsecond=0)),
            _SEEDED_END if seeded or not user_id else ends,
            (self.new_id()[:22], *(parent.audit_ids[-1:] if parent else ())),
            credential,
        )
        self.tokens[made.id] = made
        return made

    def token(self, token_id: str) -> Token | None:
        """Return a token that is good now, None for none."""
        found = self.tokens.get(token_id)
        return found if found and not has_passed(found.expires_at) else None


def as_text(moment: datetime.datetime) -> str:
    """Return a time as Keystone writes it."""
    return f'{moment.replace(tzinfo=None).isoformat(timespec="microseconds")}Z'


def parse(text: str) -> datetime.datetime:
    """Return a time of ISO 8601 in UTC, which it is where it names no zone.

    :raises ValueError: it is none.
    """
    moment = datetime.datetime.fromisoformat(text)
    if moment.tzinfo is None:
        return moment.replace(tzinfo=datetime.UTC)
    return moment.astimezone(datetime.UTC)


def has_passed(text: str | None) -> bool:
    """Say whether a time has come, which no time never does."""
    now = as_text(datetime.datetime.now(datetime.UTC))
    return text is not None and text <= now
