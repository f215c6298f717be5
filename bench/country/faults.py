"""Faults to be sown: rows that the loader takes and the gate must find, each with the rules that it breaks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from bench.country import people
from bench.country.book import Book, Cell, Report

YEAR = 2016
# Officials of the spreadsheets have the numbers below.
_PEOPLE = 800_000_000_000
_DAY = f"{date(YEAR, 7, 13):%d/%m/%Y}"


@dataclass
class Plot:
    """The ground of one fault: a source that speaks about nothing else, and what is needed around the fault."""

    book: Book
    key: str
    number: int

    def report(self, name: str = "nguon", **cells: Cell) -> Report:
        """A source of the plot."""
        return Report.begun(self.book, f"{self.key}-{name}", f"Lỗi gieo {self.key} ({name})", _DAY, **cells)

    def body(self, report: Report, name: str, **cells: Cell) -> str:
        """An organisation's key; its row is there."""
        key = f"{self.key}-{name}"
        report.say("organisations", key=key, label=f"Công ty mẫu {key}", **{"kind": "doanh-nghiep", **cells})
        return key

    def cluster(self, report: Report, *members: str, name: str = "cum", year: int = YEAR, stated: Cell = "") -> str:
        """A cluster's key; its rows are there, with its members of one year."""
        key = f"{self.key}-{name}"
        report.say("clusters", key=key, label=f"Cụm thi đua mẫu {key}", kind="cum")
        report.say("cluster_years", cluster=key, year=year, stated_member_count=stated)
        for member in members:
            report.say("members", cluster=key, year=year, organisation=member)
        return key

    def conference(self, report: Report, **cells: Cell) -> str:
        """A conference's key; its row is there."""
        key = f"{self.key}-hoi-nghi"
        report.say("conferences", key=key, label=f"Hội nghị mẫu {key}", kinds="tong-ket", **cells)
        return key

    def award(self, report: Report, **cells: Cell) -> str:
        """An award's key; its row is there."""
        key, type = f"{self.key}-khen", "bang-khen-cap-bo-tinh"
        report.say("awards", key=key, type=type, year=YEAR, **(cells or {"recipient_text": "24 cá nhân"}))
        return key

    def person(self, report: Report, name: str) -> str:
        """A person's key; the row is there."""
        key = people.key(_PEOPLE + self.number)
        report.say("persons", key=key, name=name)
        return key


Sow = Callable[[Plot], None]
_FAULTS: list[tuple[str, Sow, Mapping[str, int]]] = []


def _breaks(**rules: int) -> Callable[[Sow], Sow]:
    """The rules that a fault breaks, and how often; in place of a hyphen stands an underscore."""

    def note(sow: Sow) -> Sow:
        name = sow.__name__.strip("_").replace("_", "-")
        _FAULTS.append((name, sow, {rule.replace("_", "-"): count for rule, count in rules.items()}))
        return sow

    return note


def sow(book: Book, number: int) -> Counter[str]:
    """So many faults of each kind stand in the book; how often each rule is broken by them."""
    broken: Counter[str] = Counter()
    for at, (name, plant, rules) in enumerate(_FAULTS):
        for turn in range(number):
            plant(Plot(book, f"mau-loi-{name}-{turn + 1}", at * number + turn))
            broken.update(rules)
    return broken


# ── Clusters ────────────────────────────────────────────────────────────────────────────────────────────────────────


@_breaks(lead_outside_members=1)
def _stranger_leads(plot: Plot) -> None:
    report = plot.report()
    a, b = plot.body(report, "a"), plot.body(report, "b")
    report.say("roles", cluster=plot.cluster(report, a), year=YEAR, role="truong", organisation=b)


@_breaks(two_leads_in_one_source=2)
def _two_leads(plot: Plot) -> None:
    report = plot.report()
    bodies = [plot.body(report, name) for name in "ab"]
    cluster = plot.cluster(report, *bodies)
    for body in bodies:
        report.say("roles", cluster=cluster, year=YEAR, role="truong", organisation=body)


