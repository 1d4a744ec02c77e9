"""Finding things in the catalog by words: names, ids, vendors, titles, summaries, roles, licences and sources.

Every word has to be found in a thing, in any of its fields, whatever the case. A word weighs most where it is the whole
of an id or a name, less where it starts one, least inside a summary; a thing is ranked by the sum over the words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from advisor.catalog.load import Catalog
from advisor.catalog.model import Component, Option
from advisor.errors import bad_input

NAME, TITLE, ABOUT = 12, 6, 2  # weights of a field: id and name, title and vendor, everything that describes
WHOLE, START, INSIDE = 4, 2, 1  # and of how a word lies in it
ORDER = ("component", "option", "role", "blueprint", "service", "instance", "source")
MOST_NEAR = 5

Fields = Sequence[tuple[int, str]]


@dataclass(frozen=True)
class Hit:
    """Something that was found.

    Attributes:
        kind: one of :data:`ORDER`.
        title: what it is, for people; ``roles``: the roles that it fills.
        options: how many options of a component are among what was asked for.
    """

    kind: str
    id: str
    title: str
    roles: tuple[str, ...]
    score: int
    options: int = 0


@dataclass(frozen=True)
class Filters:
    """What options have to be; None where it does not matter. With a filter, only components and options are found."""

    role: str | None = None
    mode: str | None = None
    cloud: str | None = None
    licence: str | None = None

    def __bool__(self) -> bool:
        return any(vars(self).values())

    def admit(self, catalog: Catalog, component: Component, option: Option) -> bool:
        """Say whether an option is what is asked for."""
        return (
            (self.role is None or catalog.role(self.role).filled_as in option.roles)
            and self.mode in (None, option.mode)
            and self.cloud in (None, option.cloud)
            and (self.licence is None or component.licence.lower() == self.licence.lower())
        )


def search(catalog: Catalog, text: str, filters: Filters | None = None) -> list[Hit]:
    """Return what holds every word, the best first.

    Raises:
        InputError: the text holds no word.
    """
    words = [word for word in re.split(r"[\s,]+", text.lower()) if word]
    if not words:
        raise bad_input("TEXT: found nothing to look for; one or more words are expected")
    wanted = filters or Filters()
    hits = list(_components(catalog, words, wanted))
    if not wanted:
        hits += [
            Hit(kind, key, title, (), score)
            for kind, key, title, fields in _others(catalog)
            if (score := _score(words, fields))
        ]
    return sorted(hits, key=lambda hit: (-hit.score, ORDER.index(hit.kind), hit.id))


def near(catalog: Catalog, text: str) -> list[str]:
    """Return the names that a text that finds nothing may have meant."""
    records = catalog.records
    names = {one.name.lower(): one.id for one in records.components.values()}
    names |= {key.lower(): key for table in (records.components, records.roles, records.blueprints) for key in table}
    names |= {key.lower(): key for table in (catalog.options, records.instances, records.services) for key in table}
    found = [name for word in (text, *text.split()) for name in get_close_matches(word.lower(), names, MOST_NEAR, 0.6)]
    return list(dict.fromkeys(names[name] for name in found))[:MOST_NEAR]


def _components(catalog: Catalog, words: Sequence[str], filters: Filters) -> Iterator[Hit]:
    """Yield components, and options of those that only hold all words together with an option's own fields."""
    called: dict[str, list[str]] = {}
    for role in catalog.records.roles.values():
        called.setdefault(role.filled_as, []).append(f"{role.id} {role.title}")
    for component in catalog.records.components.values():
        options = [option for option in component.options if filters.admit(catalog, component, option)]
        if not options:
            continue
        shared = _of_component(component)
        roles = tuple(dict.fromkeys(role for option in options for role in option.roles))
        of_roles = [(ABOUT, name) for role in roles for name in called.get(role, [role])]
        if score := _score(words, [*shared, *of_roles]):
            yield Hit("component", component.id, component.name, roles, score, len(options))
            continue
        for option in options:
            own = [(NAME, option.id), (TITLE, option.title), (ABOUT, option.mode), (ABOUT, option.cloud)]
            own += [(ABOUT, name) for role in option.roles for name in called.get(role, [role])]
            own += [(ABOUT, source) for source in sorted(_sources(option))]
            if score := _score(words, [*shared, *own]):
                yield Hit("option", option.id, f"{component.name}: {option.title}", tuple(option.roles), score)


def _of_component(one: Component) -> Fields:
    return [(NAME, one.id), (NAME, one.name), (TITLE, one.vendor), (ABOUT, one.licence), (ABOUT, one.summary)]


def _sources(option: Option) -> set[str]:
    from advisor.catalog.walk import walk

    return {figure.source for _, figure in walk(option, ()) if figure.source}


def _others(catalog: Catalog) -> Iterator[tuple[str, str, str, Fields]]:
    """Yield (kind, id, title, fields) of everything but components."""
    records = catalog.records
    for key, role in records.roles.items():
        fields = [(NAME, key), (TITLE, role.title), (ABOUT, role.purpose), (ABOUT, role.like or "")]
        yield "role", key, role.title, fields
    for key, one in records.blueprints.items():
        yield "blueprint", key, one.title, [(NAME, key), (TITLE, one.title)]
    for key, service in records.services.items():
        yield "service", key, service.title, [(NAME, key), (TITLE, service.title)]
    for key, instance in records.instances.items():
        title = f"{instance.vcpus:g} vCPU, {instance.memory_gb:g} GB" + (f", {instance.gpu}" if instance.gpu else "")
        yield "instance", key, title, [(NAME, key), (ABOUT, instance.gpu or ""), (ABOUT, instance.card or "")]
    for key, source in records.sources.items():
        yield "source", key, source.title, [(NAME, key), (TITLE, source.title), (ABOUT, source.publisher)]


def _score(words: Iterable[str], fields: Fields) -> int:
    """Return the sum over the words of where each lies best, 0 when one of them is nowhere.

    >>> _score(["redis"], [(NAME, "redis"), (ABOUT, "a store")]) > _score(["redis"], [(NAME, "managed_redis")])
    True
    >>> _score(["redis", "gpu"], [(NAME, "redis")])
    0
    """
    total = 0
    for word in words:
        best = max((weight * _lies(word, text.lower()) for weight, text in fields), default=0)
        if not best:
            return 0
        total += best
    return total


def _lies(word: str, text: str) -> int:
    at = text.find(word)
    if at < 0:
        return 0
    if word == text:
        return WHOLE
    return START if re.search(rf"(?<![a-z0-9]){re.escape(word)}", text) else INSIDE
