"""The catalogue in which a release stands, as portals harvest it (DCAT-AP 3.0.1): who publishes, where, about what.

What is said of terms that are others' (a country, a language, a media type) is their class, label and list, because
whoever reads the description alone has nothing else to know them by.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pyoxigraph import Literal, NamedNode

from loaders.namespaces import dcat, dcterms, foaf, rdf, rdfs, skos, spdx, text, xsd

LICENSE = NamedNode("https://creativecommons.org/licenses/by/4.0/")
MEDIA = "https://www.iana.org/assignments/media-types/"
AVAILABILITY = NamedNode("http://data.europa.eu/r5r/availability")
_AUTHORITY = "http://publications.europa.eu/resource/authority/"
_VCARD = "http://www.w3.org/2006/vcard/ns#"
_PROTOCOL = NamedNode("https://www.w3.org/TR/sparql11-protocol/")
_PUBLISHER = {"vi": "Nhóm duy trì thidua", "en": "The thidua maintainers"}
_TITLE = {"vi": "Danh mục dữ liệu thidua", "en": "Catalogue of thidua's data"}
_ABOUT = {
    "vi": "Bản phát hành đang phục vụ của đồ thị tri thức thi đua, khen thưởng, các tệp và điểm truy vấn của nó.",
    "en": "The release that is served of the graph of emulation and commendation, its files and its endpoint.",
}
_SERVICE = {"vi": "Điểm truy vấn SPARQL của thidua", "en": "thidua's SPARQL endpoint"}

Terms = Iterator[tuple[NamedNode, NamedNode | Literal]]
Parts = dict[NamedNode, list[tuple[NamedNode, NamedNode | Literal]]]

# List, code, class, label. The list's IRI is the code's without its last step.
_BORROWED = (
    ("data-theme", "GOVE", skos.Concept, "Government and public sector"),
    ("data-theme", "REGI", skos.Concept, "Regions and cities"),
    ("country", "VNM", dcterms.Location, "Viet Nam"),
    ("language", "VIE", dcterms.LinguisticSystem, "Vietnamese"),
    ("language", "ENG", dcterms.LinguisticSystem, "English"),
    ("frequency", "IRREG", dcterms.Frequency, "irregular"),
    ("access-right", "PUBLIC", dcterms.RightsStatement, "public"),
    ("planned-availability", "STABLE", skos.Concept, "stable"),
    ("file-type", "RDF_N_QUADS", dcterms.MediaTypeOrExtent, "RDF N-Quads"),
    ("file-type", "RDF_TRIG", dcterms.MediaTypeOrExtent, "RDF TriG"),
    ("file-type", "JSON_LD", dcterms.MediaTypeOrExtent, "JSON-LD"),
    ("file-type", "RDF_TURTLE", dcterms.MediaTypeOrExtent, "RDF Turtle"),
    ("file-type", "RDF_XML", dcterms.MediaTypeOrExtent, "RDF XML"),
    ("file-type", "XLSX", dcterms.MediaTypeOrExtent, "Excel XLSX"),
)
_LANGUAGES = ("VIE", "ENG")
_THEMES = ("GOVE", "REGI")
_KEYWORDS = ("thi đua", "khen thưởng")
_ATTRIBUTION = NamedNode("http://purl.org/adms/licencetype/Attribution")


def authority(name: str, code: str) -> NamedNode:
    """A term of the lists of the EU's Publications Office, which DCAT-AP prescribes.

    >>> authority("country", "VNM").value
    'http://publications.europa.eu/resource/authority/country/VNM'
    """
    return NamedNode(f"{_AUTHORITY}{name}/{code}")


def place(base: str) -> NamedNode:
    """The IRI of the catalogue."""
    return NamedNode(f"{base}catalog")


def of_all(base: str) -> Terms:
    """What is true of catalogue, release and endpoint alike."""
    yield dcterms.publisher, _part(base, "publisher")
    yield dcat.contactPoint, _part(base, "contact")
    yield dcterms.license, LICENSE
    yield dcterms.accessRights, authority("access-right", "PUBLIC")
    yield from ((dcterms.language, authority("language", code)) for code in _LANGUAGES)


def _of_data(base: str) -> Terms:
    """What is true of release and endpoint: what they are about, in a portal's words."""
    yield from of_all(base)
    yield from ((dcat.theme, authority("data-theme", code)) for code in _THEMES)
    yield from ((dcat.keyword, text(word)) for word in _KEYWORDS)