@_breaks(two_leads_in_two_sources=2)
def _disputed_lead(plot: Plot) -> None:
    report, other = plot.report(), plot.report("nguon-khac")
    a, b = plot.body(report, "a"), plot.body(report, "b")
    cluster = plot.cluster(report, a, b)
    report.say("roles", cluster=cluster, year=YEAR, role="truong", organisation=a)
    other.say("roles", cluster=cluster, year=YEAR, role="truong", organisation=b)


@_breaks(two_values_in_two_sources=2)
def _disputed_basis(plot: Plot) -> None:
    key, label = f"{plot.key}-cum", f"Cụm thi đua mẫu {plot.key}"
    for name, basis in (("nguon", "territorial"), ("nguon-khac", "functional")):
        plot.report(name).say("clusters", key=key, label=label, kind="cum", basis=basis)


@_breaks(ranking_outside_members=1)
def _stranger_ranked(plot: Plot) -> None:
    report = plot.report()
    a, b = plot.body(report, "a"), plot.body(report, "b")
    report.say("rankings", cluster=plot.cluster(report, a), year=YEAR, rank=1, organisation=b)


@_breaks(rank_beyond_members=1)
def _rank_too_low(plot: Plot) -> None:
    report = plot.report()
    a = plot.body(report, "a")
    report.say("rankings", cluster=plot.cluster(report, a), year=YEAR, rank=9, organisation=a)


@_breaks(Ranking_rank=1)
def _rank_of_nought(plot: Plot) -> None:
    report = plot.report()
    a = plot.body(report, "a")
    report.say("rankings", cluster=plot.cluster(report, a), year=YEAR, rank=0, organisation=a)


@_breaks(member_outside_scope=1)
def _far_member(plot: Plot) -> None:
    report = plot.report()
    key = f"{plot.key}-cum"
    report.say("clusters", key=key, label=f"Cụm thi đua mẫu {key}", kind="cum", scope="2025/20")
    report.say("cluster_years", cluster=key, year=2026)
    report.say("members", cluster=key, year=2026, unit="2025/01")


@_breaks(more_members_than_stated=1)
def _more_members(plot: Plot) -> None:
    report = plot.report()
    plot.cluster(report, plot.body(report, "a"), plot.body(report, "b"), stated=1)


@_breaks(ClusterYear_statedMemberCount=1)
def _no_members(plot: Plot) -> None:
    plot.cluster(plot.report(), stated=0)


@_breaks(ClusterYear_year=1)
def _too_early(plot: Plot) -> None:
    plot.cluster(plot.report(), year=1946)


@_breaks(LinkCandidate_linkFrom=1)
def _linked_to_itself(plot: Plot) -> None:
    report = plot.report()
    cluster = plot.cluster(report)
    ends: dict[str, Cell] = {"from_kind": "cluster", "from": cluster, "to_kind": "cluster", "to": cluster}
    report.say("links", key=f"{plot.key}-noi", status="pending", **ends)


# ── Conferences, figures ────────────────────────────────────────────────────────────────────────────────────────────


@_breaks(conference_after_its_plan=1)
def _plan_in_the_past(plot: Plot) -> None:
    plot.conference(plot.report(), date=_DAY, planned=f"{YEAR - 1}")


@_breaks(conference_before_its_period=1)
def _review_of_the_future(plot: Plot) -> None:
    plot.conference(plot.report(), date=_DAY, reviewed=f"{YEAR + 1}")


@_breaks(conference_long_after_its_period=1)
def _late_review(plot: Plot) -> None:
    plot.conference(plot.report(), date=_DAY, reviewed=f"{YEAR - 2}")


@_breaks(ConferenceDate=1)
def _conference_without_day(plot: Plot) -> None:
    plot.conference(plot.report(), reviewed=f"{YEAR}")


@_breaks(part_greater_than_whole=1)
def _part_too_great(plot: Plot) -> None:
    report = plot.report()
    said: dict[str, Cell] = {"conference": plot.conference(report, date=_DAY), "unit_of_measure": "ca-nhan"}
    report.say("figures", key=f"{plot.key}-so", measure="Cá nhân được khen", value=10, **said)
    report.say("figures", key=f"{plot.key}-phan", measure="Trong đó", value=11, part_of=f"{plot.key}-so", **said)


