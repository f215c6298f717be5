"""The columns that several tables share, with the words that staff read above and beside their cells."""

from __future__ import annotations

from pyoxigraph import NamedNode

from loaders.namespaces import rdfs, skos, td
from loaders.records.schema import Column, Kind, Rule


def key(example: str, says: NamedNode | None = None) -> Column:
    return Column("key", "Mã", "Key", Kind.KEY, f"Mã đã cấp bằng thidua mint. Ví dụ: {example}", says, required=True)


def text(key: str, vi: str, en: str, says: NamedNode, help: str, required: bool = False) -> Column:
    return Column(key, vi, en, Kind.TEXT, help, says, required=required)


def label(example: str) -> Column:
    return text("label", "Tên", "Name", rdfs.label, f"Tên đầy đủ. Ví dụ: {example}", True)


def alt_labels() -> Column:
    help = "Các tên khác gặp trong nguồn, cách nhau bằng dấu |"
    return Column("alt_labels", "Tên khác", "Other names", Kind.TEXT, help, skos.altLabel, many=True)


def date(key: str, vi: str, en: str, says: NamedNode, help: str = "") -> Column:
    return Column(key, vi, en, Kind.DATE, f"{help} Viết ngày/tháng/năm: 13/07/2017".strip(), says)


def whole(key: str, vi: str, en: str, says: NamedNode, help: str, kind: Kind = Kind.INTEGER) -> Column:
    return Column(key, vi, en, kind, help, says)


def choice(key: str, vi: str, en: str, scheme: str, says: NamedNode, help: str, required: bool = False) -> Column:
    return Column(key, vi, en, Kind.CHOICE, help, says, scheme, required)


def sort(key: str, vi: str, en: str, help: str, **classes: NamedNode) -> Column:
    named = {name.replace("_", "-"): value for name, value in classes.items()}
    return Column(key, vi, en, Kind.SORT, help, required=True, classes=named)


def period(key: str, vi: str, en: str, says: NamedNode) -> Column:
    help = "2017 · 2017-H1 (6 tháng đầu năm) · 2017-H2 · 2017-Q1 (quý I) · 2020-early (đầu năm) · 2016--2020"
    return Column(key, vi, en, Kind.PERIOD, help, says)


def unit(key: str, vi: str, en: str, says: NamedNode, kind: Kind = Kind.UNIT) -> tuple[Column, Column]:
    written = "Viết như trong nguồn, có cả loại: huyện Lộc Bình. Khi một tên chỉ nhiều nơi thì ghi mã: 2004/188"
    within = "Cấp trên vào thời điểm đó: Lạng Sơn. Với xã: huyện Văn Lãng, tỉnh Lạng Sơn"
    return (
        Column(key, vi, en, kind, written, says),
        Column(f"{key}_in", f"{vi} (thuộc)", f"{en} (within)", Kind.WITHIN, within),
    )


def on() -> Column:
    return Column("on", "Tại thời điểm", "As on", Kind.MOMENT, "Năm hoặc ngày mà tên đơn vị hành chính ấy đúng: 2017")


def refers(key: str, vi: str, en: str, table: str, says: NamedNode | None = None, required: bool = False) -> Column:
    return Column(key, vi, en, Kind.REFERENCE, "", says, table, required)


def several(key: str, vi: str, en: str, table: str, says: NamedNode) -> Column:
    return Column(key, vi, en, Kind.REFERENCE, "Có thể nhiều, cách nhau bằng dấu |", says, table, many=True)


def needs(key: str, vi: str, en: str, table: str, says: NamedNode | None = None) -> Column:
    return refers(key, vi, en, table, says, required=True)


def cluster_year(says: NamedNode = td.inClusterYear, required: bool = True) -> tuple[Column, Column]:
    help = "Năm hoạt động của cụm, khối: cặp cụm và năm phải có ở trang Năm của cụm"
    return (
        refers("cluster", "Cụm, khối", "Cluster", "clusters", required=required),
        Column("year", "Năm", "Year", Kind.CLUSTER_YEAR, help, says, required=required),
    )


def member() -> tuple[Column | Rule, ...]:
    return (
        *unit("unit", "Đơn vị hành chính", "Unit", td.member, Kind.AGENT),
        Column("organisation", "Cơ quan, tổ chức", "Organisation", Kind.MEMBER, "", td.member, "organisations"),
        Rule("exactly one of", "unit", "organisation"),
    )


def conference(says: NamedNode, required: bool = False) -> Column:
    return refers("conference", "Hội nghị", "Conference", "conferences", says, required)


def target(key: str, vi: str, en: str, says: NamedNode) -> tuple[Column, Column]:
    classes = {
        "cluster": td.EmulationCluster, "conference": td.Conference, "movement": td.Movement,
        "organisation": td.Organization, "person": td.Person, "post": td.Post,
    }  # fmt: skip
    help = "Mục ấy là gì: cụm, hội nghị, người …"
    return (
        Column(f"{key}_kind", f"{vi} là", f"{en} is a", Kind.TARGET_KIND, help, required=True, classes=classes),
        Column(key, vi, en, Kind.TARGET, "Mã của mục ấy ở trang của nó", says, f"{key}_kind", required=True),
    )


# Whatever a row describes has a witness: the last columns of every table.
NOTE = Column("note", "Ghi chú nội bộ", "Internal note", Kind.NOTE, "Để trao đổi trong cơ quan; không bao giờ công bố")
WITNESS = (
    needs("source", "Nguồn", "Source", "sources"),
    Column("start", "Từ ký tự", "Start", Kind.INTEGER, "Vị trí ký tự đầu trong văn bản nguồn, đếm từ 0"),
    Column("end", "Đến ký tự", "End", Kind.INTEGER, "Vị trí ngay sau ký tự cuối trong văn bản nguồn"),
    Column("certainty", "Độ chắc chắn", "Certainty", Kind.CHOICE, "Nguồn nói rõ, người nhập suy ra, hay còn mơ hồ",
           of="certainty", required=True),
    NOTE,
    Rule("all or none of", "start", "end"),
    Rule("in order", "start", "end"),
)  # fmt: skip
