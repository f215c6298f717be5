"""What happens in the clusters of one spreadsheet, year by year, told source by source."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property

from bench.country import people
from bench.country.book import Book, Cell, Report
from bench.country.cast import BODIES, HEADS, LAST, Body, Cluster, Setting
from bench.country.land import Place
from loaders.registry.unit import FIRST_DAY_2025, LAST_DAY_2004

MOVEMENTS, ACTS = 40, 6
# Triples of what all spreadsheets refer to, about.
SHARED = 700
GOVERNMENT, PREMIER = "mau-chinh-phu", "mau-thu-tuong"
# Officials of one spreadsheet have numbers of their own.
_PEOPLE = 10_000_000
_TERM = 5

_MEASURES = (
    ("Phong trào thi đua được phát động", "Movements launched", "phong-trao"),
    ("Tập thể được khen thưởng", "Collectives commended", "tap-the"),
    ("Cá nhân được khen thưởng", "Individuals commended", "ca-nhan"),
    ("Hợp tác xã thành lập mới", "Cooperatives newly established", "hop-tac-xa"),
    ("Tỷ lệ hoàn thành chỉ tiêu", "Share of targets met", "phan-tram"),
)
_COLLECTIVE = (
    ("co-thi-dua-cap-bo-tinh", "Cờ thi đua"),
    ("tap-the-lao-dong-xuat-sac", "Tập thể lao động xuất sắc"),
    ("bang-khen-cap-bo-tinh", "Bằng khen"),
    ("co-thi-dua-cua-chinh-phu", "Cờ thi đua của Chính phủ"),
    ("giay-khen", "Giấy khen"),
)
_INDIVIDUAL = (("chien-si-thi-dua-co-so", "Chiến sĩ thi đua cơ sở"), ("bang-khen-cap-bo-tinh", "Bằng khen"))


@dataclass
class Chronicle:
    """The clusters of one spreadsheet, told until there are enough triples."""

    book: Book
    setting: Setting
    chance: random.Random
    enough: int
    _known: set[str] = field(default_factory=lambda: {GOVERNMENT, f"{GOVERNMENT}-dung-dau"})
    _reports: int = 0
    _edits: int = 0

    def tell(self) -> None:
        """The book has about as many triples as are enough."""
        for cluster in self._clusters():
            for year in cluster.years:
                for tell in (self._half_year, self._whole_year, self._decisions):
                    if not self._room():
                        return
                    tell(cluster, year)

    def _room(self) -> bool:
        # As often above as below: the next source is told when at least half of it still fits.
        told = self.book.triples - self._edits
        usual = told / self._reports if self._reports else 0
        return told + usual / 2 < self.enough

    # ── Who is there ────────────────────────────────────────────────────────────────────────────────────────────────

    def _clusters(self) -> Iterator[Cluster]:
        setting, sector, number = self.setting, self.setting.sector, 0
        while True:
            number += 1
            scope, places = self._ground()
            size = min(80, max(4, round(self.chance.lognormvariate(2.1, 0.6))))
            members = tuple(self._members(size, scope, places))
            where = f" {scope.name}" if scope else ""
            word = "Cụm" if sector.word == "cum" else "Khối"
            label = f"{word} thi đua mẫu số {setting.number}.{number} {sector.called}{where}"
            yield Cluster(f"{setting.prefix}-{number}", label, scope, members, self._life())

    def _ground(self) -> tuple[Place | None, tuple[Place, ...]]:
        """What a cluster reaches over, and the units in it."""
        if self.setting.sector.level != "district":
            return self.setting.home, self.setting.places
        district = self.chance.choice([place for place in self.setting.places if len(place.below) > 4])
        return district, district.below

    def _members(self, size: int, scope: Place | None, places: Sequence[Place]) -> Iterator[Body]:
        kind = self.setting.sector.organisation
        if not kind:
            for place in self.chance.sample(places, min(size, len(places))):
                yield self._committee(place)
            return
        where = f" {scope.name}" if scope else ""
        for number in self.chance.sample(range(1, 4 * size), size):
            at = scope.code.replace("/", "-") if scope else "trung-uong"
            yield Body(number, f"{self.setting.prefix}-{kind}-{number}-{at}", f"{BODIES[kind]} {number}{where}", kind)

    def _committee(self, place: Place) -> Body:
        edition, code = place.code.split("/")
        key = f"{self.setting.prefix}-ubnd-{edition}-{code}"
        return Body(int(code) + 100_000 * (edition == "2025"), key, f"UBND mẫu {place.name}", "ubnd", place)

    def _life(self) -> range:
        setting = self.setting
        first = self.chance.randint(setting.first, max(setting.first, setting.last - 2))
        return range(first, min(setting.last, first + 2 + int(self.chance.expovariate(1 / 8))) + 1)

    @cached_property
    def _authority(self) -> Body:
        """Who commends and leads: the committee of the province, or the government."""
        home = self.setting.home
        return self._committee(home) if home else Body(0, GOVERNMENT, "Chính phủ (mẫu)", "chinh-phu")

    # ── What is told of them ────────────────────────────────────────────────────────────────────────────────────────

    def _report(self, key: str, title: str, day: date) -> Report:
        self._reports += 1
        return Report.begun(self.book, key, title, _day(day + timedelta(self.chance.randint(1, 6))))

    def _half_year(self, cluster: Cluster, year: int) -> None:
        day = date(year, 7, self.chance.randint(2, 30))
        key, label = f"{cluster.key}-{year}-so-ket", f"Hội nghị sơ kết 6 tháng đầu năm {year} của {cluster.label}"
        report = self._report(key, label, day)
        if year == cluster.years[0]:
            self._tell_cluster(report, cluster, year)
        count = len(cluster.members) if self.chance.random() < 0.6 else ""
        report.say("cluster_years", cluster=cluster.key, year=year, stated_member_count=count)
        self._tell_conference(report, cluster, key, label, day, "so-ket | trien-khai", f"{year}-H1", f"{year}-H2")
        self._tell_members(report, cluster, year)
        self._tell_roles(report, cluster, year, key)
        self._tell_participants(report, cluster, key, day)
        self._tell_figures(report, cluster, year, key, f"{year}-H1")
        self._tell_movements(report, cluster, year)

    def _whole_year(self, cluster: Cluster, year: int) -> None:
        if year == LAST:
            return
        late = self.chance.random() < 0.3
        day = date(year + late, 1 if late else 12, self.chance.randint(5, 28))
        key, label = f"{cluster.key}-{year}-tong-ket", f"Hội nghị tổng kết năm {year} của {cluster.label}"
        report = self._report(key, label, day)
        report.say("cluster_years", cluster=cluster.key, year=year)
        self._tell_conference(report, cluster, key, label, day, "tong-ket | ky-giao-uoc", f"{year}", f"{year + 1}")
        self._tell_participants(report, cluster, key, day)
        self._tell_rankings(report, cluster, year, key)
        self._tell_awards(report, cluster, year, key, day)
        self._tell_figures(report, cluster, year, key, f"{year}")
        if self.chance.random() < 0.6:
            report.say("pacts", cluster=cluster.key, year=year, conference=key)

    def _decisions(self, cluster: Cluster, year: int) -> None:
        """The authority decides on what was proposed, and most of it is presented."""
        if year == LAST:
            return
        day = date(year + 1, 2, self.chance.randint(1, 28))
        key = f"{cluster.key}-{year}-quyet-dinh"
        number = f"{self.chance.randint(1, 4000)}/QĐ-M{self.setting.number}"
        report = self._report(key, f"Quyết định khen thưởng năm {year} của {cluster.label}", day)
        authority = self._introduced(report, self._authority, year)
        label = f"Quyết định số {number} về khen thưởng năm {year}"
        cells: dict[str, Cell] = {"number": number, "label": label, "issuer": authority.key, "issued": _day(day)}
        report.say("acts", key=key, kind="legal-act", **cells)
        for award in self._awards(cluster, year):
            if self.chance.random() < 0.8:
                self._tell_decision(report, award, authority, day, key)

    def _tell_decision(self, report: Report, award: str, authority: Body, day: date, act: str) -> None:
        step: dict[str, Cell] = {"award": award, "organisation": authority.key}
        report.say("award_steps", step="quyet-dinh", date=_day(day), act=act, **step)
        if self.chance.random() < 0.7:
            report.say("award_steps", step="trao", date=_day(day + timedelta(30)), again=True, **step)

    def _tell_cluster(self, report: Report, cluster: Cluster, year: int) -> None:
        sector = self.setting.sector
        scope = {**cluster.scope.cells("scope", year), "on": year} if cluster.scope else {}
        report.say(
            "clusters",
            key=cluster.key,
            label=cluster.label,
            alt_labels=" | ".join(self._other_names(cluster)),
            kind=sector.word,
            basis=sector.basis,
            level=sector.level,
            **scope,
        )

    def _other_names(self, cluster: Cluster) -> Iterator[str]:
        if self.chance.random() < 0.3:
            yield cluster.label.replace(" thi đua", "")
        if self.setting.edited:
            # One triple more, for which nothing else is left out.
            self._edits += 1
            yield f"{cluster.label} (tên sửa)"

    def _tell_conference(
        self, report: Report, cluster: Cluster, key: str, label: str, day: date, kinds: str, *periods: str
    ) -> None:
        place = next((body.place for body in cluster.members if body.place), self.setting.home)
        there = place.cells("place", day.year) if place and _valid(place, day) else {}
        report.say(
            "conferences",
            key=key,
            label=label,
            kinds=kinds,
            cluster=cluster.key,
            date=_day(day),
            date_text=f"ngày {day.day}/{day.month}" if self.chance.random() < 0.5 else "",
            reviewed=periods[0],
            planned=periods[1],
            **there,
        )

    def _tell_members(self, report: Report, cluster: Cluster, year: int) -> None:
        kind = self.setting.sector.member_kind
        for at, body in enumerate(cluster.members):
            cells = self._member(report, body, year)
            report.say(
                "members",
                cluster=cluster.key,
                year=year,
                member_kind=kind,
                certainty=self._certainty(),
                again=bool(at % 3),
                **cells,
            )

    def _tell_roles(self, report: Report, cluster: Cluster, year: int, conference: str) -> None:
        for at, role in enumerate(("truong", "pho")):
            body = cluster.members[(year + at) % len(cluster.members)]
            report.say(
                "roles",
                cluster=cluster.key,
                year=year,
                role=role,
                selection=self.chance.choice(("suy-ton", "bau", "luan-phien", "ban-giao", "")),
                representative=self._head(report, body, year) if self.chance.random() < 0.7 else "",
                conference=conference,
                **self._member(report, body, year),
            )

    def _tell_participants(self, report: Report, cluster: Cluster, conference: str, day: date) -> None:
        few = self.chance.sample(cluster.members, min(len(cluster.members), self.chance.randint(4, 12)))
        roles = ["chu-tri", "khai-mac", "phat-bieu", "phat-bieu", *["du"] * 8]
        self._tell_participant(report, self._authority, conference, "chi-dao", day)
        for body, role in zip(few, roles, strict=False):
            self._tell_participant(report, body, conference, role, day)

    def _tell_participant(self, report: Report, body: Body, conference: str, role: str, day: date) -> None:
        person = self._head(report, body, day.year)
        report.say("holdings", person=person, post=body.post, as_of=_day(day), certainty=self._certainty())
        if body.place and _valid(body.place, day):
            behalf = body.place.cells("behalf_unit", day.year)
        else:
            behalf = {"behalf_organisation": body.key}
        report.say("participations", conference=conference, person=person, role=role, posts=body.post, **behalf)

    def _tell_rankings(self, report: Report, cluster: Cluster, year: int, conference: str) -> None:
        ranked = self.chance.sample(cluster.members, min(len(cluster.members), 6))
        for rank, body in enumerate(ranked, start=1):
            report.say(
                "rankings",
                cluster=cluster.key,
                year=year,
                rank=rank,
                rank_text=("xếp thứ Nhất", "xếp thứ Nhì", "xếp thứ Ba")[rank - 1] if rank < 4 else "",
                method=self.chance.choice(("binh-xet", "bo-phieu", "suy-ton")),
                conference=conference,
                **self._member(report, body, year),
            )

    def _awards(self, cluster: Cluster, year: int) -> list[str]:
        """The keys of a year's awards: as many as there are members, ten at most."""
        return [f"{cluster.key}-{year}-{number}" for number in range(1, min(len(cluster.members), 10) + 1)]

    def _tell_awards(self, report: Report, cluster: Cluster, year: int, conference: str, day: date) -> None:
        authority = self._introduced(report, self._authority, year)
        for key, body in zip(self._awards(cluster, year), cluster.members, strict=False):
            report.say(
                "awards",
                key=key,
                authority=authority.key,
                authority_text=authority.label,
                year=year,
                certainty=self._certainty(),
                **self._award(report, body, year),
            )
            report.say("award_steps", award=key, step="de-nghi", date=_day(day), conference=conference, again=True)

    def _award(self, report: Report, body: Body, year: int) -> dict[str, Cell]:
        """What is awarded, and to whom: the member, its head, or people who are counted but not named."""
        sort = self.chance.random()
        if sort < 0.6:
            type, words = self.chance.choice(_COLLECTIVE)
            return {
                "type": type,
                "award_text": words,
                "recipient_kind": "collective",
                **self._member(report, body, year),
            }
        type, words = self.chance.choice(_INDIVIDUAL)
        cells: dict[str, Cell] = {"type": type, "award_text": words, "recipient_kind": "individual"}
        if sort < 0.8:
            return {**cells, "person": self._head(report, body, year)}
        count = self.chance.randint(2, 60)
        return {**cells, "recipient_text": f"{count} cá nhân", "recipient_count": count}

    def _tell_figures(self, report: Report, cluster: Cluster, year: int, key: str, period: str) -> None:
        for number, (measure, english, unit) in enumerate(self.chance.sample(_MEASURES, self.chance.randint(1, 4))):
            value = self.chance.randint(20, 99)
            about: dict[str, Cell] = {"cluster": cluster.key, "year": year} if number % 2 else {"conference": key}
            said: dict[str, Cell] = {"unit_of_measure": unit, "period": period, **about}
            report.say("figures", key=f"{key}-{number}", measure=measure, measure_en=english, value=value, **said)
            if number == 1:
                part = f"Trong đó ở cơ sở: {measure.lower()}"
                said |= {"key": f"{key}-{number}-co-so", "part_of": f"{key}-{number}", "measure": part}
                report.say("figures", value=self.chance.randint(2, value), again=True, **said)

    def _tell_movements(self, report: Report, cluster: Cluster, year: int) -> None:
        for number in self.chance.sample(range(1, MOVEMENTS + 1), self.chance.randint(1, 3)):
            report.say("movement_participations", movement=movement(number), cluster=cluster.key, year=year)
        if self.chance.random() < 0.2:
            report.say("citations", cluster=cluster.key, year=year, act=act(self.chance.randint(1, ACTS)))

    # ── Who is met for the first time ───────────────────────────────────────────────────────────────────────────────

    def _member(self, report: Report, body: Body, year: int) -> dict[str, Cell]:
        """The cells that name a member in a row of that year."""
        if body.place:
            return dict(body.place.cells("unit", year))
        return {"organisation": self._introduced(report, body, year).key}

    def _introduced(self, report: Report, body: Body, year: int) -> Body:
        """The body, whose own row is there."""
        if body.key not in self._known:
            self._known.add(body.key)
            place = {**body.place.cells("unit"), "on": _within(body.place)} if body.place else {}
            report.say("organisations", key=body.key, label=body.label, kind=body.kind, **place)
        return body

    def _head(self, report: Report, body: Body, year: int) -> str:
        """The key of the person who is at the head of a body that year, whose rows are there."""
        self._introduced(report, body, year)
        if body.post not in self._known:
            self._known.add(body.post)
            label = f"{HEADS.get(body.kind, 'Giám đốc')} {body.label}"
            report.say("posts", key=body.post, label=label, organisation=body.key, again=True)
        term = (year + body.number) // _TERM
        if f"{body.post} {term}" not in self._known:
            self._known.add(f"{body.post} {term}")
            key = self._person(body, term)
            report.say("persons", key=key, name=people.name(random.Random(f"{body.key} {term}")), again=True)
            report.say("holdings", person=key, post=body.post, again=True)
        return self._person(body, term)

    def _person(self, body: Body, term: int) -> str:
        if (found := self._people.get((body.key, term))) is None:
            number = self.setting.number * _PEOPLE + len(self._people)
            found = self._people[body.key, term] = people.key(number)
        return found

    @cached_property
    def _people(self) -> dict[tuple[str, int], str]:
        return {}

    def _certainty(self) -> str:
        return self.chance.choices(("stated", "inferred", "ambiguous"), (88, 10, 2))[0]


