"""Only what a change can reach is judged again, and the report is the one of everything."""

from __future__ import annotations

import os
import random
from collections.abc import Iterable
from dataclasses import replace

import pytest
from pyoxigraph import BlankNode, Literal, NamedNode, Quad, RdfFormat, Store, parse

from loaders.errors import GateError
from loaders.gate import Gate, read_gate
from loaders.gate.faults import Cases
from loaders.gate.reach import Change, Reach, TooFar, walk
from loaders.gate.report import Report
from loaders.namespaces import BASE, entity, graph, integer, rdf, rdfs, td
from loaders.resources import ROOT, case_files
from loaders.union import beside

S0, S3 = graph("s0"), graph("s3")
# How many changes are made at random: THIDUA_TEST_CHANGES=500 for an hour's doubt.
CHANGES = int(os.environ.get("THIDUA_TEST_CHANGES", "25"))
# How many cases are passed over between two that are tried; with many changes none is.
STRIDE = 40 if CHANGES < 100 else 4


@pytest.fixture(scope="module")
def whole() -> Gate:
    return read_gate()


@pytest.fixture(scope="module")
def instrument(whole: Gate) -> Gate:
    """The gate without its faults, which take most of the time."""
    return replace(whole, cases=Cases((), ()))


def statements(files: Iterable[object]) -> list[Quad]:
    """What stands in case files, under the names in them; in the graph of the first source unless they say another."""
    found = []
    for file in files:
        form = RdfFormat.TRIG if str(file).endswith(".trig") else RdfFormat.TURTLE
        for quad in parse(path=str(file), format=form):
            if not {type(quad.subject), type(quad.object)} & {BlankNode}:
                found.append(Quad(*quad.triple, quad.graph_name if isinstance(quad.graph_name, NamedNode) else S0))
    return found


COUNTRY = statements([ROOT / "shapes" / "cases" / "country.ttl"])


def stored(quads: Iterable[Quad]) -> Store:
    store = Store()
    store.extend(quads)
    return store


def judged(gate: Gate, before: set[Quad], after: set[Quad], report: Report, *, merge: bool = False) -> Report:
    """What only-what-changed comes to, which never gave up; of a store with the merge of its graphs or without."""
    change = Change(before ^ after, report.findings, report.looked)
    assert not change.everywhere
    store = stored(beside(after) if merge else after)
    return gate._judge_reached(store, change)


def altered(quad: Quad, pool: list[Quad], chance: random.Random) -> Quad:
    """The statement with another subject, property, value, class or graph that some other statement has."""
    other, what = chance.choice(pool), chance.randrange(5)
    if what == 4:
        return Quad(quad.subject, rdf.type, chance.choice([q.object for q in pool if q.predicate == rdf.type]), S0)
    parts = [*quad]
    parts[what] = other[what]
    if what == 2 and chance.random() < 0.3:
        parts[2] = chance.choice([integer(chance.randrange(3)), Literal("Cu\u0323m", language="vi")])
    return Quad(*parts)


def test_random_changes_give_the_report_of_everything(instrument: Gate) -> None:
    chance = random.Random(17)
    pool = COUNTRY + statements(case_files())
    pool = [quad for quad in pool if not str(quad.subject).startswith(f"<{td.iri}")]
    before = {*COUNTRY, *chance.sample(pool, 300)}
    report = instrument.judge(stored(before))
    rules = set()
    for number in range(CHANGES):
        gone = set(chance.sample(sorted(before, key=str), chance.randrange(8)))
        come = chance.sample(pool, chance.randrange(12))
        moved = {altered(quad, pool, chance) for quad in chance.sample(pool, chance.randrange(4))}
        # What one source says several say, as of a period; and all that is said of something goes.
        again = {Quad(*quad.triple, S3) for quad in chance.sample(pool, chance.randrange(12))}
        forgotten = chance.choice(pool).subject
        after = {*(quad for quad in before - gone if quad.subject != forgotten), *come, *moved, *again}
        merge = bool(number % 2)
        try:
            found = instrument.judge(stored(after))
        except GateError as error:
            with pytest.raises(GateError, match=str(error.value)):
                judged(instrument, before, after, report, merge=merge)
            continue
        assert judged(instrument, before, after, report, merge=merge) == found, number
        before, report = after, found
        rules |= {finding.rule.name for finding in found.findings}
    assert len(rules) > 60


