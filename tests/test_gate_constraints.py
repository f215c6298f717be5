"""Constraints that our shapes do not use, or not so: what they find is what SHACL wants, or they are refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyoxigraph import NamedNode, RdfFormat, Store, parse

from loaders.errors import GateError
from loaders.gate.shapes import read_shapes
from loaders.gate.validator import validate
from loaders.namespaces import rdf, rdfs, sh

HEAD = f"""
@prefix tds: <https://w3id.org/thidua/shapes#> .
@prefix ex: <urn:ex:> .
@prefix rdf: <{rdf.iri}> .
@prefix rdfs: <{rdfs.iri}> .
@prefix sh: <{sh.iri}> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""
TOLD = 'sh:severity sh:Violation ; sh:message "Sửa."@vi , "Correct it."@en'
KNOWN = frozenset(NamedNode(f"urn:ex:{name}") for name in ("A", "B", "p", "q", "r"))
Found = set[tuple[str, str | None, str | None, str]]


def found(room: Path, shapes: str, data: str) -> Found:
    """Focus, path, value and component, by their last parts, of what breaks these shapes."""
    file = room / "shapes.ttl"
    file.write_text(HEAD + shapes, encoding="utf-8")
    store = Store()
    for quad in parse(HEAD + data, RdfFormat.TURTLE):
        store.add(quad)
    ontology = [quad for quad in store if quad.predicate == rdfs.subClassOf]
    return {
        (_short(f.focus), f.path and _short(f.path), f.value and _short(f.value), _short(f.component))
        for f in validate(read_shapes([file], KNOWN), ontology, store)
    }


def _short(term: object) -> str:
    return str(term).strip("<>").removeprefix("urn:ex:").removeprefix(sh.iri).removesuffix("ConstraintComponent")


def of_a(constraint: str) -> str:
    """A shape that says this of all things of class A."""
    return f"tds:A a sh:NodeShape ; sh:targetClass ex:A ; {constraint} ; {TOLD} ."


def of_p(constraint: str) -> str:
    """A shape that says this of what p leads to from all things of class A."""
    return of_a("sh:property tds:P") + f"tds:P a sh:PropertyShape ; sh:path ex:p ; {constraint} ; {TOLD} ."


CLASSES = """ex:A1 rdfs:subClassOf ex:A . ex:B1 rdfs:subClassOf ex:B .
ex:x a ex:A , ex:B . ex:y a ex:A1 , ex:B1 . ex:z a ex:A ."""


@pytest.mark.parametrize(
    "constraint", ["sh:class ex:B", "sh:xone ( [ sh:class ex:B ] [ sh:property [ sh:path ex:p ; sh:minCount 1 ] ] )"]
)
def test_what_is_of_two_classes_is_not_blamed_when_another_class_has_narrower_ones(
    tmp_path: Path, constraint: str
) -> None:
    assert {focus for focus, *_ in found(tmp_path, of_a(constraint), CLASSES)} == {"z"}


INVERSE = f"tds:P a sh:PropertyShape ; sh:path [ sh:inversePath ex:p ] ; sh:maxCount 1 ; {TOLD} ."


@pytest.mark.parametrize("shape", [of_a("sh:closed true"), of_a("sh:closed true ; sh:property tds:P") + INVERSE])
def test_a_closed_shape_that_allows_nothing_does_not_allow_everything(tmp_path: Path, shape: str) -> None:
    assert found(tmp_path, shape, "ex:x a ex:A .") == {("x", rdf.type.value, "A", "Closed")}


INNER = "sh:path ex:p ; sh:property [ sh:path ex:q ; sh:minCount 1 ]"


@pytest.mark.parametrize(
    ("constraint", "component"),
    [
        (f"sh:node [ sh:property [ {INNER} ] ]", "Node"),
        (f"sh:node [ {INNER} ]", "Node"),
        (f"sh:or ( [ {INNER} ] )", "Or"),
        (f"sh:and ( [ {INNER} ] )", "And"),
        (f"sh:xone ( [ {INNER} ] )", "Xone"),
        (f"sh:not [ sh:not [ {INNER} ] ]", "Not"),
    ],
)
def test_a_property_within_the_property_of_an_unnamed_shape_is_not_passed_over(
    tmp_path: Path, constraint: str, component: str
) -> None:
    data = "ex:x a ex:A ; ex:p ex:y . ex:z a ex:A ; ex:p ex:w . ex:w ex:q 1 ."
    assert found(tmp_path, of_a(constraint), data) == {("x", None, "x", component)}


SELVES = "ex:x a ex:A ; ex:p ex:x . ex:y a ex:A ; ex:p ex:y , ex:z . ex:w a ex:A ."