def of_release(base: str) -> Terms:
    """What is true of every release: whose it is, what it is about, where, since when, how often there is another."""
    yield from _of_data(base)
    yield dcterms.spatial, authority("country", "VNM")
    yield dcterms.temporal, _part(base, "period")
    yield dcterms.accrualPeriodicity, authority("frequency", "IRREG")
    yield dcterms.conformsTo, NamedNode(f"{base}def")


def around(release: NamedNode, base: str, moment: Literal, media: Mapping[str, str]) -> Parts:
    """The catalogue, the endpoint, the publisher, and the terms of others, with the media types by name."""
    return {**_own(release, base, moment), **_others(base, media)}


def _own(release: NamedNode, base: str, moment: Literal) -> Parts:
    home, endpoint = NamedNode(base), NamedNode(f"{base}sparql")
    return {
        place(base): [
            (rdf.type, dcat.Catalog),
            *_words(dcterms.title, _TITLE),
            *_words(dcterms.description, _ABOUT),
            *of_all(base),
            (dcterms.issued, moment),
            (dcterms.modified, moment),
            (dcterms.spatial, authority("country", "VNM")),
            (foaf.homepage, home),
            (dcat.themeTaxonomy, NamedNode(f"{_AUTHORITY}data-theme")),
            (dcat.dataset, release),
            (dcat.service, _part(base, "sparql")),
        ],
        _part(base, "sparql"): [
            (rdf.type, dcat.DataService),
            *_words(dcterms.title, _SERVICE),
            *_of_data(base),
            (dcat.endpointURL, endpoint),
            (dcat.endpointDescription, endpoint),
            (dcat.servesDataset, release),
            (dcterms.conformsTo, _PROTOCOL),
        ],
        _part(base, "publisher"): [(rdf.type, foaf.Agent), *_words(foaf.name, _PUBLISHER), (foaf.homepage, home)],
        _part(base, "contact"): [
            (rdf.type, NamedNode(f"{_VCARD}Kind")),
            (rdf.type, NamedNode(f"{_VCARD}Organization")),
            *_words(NamedNode(f"{_VCARD}fn"), _PUBLISHER),
            (NamedNode(f"{_VCARD}hasURL"), home),
        ],
        # The older of the two editions of the code list is of that year, and the later one has no end.
        _part(base, "period"): [
            (rdf.type, dcterms.PeriodOfTime),
            (dcat.startDate, Literal("2004", datatype=xsd.gYear)),
        ],
    }


def _others(base: str, media: Mapping[str, str]) -> Parts:
    borrowed: Parts = {
        authority(name, code): [
            (rdf.type, kind),
            (skos.prefLabel, text(label, "en")),
            (skos.inScheme, NamedNode(f"{_AUTHORITY}{name}")),
        ]
        for name, code, kind, label in _BORROWED
    }
    themes: Parts = {
        NamedNode(f"{_AUTHORITY}data-theme"): [
            (rdf.type, skos.ConceptScheme),
            (dcterms.title, text("Data theme", "en")),
        ]
    }
    kinds = {
        NamedNode(base): foaf.Document,
        NamedNode(f"{base}def"): dcterms.Standard,
        _PROTOCOL: dcterms.Standard,
        # Everything is one; but shapes that look at the description alone want to read it there.
        NamedNode(f"{base}sparql"): rdfs.Resource,
        spdx.checksumAlgorithm_sha256: spdx.ChecksumAlgorithm,
        **{NamedNode(MEDIA + name): dcterms.MediaType for name in media.values()},
        NamedNode(MEDIA + "application/gzip"): dcterms.MediaType,
    }
    # Who gives the data on has to name where they are from: that is what the licence is like, in ADMS's words.
    licence: Parts = {
        LICENSE: [(rdf.type, dcterms.LicenseDocument), (dcterms.type, _ATTRIBUTION)],
        _ATTRIBUTION: [(rdf.type, skos.Concept), (skos.prefLabel, text("Attribution", "en"))],
    }
    return borrowed | themes | licence | {node: [(rdf.type, kind)] for node, kind in kinds.items()}


def _words(predicate: NamedNode, words: Mapping[str, str]) -> Terms:
    return ((predicate, text(word, lang)) for lang, word in words.items())


def _part(base: str, name: str) -> NamedNode:
    return NamedNode(f"{place(base).value}#{name}")
