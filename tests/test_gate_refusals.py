"""The gate cannot fail open: each test takes something from it, and nothing passes any more."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from pyoxigraph import BlankNode, Literal, NamedNode, Quad, RdfFormat, Store, parse

from loaders.errors import GateError
from loaders.gate import Gate, read_gate
from loaders.gate import validator as gate_validator
from loaders.gate.faults import read_cases
from loaders.gate.translation import Question, questions
from loaders.namespaces import graph, rdf, sh, td
from loaders.resources import ROOT, case_files, check_files, shape_files

Edit = Callable[[str], str]
HEAD = """
@prefix tds: <https://w3id.org/thidua/shapes#> .
@prefix td: <https://w3id.org/thidua/def#> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""
TOLD = 'sh:severity sh:Violation ; sh:message "Sửa."@vi , "Correct it."@en'


def shapes(room: Path, name: str, edit: Edit) -> Gate:
    """The gate with one of its files of shapes edited."""
    files = [Path(shutil.copy(file, room)) for file in shape_files()]
    edited = room / f"{name}.ttl"
    edited.write_text(edit(edited.read_text(encoding="utf-8")), encoding="utf-8")
    return read_gate(shapes=files)


def replaced(old: str, new: str) -> Edit:
    def edit(text: str) -> str:
        assert old in text
        return text.replace(old, new, 1)

    return edit


def added(text: str) -> Edit:
    return lambda before: HEAD + before + "\n" + text


def country() -> Store:
    store = Store()
    file = ROOT / "shapes" / "cases" / "country.ttl"
    store.extend(Quad(*quad.triple, graph("s0")) for quad in parse(path=file, format=RdfFormat.TURTLE))
    return store


# ── Shapes ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_unreadable_file_of_shapes_stops_everything(tmp_path: Path) -> None:
    with pytest.raises(GateError, match=r"emulation\.ttl: the shapes cannot be read"):
        shapes(tmp_path, "emulation", lambda text: text[: len(text) // 2])


def test_a_missing_file_of_shapes_stops_everything(tmp_path: Path) -> None:
    with pytest.raises(GateError, match="cannot be read"):
        read_gate(shapes=[*shape_files(), tmp_path / "more.ttl"])


def test_an_empty_file_of_shapes_stops_everything(tmp_path: Path) -> None:
    with pytest.raises(GateError, match="holds no shape"):
        shapes(tmp_path, "release", lambda _: "")


def test_no_shapes_at_all_stop_everything() -> None:
    with pytest.raises(GateError, match="there are no shapes"):
        read_gate(shapes=[])


def test_a_file_of_shapes_that_was_taken_away_is_missed() -> None:
    with pytest.raises(GateError, match="a case of a rule that is not there"):
        read_gate(shapes=[file for file in shape_files() if file.name != "emulation.ttl"])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("sh:targetClass td:Person", "sh:targetClas td:Person"),
        ("sh:minCount 1", "sh:mincount 1"),
        ("sh:class td:Organization", "sh:classs td:Organization"),
        ("sh:severity sh:Violation", "sh:severity sh:Violaton"),
        ("a sh:PropertyShape", "a sh:Propertyshape , sh:PropertyShape"),
    ],
)
def test_an_unknown_term_of_shacl_stops_everything(tmp_path: Path, old: str, new: str) -> None:
    with pytest.raises(GateError, match="an unknown SHACL term"):
        shapes(tmp_path, "organisation", replaced(old, new))


@pytest.mark.parametrize(
    "feature", ["sh:deactivated true", "sh:sparql tds:Person", "sh:rule tds:Person", "sh:js tds:Person"]
)
def test_a_feature_that_nobody_proved_stops_everything(tmp_path: Path, feature: str) -> None:
    with pytest.raises(GateError, match="an unknown SHACL term"):
        shapes(tmp_path, "organisation", added(f"tds:Person {feature} ."))


def test_a_shape_that_nothing_reaches_stops_everything(tmp_path: Path) -> None:
    with pytest.raises(GateError, match="no target, and no other shape refers to it"):
        shapes(tmp_path, "organisation", replaced("    sh:targetClass td:Person ;\n", ""))


