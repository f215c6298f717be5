"""Which module draws which kind of thing: by the first part of the path in its IRI, which says its class.

The check `iri-of-another-kind` of the gate keeps path and class together.
"""

from __future__ import annotations

from pyoxigraph import NamedNode

from loaders.namespaces import BASE
from service.pages import award, cluster, concept, conference, movement, organisation, person, portrait, source, unit
from service.pages.kind import Kind

KINDS: dict[str, Kind] = {
    "cluster": cluster.KIND,
    "person": person.KIND,
    "conference": conference.KIND,
    "movement": movement.KIND,
    "award": award.KIND,
    "organisation": organisation.KIND,
    "emulation-unit": organisation.KIND,
    "source": source.KIND,
    "unit": unit.KIND,
}


def kind_of(thing: NamedNode) -> Kind:
    """How the page of this thing is made.

    >>> kind_of(NamedNode(BASE + "id/cluster/a")).template, kind_of(NamedNode(BASE + "id/post/a")).template
    ('cluster.html', 'portrait.html')
    """
    path = thing.value.removeprefix(BASE)
    if path.startswith("concept/"):
        return concept.SCHEME if path.count("/") == 1 else concept.CONCEPT
    kind, _, _ = path.removeprefix("id/").partition("/")
    return KINDS.get(kind, portrait.KIND)