@pytest.mark.parametrize("part", range(4))
def test_whatever_a_case_adds_or_takes_is_found_again(instrument: Gate, part: int) -> None:
    """A fault comes and goes, each case by itself: a tenth of them, or all (`STRIDE`)."""
    sound = set(COUNTRY)
    report = instrument.judge(stored(sound))
    for file in case_files()[part::STRIDE]:
        faulty = sound | set(statements([file]))
        if faulty == sound or Change(faulty - sound, (), {}).everywhere:
            continue
        try:
            found = instrument.judge(stored(faulty))
        except GateError as error:
            with pytest.raises(GateError, match=str(error.value)):
                judged(instrument, sound, faulty, report)
            continue
        assert judged(instrument, sound, faulty, report) == found, file
        assert judged(instrument, faulty, sound, found) == report, file


def test_the_faults_are_sown_and_found_though_little_changed(whole: Gate) -> None:
    before, ranking = set(COUNTRY), entity("ranking", "cum", "2017", "2004-902")
    report = whole.judge(stored(before))
    assert not report.findings
    after = {*before, Quad(ranking, td.rank, integer(0), S0)}
    found = whole.judge(stored(after), change=Change(before ^ after, (), report.looked))
    assert found == whole.judge(stored(after))
    assert {finding.rule.name for finding in found.findings} == {"Ranking-rank", "two-values-in-one-source"}
    blind = replace(whole, checks=tuple(check for check in whole.checks if check.rule.name != "date-out-of-range"))
    with pytest.raises(GateError, match="sown and not found"):
        blind.judge(stored(after), change=Change(before ^ after, (), report.looked))


def test_a_change_at_the_far_end_of_a_path_reaches_who_takes_it() -> None:
    unit, province, cluster = entity("unit", "2004", "901"), entity("unit", "2004", "90"), entity("cluster", "cum")
    quad = Quad(province, td.parent, cluster, S0)
    reach = Reach(stored([*COUNTRY, quad]), Change([quad], (), {}))
    foci = reach.foci([walk("td:member/td:territory/td:parent*")])
    assert entity("membership", "cum", "2017", "2004-901") in foci
    assert unit not in foci
    assert reach.foci([walk("td:member/td:territory/td:label")]) == set()


def test_that_something_is_said_of_a_node_changes_with_its_first_and_last_statement_only() -> None:
    award, cluster = entity("award", "a"), entity("cluster", "c")
    points, first, second, third = (
        Quad(award, td.ofCluster, cluster, S0),
        Quad(cluster, rdf.type, td.Cluster, S0),
        Quad(cluster, rdf.type, td.Cluster, S3),
        Quad(cluster, td.scope, award, S0),
    )
    walks = [walk("any/some")]

    def foci(before: set[Quad], after: set[Quad]) -> set[object]:
        return set(Reach(stored({points, *after}), Change(before ^ after, (), {})).foci(walks))

    assert foci(set(), {first}) == foci({first}, set()) == {award, cluster}
    assert foci(set(), {first, third}) == foci({first, second}, set()) == {award, cluster}
    assert foci({first}, {first, third}) == foci({second}, {first}) == foci({first, third}, {third}) == {cluster}


def test_a_change_of_what_data_are_understood_with_is_judged_as_a_whole() -> None:
    term = NamedNode(BASE + "def#Thing")
    assert Change([Quad(term, rdf.type, rdfs.Class, S0)], (), {}).everywhere
    assert Change([Quad(entity("unit", "1"), rdfs.subClassOf, term, S0)], (), {}).everywhere
    assert not Change(COUNTRY, (), {}).everywhere


def test_what_reaches_too_much_is_judged_as_a_whole(instrument: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("loaders.gate.reach._FEW", 20)
    quad = Quad(entity("witness", "s0", "0-90", "stated"), rdf.type, td.Witness, S0)
    before, after = set(COUNTRY), set(COUNTRY) - {quad}
    with pytest.raises(TooFar):
        judged(instrument, before, after, instrument.judge(stored(before)))
    found = instrument.judge(stored(after), change=Change([quad], (), {}))
    assert found == instrument.judge(stored(after))
    assert found.blocks


def test_a_change_of_a_large_store_may_reach_more() -> None:
    sizes = [0, 1_000_000, 5_000_000, 50_000_000]
    assert [Change((), (), {"statements": size}).most for size in sizes] == [20_000, 20_000, 100_000, 200_000]