def test_whether_a_node_is_its_own_value_is_asked(tmp_path: Path) -> None:
    equal = found(tmp_path, of_a("sh:equals ex:p"), SELVES)
    assert equal == {("y", None, "z", "Equals"), ("w", None, "w", "Equals")}
    apart = found(tmp_path, of_a("sh:disjoint ex:p"), SELVES)
    assert apart == {("x", None, "x", "Disjoint"), ("y", None, "y", "Disjoint")}


@pytest.mark.parametrize(("constraint", "wanted"), [("sh:equals ex:p", {"y", "w"}), ("sh:disjoint ex:p", {"x", "y"})])
def test_whether_a_node_is_its_own_value_is_not_passed_over_in_an_unnamed_shape(
    tmp_path: Path, constraint: str, wanted: set[str]
) -> None:
    for shape in (f"sh:node [ {constraint} ]", f"sh:or ( [ {constraint} ] [ sh:class ex:B ] )"):
        assert {focus for focus, *_ in found(tmp_path, of_a(shape), SELVES)} == wanted


def test_a_text_is_no_value_of_its_own(tmp_path: Path) -> None:
    data = 'ex:x a ex:A ; ex:p "a" .'
    assert found(tmp_path, of_p("sh:node [ sh:equals ex:q ]"), data) == {("x", "p", '"a"', "Node")}
    assert not found(tmp_path, of_p("sh:node [ sh:disjoint ex:q ]"), data)


@pytest.mark.parametrize("name", ["minCount 2", "maxCount 0", "uniqueLang true", "lessThan ex:q"])
@pytest.mark.parametrize(
    "shape", ["{}", "sh:node [ {} ]", "sh:or ( [ {} ] )", "sh:property [ sh:path ex:p ; sh:not [ {} ] ]"]
)
def test_what_only_a_property_may_say_is_not_passed_over_without_a_path(tmp_path: Path, shape: str, name: str) -> None:
    with pytest.raises(GateError, match="a shape without a path cannot say it"):
        found(tmp_path, of_a(shape.format(f"sh:{name}")), SELVES)


def test_a_closed_property_shape_is_not_passed_over(tmp_path: Path) -> None:
    data = "ex:x a ex:A ; ex:p ex:y . ex:y ex:q ex:z ; ex:r ex:z ; a ex:B ."
    assert found(tmp_path, of_p("sh:closed true ; sh:ignoredProperties ( rdf:type )"), data) == {
        ("x", "q", "z", "Closed"),
        ("x", "r", "z", "Closed"),
    }


PATTERNS = [r"[", r"a{2,1}", r"(?=a)b", r"a(?!b)", r"(a)\\1", r"[a-z-[aeiou]]", r"^\\p{IsBasicLatin}+$", r"\\i\\c*"]


@pytest.mark.parametrize("pattern", [*(f'"{each}"' for each in PATTERNS), '"^a"@en', "ex:p", "1"])
@pytest.mark.parametrize(
    "shape", ["{}", "sh:or ( [ sh:not [ {} ] ] )", "sh:node [ sh:property [ sh:path ex:q ; {} ] ]"]
)
def test_a_pattern_that_the_engine_cannot_read_does_not_let_everything_pass(
    tmp_path: Path, pattern: str, shape: str
) -> None:
    with pytest.raises(GateError, match=r"a pattern that the engine cannot read: .*shapes#P sh:pattern"):
        found(tmp_path, of_p(shape.format(f"sh:pattern {pattern}")), "ex:x a ex:A ; ex:p 1 .")


def test_a_pattern_that_the_engine_reads_is_asked(tmp_path: Path) -> None:
    data = 'ex:x a ex:A ; ex:p "b[]" , "a[1]" .'
    assert found(tmp_path, of_p(r'sh:pattern "^[a-b]\\[[0-9]+\\]$"'), data) == {("x", "p", '"b[]"', "Pattern")}


@pytest.mark.parametrize(
    "shape",
    [of_a("sh:node tds:A"), of_p("sh:property tds:P"), of_p("sh:node tds:A"), of_a("sh:or ( [ sh:not tds:A ] )")],
)
def test_a_shape_that_refers_to_itself_is_refused(tmp_path: Path, shape: str) -> None:
    with pytest.raises(GateError, match="a shape that refers to itself"):
        found(tmp_path, shape, "ex:x a ex:A ; ex:p ex:x .")