def test_a_property_shape_that_lost_its_place_stops_everything(tmp_path: Path) -> None:
    with pytest.raises(GateError, match=r"no other shape refers to it.*Person-type"):
        shapes(tmp_path, "organisation", replaced(" , tds:Person-type ;", " ;"))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("sh:targetClass td:Person", "sh:targetClass td:Persom"),
        ("sh:path td:postIn", "sh:path td:postin"),
        ("sh:class td:Post ", "sh:class td:Posts "),
        ("sh:datatype xsd:date", "sh:datatype xsd:dat"),
        (
            "sh:hasValue <https://w3id.org/thidua/concept/organization-kind>",
            "sh:hasValue <https://w3id.org/thidua/concept/kind>",
        ),
        ("organization-kind/huyen-uy", "organization-kind/huyen-ui"),
        ("sh:in ( td:Person )", "sh:in ( td:Persom )"),
        ("( td:attestedBy )", "( td:attestedby )"),
    ],
)
def test_a_term_that_the_ontology_does_not_know_stops_everything(tmp_path: Path, old: str, new: str) -> None:
    with pytest.raises(GateError, match="a term that nobody declared"):
        shapes(tmp_path, "organisation", replaced(old, new))


def test_a_shape_that_refers_to_nothing_stops_everything(tmp_path: Path) -> None:
    with pytest.raises(GateError, match="refers to a shape that is not there"):
        shapes(tmp_path, "organisation", replaced("tds:Post-office ;", "tds:Post-offce ;"))


@pytest.mark.parametrize(("old", "new"), [("@vi", "@fr"), (' ,\n        "', ' . #"'), ('"Bên được', '"" , "Bên được')])
def test_a_message_that_is_missing_in_one_language_stops_everything(tmp_path: Path, old: str, new: str) -> None:
    def edit(text: str) -> str:
        start = text.index("sh:message")
        return text[:start] + replaced(old, new)(text[start:])

    with pytest.raises(GateError, match="lacks a message"):
        shapes(tmp_path, "emulation", edit)


def test_a_shape_without_a_severity_stops_everything(tmp_path: Path) -> None:
    with pytest.raises(GateError, match="no severity"):
        shapes(tmp_path, "organisation", replaced("    sh:severity sh:Violation ;\n", ""))


def test_a_rule_made_milder_than_its_cases_stops_everything(tmp_path: Path) -> None:
    with pytest.raises(GateError, match="no rule can find this fault"):
        shapes(tmp_path, "organisation", replaced("sh:severity sh:Violation", "sh:severity sh:Info"))


def test_an_import_stops_everything(tmp_path: Path) -> None:
    with pytest.raises(GateError, match="shapes import nothing"):
        shapes(tmp_path, "organisation", added("<urn:x> owl:imports <http://localhost/shapes> ."))


def test_a_shape_without_a_name_stops_everything(tmp_path: Path) -> None:
    with pytest.raises(GateError, match="a shape without a name"):
        shapes(
            tmp_path, "organisation", added(f"[] a sh:NodeShape ; sh:targetClass td:Person ; sh:closed true ; {TOLD} .")
        )


def test_a_shape_in_two_files_stops_everything(tmp_path: Path) -> None:
    with pytest.raises(GateError, match="stands in two files"):
        shapes(tmp_path, "release", added(f"tds:Person a sh:NodeShape ; {TOLD} ."))


def test_a_new_shape_without_cases_stops_everything(tmp_path: Path) -> None:
    shape = f"tds:New a sh:NodeShape ; sh:targetClass td:Person ; sh:nodeKind sh:IRI ; {TOLD} ."
    with pytest.raises(GateError, match=r"a valid case and one with a fault: 'New'"):
        shapes(tmp_path, "organisation", added(shape))


def test_a_new_property_shape_without_a_fault_stops_everything(tmp_path: Path) -> None:
    shape = (
        f"tds:Post sh:property tds:Post-n . tds:Post-n a sh:PropertyShape ; sh:path td:office ; sh:maxCount 9 ; {TOLD}."
    )
    with pytest.raises(GateError, match=r"no fault is sown for this rule: .*Post-n"):
        shapes(tmp_path, "organisation", added(shape))


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("organisation", "sh:closed true", "sh:closed false"),
        ("organisation", 'sh:pattern "/id/person/[0-9a-z]{8}$"', 'sh:pattern "."'),
        ("emulation", "sh:minInclusive 1948", "sh:minInclusive 0"),
        ("provenance", "sh:lessThan td:endOffset", "sh:lessThan td:textChecksum"),
        ("territory", "sh:hasValue <https://w3id.org/thidua/concept/code-list/2004>", "sh:minCount 1"),
    ],
)
def test_a_shape_that_no_longer_sees_its_fault_stops_everything(tmp_path: Path, file: str, old: str, new: str) -> None:
    with pytest.raises(GateError, match="faults were sown and not found"):
        shapes(tmp_path, file, replaced(old, new)).judge(country())


