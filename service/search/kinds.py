"""How the kinds of things are called, one and many, and under which name their list is browsed."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """A kind of things: the last part of its list's address, what one is called, and what all are."""

    list: str
    one: tuple[str, str]
    many: tuple[str, str]

    def said(self, lang: str) -> str:
        """What one is called."""
        return self.one[lang == "en"]

    def said_of_all(self, lang: str) -> str:
        """What all are called."""
        return self.many[lang == "en"]


KINDS = {
    "unit": Kind("units", ("đơn vị hành chính", "administrative unit"), ("Đơn vị hành chính", "Administrative units")),
    "cluster": Kind(
        "clusters", ("cụm, khối thi đua", "cluster or bloc"), ("Cụm và khối thi đua", "Clusters and blocs")
    ),
    "conference": Kind("conferences", ("hội nghị", "conference"), ("Hội nghị", "Conferences")),
    "person": Kind("officials", ("cán bộ", "official"), ("Cán bộ", "Officials")),
    "post": Kind("posts", ("chức vụ", "post"), ("Chức vụ", "Posts")),
    "organisation": Kind("organisations", ("cơ quan, tổ chức", "organisation"), ("Cơ quan, tổ chức", "Organisations")),
    "movement": Kind(
        "movements", ("phong trào, cuộc vận động", "movement"), ("Phong trào, cuộc vận động", "Movements")
    ),
    "award": Kind("awards", ("khen thưởng", "award"), ("Khen thưởng", "Awards")),
    "concept": Kind("concepts", ("khái niệm", "concept"), ("Khái niệm, loại khen thưởng", "Concepts and award types")),
    "act": Kind("acts", ("văn bản", "legal act"), ("Văn bản", "Legal acts")),
    "source": Kind("sources", ("nguồn", "source"), ("Nguồn", "Sources")),
    "figure": Kind("figures", ("số liệu", "figure"), ("Số liệu", "Figures")),
    "emulation-unit": Kind(
        "emulation-units", ("đơn vị thi đua", "emulation unit"), ("Đơn vị thi đua", "Emulation units")
    ),
}
BY_LIST = {kind.list: name for name, kind in KINDS.items()}