@_breaks(Figure_unitOfMeasure=1)
def _figure_of_what(plot: Plot) -> None:
    report = plot.report()
    about = plot.conference(report, date=_DAY)
    report.say("figures", key=f"{plot.key}-so", conference=about, measure="Khen thưởng", value=10)


# ── Awards ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@_breaks(award_steps_out_of_order=1)
def _decided_before_proposed(plot: Plot) -> None:
    report = plot.report()
    award = plot.award(report)
    report.say("award_steps", award=award, step="de-nghi", date=_DAY)
    report.say("award_steps", award=award, step="quyet-dinh", date=f"01/01/{YEAR}")


@_breaks(decision_of_nobody_knows_when=1)
def _bare_decision(plot: Plot) -> None:
    report = plot.report()
    report.say("award_steps", award=plot.award(report), step="quyet-dinh")


@_breaks(presentation_without_decision=1)
def _presented_only(plot: Plot) -> None:
    report = plot.report()
    report.say("award_steps", award=plot.award(report), step="trao", date=_DAY)


@_breaks(ProposalHasNoAct_decisionAct=1)
def _proposal_with_act(plot: Plot) -> None:
    report = plot.report()
    act = f"{plot.key}-van-ban"
    report.say("acts", key=act, kind="legal-act", number=f"{plot.number}/QĐ-L", label=f"Quyết định {act}")
    report.say("award_steps", award=plot.award(report), step="de-nghi", act=act)


@_breaks(AwardStep_decisionAct=1)
def _decided_by_the_party(plot: Plot) -> None:
    report = plot.report()
    act = f"{plot.key}-van-ban"
    report.say("acts", key=act, kind="party-document", number=f"{plot.number}-CT/L", label=f"Chỉ thị {act}")
    report.say("award_steps", award=plot.award(report), step="quyet-dinh", act=act)


@_breaks(AwardCase_recipientCount=1)
def _nobody_awarded(plot: Plot) -> None:
    plot.award(plot.report(), recipient_text="các cá nhân", recipient_count=0)


@_breaks(recipient_named=1)
def _recipient_by_name(plot: Plot) -> None:
    plot.award(plot.report(), recipient_text="ông Nguyễn Mẫu và gia đình")


@_breaks(personal_data_in_text=1)
def _telephone(plot: Plot) -> None:
    plot.award(plot.report(), recipient_text="24 cá nhân", authority_text="UBND mẫu, 0900 000 000")


# ── People, bodies, documents, sources ──────────────────────────────────────────────────────────────────────────────


@_breaks(person_without_post=1)
def _nobody_in_particular(plot: Plot) -> None:
    plot.person(plot.report(), "Trần Văn Mẫu")


@_breaks(personal_data_in_name=1)
def _birth_in_name(plot: Plot) -> None:
    report = plot.report()
    person, post = plot.person(report, "Trần Văn Mẫu, sinh năm Dần"), f"{plot.key}-chuc-vu"
    report.say("posts", key=post, label="Giám đốc Công ty mẫu", organisation=plot.body(report, "a"))
    report.say("holdings", person=person, post=post, as_of=_DAY)


@_breaks(BodyOfTerritory=1)
def _committee_of_nowhere(plot: Plot) -> None:
    plot.body(plot.report(), "ubnd", kind="ubnd")


@_breaks(part_of_itself=1)
def _its_own_part(plot: Plot) -> None:
    plot.body(plot.report(), "a", part_of=f"{plot.key}-a")


@_breaks(OfficialDocument_number=1)
def _act_without_number(plot: Plot) -> None:
    plot.report().say("acts", key=f"{plot.key}-van-ban", kind="legal-act", label="Quyết định mẫu không số")


@_breaks(SourcePublisher=1)
def _source_of_nobody(plot: Plot) -> None:
    plot.report(publisher_name="")