# ── Checks and cases ────────────────────────────────────────────────────────────────────────────────────────────────


def checks(room: Path, edit: Edit) -> Gate:
    files = [Path(shutil.copy(file, room)) for file in check_files()]
    edited = room / "lead-outside-members-violation.rq"
    edited.write_text(edit(edited.read_text(encoding="utf-8")), encoding="utf-8")
    return read_gate(checks=files)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("WHERE {", "WHERE {{"),
        ("SELECT DISTINCT ?focus ?path ?value", "SELECT DISTINCT ?focus"),
        ("SELECT DISTINCT ?focus ?path ?value", "ASK"),
        ("severity: violation", "severity: fatal"),
        ("#+ severity: violation\n", ""),
        ("#+   en:", "#+   english:"),
        ("#+ message:", "#+ message: ["),
    ],
)
def test_a_check_that_cannot_be_asked_stops_everything(tmp_path: Path, old: str, new: str) -> None:
    with pytest.raises(GateError, match="check"):
        checks(tmp_path, replaced(old, new))


@pytest.mark.parametrize(
    ("name", "values"), [("path", ""), ("focus", "VALUES ?path { a b }"), ("path", "VALUES ?path { a }" * 2)]
)
def test_a_check_that_does_not_say_what_to_ask_apart_stops_everything(tmp_path: Path, name: str, values: str) -> None:
    with pytest.raises(GateError, match="is not said once"):
        checks(tmp_path, lambda check: f"#+ apart: {name}\n{check}\n# {values}")


def test_no_checks_at_all_stop_everything() -> None:
    with pytest.raises(GateError, match="there are no checks"):
        read_gate(checks=[])


def test_a_check_that_no_longer_sees_its_fault_stops_everything(tmp_path: Path) -> None:
    edited = checks(tmp_path, replaced("a td:ClusterRoleHolding", "a td:ClusterRoleHoldin"))
    with pytest.raises(GateError, match="faults were sown and not found: 'lead-outside-members"):
        edited.judge(country())


def test_a_check_without_a_fault_stops_everything() -> None:
    kept = [file for file in case_files() if file.parent.name != "lead-outside-members" or file.stem == "valid"]
    with pytest.raises(GateError, match="a valid case and one with a fault: 'lead-outside-members'"):
        read_gate(cases=kept)


def test_a_shape_without_a_valid_case_stops_everything() -> None:
    kept = [file for file in case_files() if file.parent.name != "Person" or file.stem != "valid"]
    with pytest.raises(GateError, match="a valid case and one with a fault: 'Person'"):
        read_gate(cases=kept)


def case(room: Path, name: str, text: str) -> Path:
    file = room / "Person" / name
    file.parent.mkdir()
    file.write_text(text, encoding="utf-8")
    return file


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("invalid.x.ttl", "#+ finds: Person\n<a", "the case cannot be read"),
        ("invalid.x.ttl", "<urn:a> <urn:b> <urn:c> .", "not a case"),
        ("wrong.x.ttl", "#+ finds: Person\n", "not a case"),
        ("invalid.x.ttl", "#+ finds: Persom\n", "no rule can find this fault"),
        ("warning.x.ttl", "#+ finds: Person\n", "no rule can find this fault"),
        ("valid.x.ttl", "<https://w3id.org/thidua/id/cluster/cum> <urn:b> <urn:c> .", "speaks about the country"),
    ],
)
def test_a_case_that_proves_nothing_stops_everything(tmp_path: Path, name: str, text: str, message: str) -> None:
    with pytest.raises(GateError, match=message):
        read_gate(cases=[*case_files(), case(tmp_path, name, text)])


def test_an_ontology_that_cannot_be_read_stops_everything(tmp_path: Path) -> None:
    with pytest.raises(GateError, match="the ontology cannot be read"):
        read_gate(ontology=[tmp_path / "thidua.ttl"])


# ── The validator ───────────────────────────────────────────────────────────────────────────────────────────────────


Asked = list[Question]