@pytest.mark.parametrize(
    ("constraint", "message"),
    [
        ('sh:closed "1"^^xsd:boolean', "not a value that it may have"),
        ('sh:closed "true"', "not a value that it may have"),
        ("sh:closed false , true", "said more than once"),
        ('sh:uniqueLang "1"^^xsd:boolean', "not a value that it may have"),
        ('sh:minCount "1"', "not a value that it may have"),
        ("sh:minCount 1.0", "not a value that it may have"),
        ("sh:maxCount -1", "not a value that it may have"),
        ("sh:maxLength 1 , 2", "said more than once"),
        ("sh:datatype xsd:date , xsd:string", "said more than once"),
        ("sh:path ex:q", "said more than once"),
        ("sh:or [ sh:class ex:B ]", "not a list"),
        ("sh:in ex:q", "not a list"),
        ("sh:and ()", "an empty list"),
        ("sh:property [ sh:class ex:B ]", "a property shape without a path"),
        ("sh:not [ sh:minLength 1.5 ]", "not a value that it may have"),
        ("sh:nodeKind sh:Violation", "not a value that it may have"),
        ('sh:nodeKind "IRI"', "not a value that it may have"),
        ("sh:class [ a ex:B ]", "not a value that it may have"),
        ('sh:datatype "date"', "not a value that it may have"),
        ('sh:equals "q"', "not a value that it may have"),
        ("sh:disjoint ( ex:q ex:r )", "not a value that it may have"),
        ("sh:lessThan [ sh:inversePath ex:q ]", "not a value that it may have"),
        ("sh:hasValue [ a ex:B ]", "not a value that it may have"),
        ("sh:or ( [ sh:in ( 1 [ a ex:B ] ) ] )", "not a value that it may have"),
        ("sh:minInclusive ex:q", "not a value that it may have"),
        ("sh:languageIn ( ex:q )", "not a value that it may have"),
        ('sh:targetSubjectsOf "q"', "not a value that it may have"),
        ("sh:targetNode [ a ex:B ]", "not a value that it may have"),
        ("sh:closed true ; sh:ignoredProperties ( ( ex:q ) )", "not a value that it may have"),
        ('sh:node "A"', "not a value that it may have"),
        ('sh:xone ( "A" )', "not a value that it may have"),
    ],
)
def test_an_ill_formed_constraint_is_refused(tmp_path: Path, constraint: str, message: str) -> None:
    with pytest.raises(GateError, match=rf"{message}: 'https://w3id.org/thidua/shapes#P sh:"):
        found(tmp_path, of_p(constraint), "ex:x a ex:A ; ex:p ex:y .")


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("ex:p , ex:q", "said more than once"),
        ("( ex:p )", "a sequence of fewer than two paths"),
        ("()", "a sequence of fewer than two paths"),
        ('"ex:p"', "not a path"),
        ("[ sh:inversePath ex:p , ex:q ]", "not a path"),
        ("( ex:p [ sh:inversePath ( ex:q ) ] )", "a sequence of fewer than two paths"),
        ("[ sh:inversePath ex:p ; rdf:first ex:p ; rdf:rest ( ex:q ) ]", "not a path"),
        ("[ rdf:first ex:p ; rdf:rest ex:q ]", "not a list"),
        ("_:a ] . _:a sh:inversePath _:a . [] sh:property [ sh:path ex:p", "not a path"),
    ],
)
def test_an_ill_formed_path_is_refused(tmp_path: Path, path: str, message: str) -> None:
    with pytest.raises(GateError, match=message):
        found(tmp_path, of_a(f"sh:property [ sh:path {path} ; sh:maxCount 0 ]"), "ex:x a ex:A ; ex:p ex:y .")


MANY = " , ".join(map(str, range(40)))


@pytest.mark.parametrize(("name", "number", "broken"), [("minCount", 40, 0), ("minCount", 41, 1), ("maxCount", 39, 1)])
@pytest.mark.parametrize(
    ("path", "data"), [("ex:p", f"ex:x ex:p {MANY} ."), ("( ex:p ex:q )", f"ex:x ex:p ex:y . ex:y ex:q {MANY} .")]
)
def test_many_values_are_counted_and_not_chosen_one_by_one(
    tmp_path: Path, path: str, data: str, name: str, number: int, broken: int
) -> None:
    said = f"sh:path {path} ; sh:{name} {number}"
    named = of_a("sh:property tds:P") + f"tds:P a sh:PropertyShape ; {said} ; {TOLD} ."
    for shape in (named, of_a(f"sh:node [ sh:property [ {said} ] ]")):
        assert len(found(tmp_path, shape, f"ex:x a ex:A . {data}")) == broken


def test_a_property_shape_without_a_name_is_told_by_the_shape_that_has_it(tmp_path: Path) -> None:
    with pytest.raises(GateError, match=r"a shape without a name judges: '<https://w3id.org/thidua/shapes#A>'"):
        found(tmp_path, of_a("sh:property [ sh:path ex:p ; sh:minCount 1 ]"), SELVES)