def tell_shared(book: Book) -> None:
    """What all spreadsheets refer to is there: the government, movements, documents."""
    report = Report.begun(book, "mau-000-chung", "Những điều mà mọi bảng tính cùng nhắc đến", "01/01/2004")
    report.say("organisations", key=GOVERNMENT, label="Chính phủ (mẫu)", kind="chinh-phu")
    report.say("organisations", key=PREMIER, label="Thủ tướng Chính phủ (mẫu)", kind="thu-tuong", part_of=GOVERNMENT)
    report.say("posts", key=f"{GOVERNMENT}-dung-dau", label="Người đứng đầu Chính phủ (mẫu)", organisation=GOVERNMENT)
    for number in range(1, MOVEMENTS + 1):
        broader = movement(1 + number % 4) if number > 4 else ""
        label, years = f"Phong trào thi đua mẫu số {number}", {"from_year": 2000 + number // 4, "to_year": 2026}
        report.say("movements", key=movement(number), label=label, kind="phong-trao", broader=broader, **years)
    for number in range(1, ACTS + 1):
        label = f"Chỉ thị mẫu số {number} về công tác thi đua, khen thưởng"
        cells = {"number": f"{number}/CT-M", "label": label, "issuer": GOVERNMENT, "issued": f"01/03/{2003 + number}"}
        report.say("acts", key=act(number), kind="legal-act", **cells)


def movement(number: int) -> str:
    """The key of a movement that everybody knows."""
    return f"mau-phong-trao-{number}"


def act(number: int) -> str:
    """The key of a document that everybody knows."""
    return f"mau-chi-thi-{number}"


def _valid(place: Place, day: date) -> bool:
    return day <= LAST_DAY_2004 if place.code.startswith("2004/") else day >= FIRST_DAY_2025


def _within(place: Place) -> int:
    """A year in which the unit bears its name."""
    return 2010 if place.code.startswith("2004/") else 2026


def _day(day: date) -> str:
    return f"{day:%d/%m/%Y}"