def first_half(asked: Asked) -> Asked:
    return asked[: len(asked) // 2]


def without_a_pattern(asked: Asked) -> Asked:
    return [question for question in asked if question.component != sh.PatternConstraintComponent]


def out_of_order(asked: Asked) -> Asked:
    return [replace(asked[0], text="SELECT")]


def nameless(asked: Asked) -> Asked:
    return [replace(asked[0], shape=BlankNode())]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda _: [], "faults were sown and not found"),
        (first_half, "faults were sown and not found"),
        (without_a_pattern, "faults were sown and not found"),
        (out_of_order, "the validator failed"),
        (nameless, "a shape without a name judges"),
    ],
)
def test_a_validator_that_cannot_be_trusted_stops_everything(
    monkeypatch: pytest.MonkeyPatch, change: Callable[[Asked], Asked], message: str
) -> None:
    monkeypatch.setattr(gate_validator, "questions", lambda *given: change(list(questions(*given))))
    with pytest.raises(GateError, match=message):
        read_gate().judge(country())


def test_a_datatype_whose_form_nobody_knows_stops_everything(tmp_path: Path) -> None:
    odd = replaced("sh:datatype xsd:date", "sh:datatype xsd:duration")
    with pytest.raises(GateError):
        shapes(tmp_path, "territory", odd).judge(country())


# ── The data ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def instrument() -> Gate:
    return read_gate()


def test_an_empty_candidate_does_not_pass(instrument: Gate) -> None:
    with pytest.raises(GateError, match="nothing that a shape looks at"):
        instrument.judge(Store())


def test_data_of_another_vocabulary_only_do_not_pass(instrument: Gate) -> None:
    store = Store()
    store.add(Quad(NamedNode("urn:a"), rdf.type, NamedNode("urn:B"), graph("s0")))
    with pytest.raises(GateError, match="nothing that a shape looks at"):
        instrument.judge(store)


def test_statements_outside_of_every_graph_do_not_pass(instrument: Gate) -> None:
    store = country()
    store.add(Quad(NamedNode("urn:a"), rdf.type, td.Person))
    with pytest.raises(GateError, match="outside of every graph"):
        instrument.judge(store)


@pytest.mark.parametrize(
    "quad",
    [
        Quad(NamedNode("urn:thidua:sown:me"), rdf.type, td.Person, graph("s0")),
        Quad(NamedNode("urn:me"), NamedNode("urn:thidua:sown:says"), td.Person, graph("s0")),
        Quad(NamedNode("urn:me"), td.member, NamedNode("urn:thidua:sown:country/id/person/mmmmmmmm"), graph("s0")),
        Quad(NamedNode("urn:me"), td.number, Literal("1", datatype=NamedNode("urn:thidua:sown:number")), graph("s0")),
        Quad(NamedNode("urn:me"), rdf.type, td.Person, NamedNode("urn:thidua:sown:country/graph/s0")),
        Quad(NamedNode("urn:me"), rdf.type, td.Person, NamedNode("urn:thidua:sown:ontology")),
        Quad(NamedNode("urn:me"), rdf.type, td.Person, NamedNode("urn:thidua:sown:")),
    ],
)
def test_data_cannot_hide_among_the_sown_faults(instrument: Gate, quad: Quad) -> None:
    store = country()
    store.add(quad)
    with pytest.raises(GateError, match="kept for sown faults"):
        instrument.judge(store)


def test_data_cannot_hide_behind_the_name_of_a_sown_blank_node(tmp_path: Path) -> None:
    case = tmp_path / "blank-node" / "invalid.named.ttl"
    case.parent.mkdir()
    case.write_text("#+ finds: blank-node\n_:me <urn:b> <urn:c> .", encoding="utf-8")
    sown = read_cases([case], ROOT / "shapes" / "cases" / "country.ttl").cases[0].quads[0].subject
    assert isinstance(sown, BlankNode)
    assert sown != BlankNode("me")


def test_things_of_a_class_that_no_shape_looks_at_do_not_pass(instrument: Gate) -> None:
    store = country()
    store.add(Quad(NamedNode("https://w3id.org/thidua/id/agent/a"), rdf.type, td.Agent, graph("s0")))
    with pytest.raises(GateError, match="no shape looks at things of this class"):
        instrument.judge(store)


def test_the_store_is_whole_again_when_the_gate_fails(instrument: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    store = country()
    before = set(store)
    monkeypatch.setattr("loaders.gate.missed", lambda *_: list(instrument.cases.faults))
    with pytest.raises(GateError):
        instrument.judge(store)
    assert set(store) == before
