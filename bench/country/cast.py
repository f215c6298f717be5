"""Who takes part: sorts of clusters, what a spreadsheet is about, bodies, clusters."""

from __future__ import annotations

from dataclasses import dataclass

from bench.country.land import Place

FIRST, LAST = 2004, 2026


@dataclass(frozen=True)
class Sector:
    """A sort of cluster: how it is called, on what it rests, who is in it."""

    key: str
    word: str
    basis: str
    level: str
    member_kind: str
    called: str
    organisation: str = ""


SECTORS = (
    Sector("huyen", "cum", "territorial", "provincial", "district", "các huyện"),
    Sector("so", "khoi", "functional", "provincial", "so", "các sở", "so"),
    Sector("xa", "cum", "territorial", "district", "commune", "các xã, phường"),
    Sector("doanh-nghiep", "khoi", "enterprise", "provincial", "doanh-nghiep", "doanh nghiệp", "doanh-nghiep"),
    Sector("truong", "khoi", "functional", "district", "truong", "các trường", "truong"),
)
COMMUNES_2025 = Sector("xa-phuong", "cum", "territorial", "provincial", "commune", "các xã, phường")
PROVINCES = Sector("tinh", "cum", "territorial", "national", "province", "các tỉnh, thành phố")
MINISTRIES = Sector("bo", "khoi", "functional", "national", "co-quan-nganh-doc", "các bộ, ngành", "bo")
BODIES = {"so": "Sở mẫu", "doanh-nghiep": "Công ty mẫu", "truong": "Trường mẫu", "bo": "Bộ mẫu"}
HEADS = {"ubnd": "Chủ tịch", "doanh-nghiep": "Tổng giám đốc", "truong": "Hiệu trưởng", "bo": "Bộ trưởng"}


@dataclass(frozen=True)
class Setting:
    """What a spreadsheet is about: its number, its name, a sort of clusters and where they are."""

    number: int
    name: str
    sector: Sector
    home: Place | None
    places: tuple[Place, ...]
    first: int = FIRST
    last: int = LAST
    edited: bool = False

    @property
    def prefix(self) -> str:
        """What its keys begin with."""
        return f"mau-{self.number:03}"


@dataclass(frozen=True)
class Body:
    """An organisation: a member by itself, or the committee of a unit that is one."""

    number: int
    key: str
    label: str
    kind: str
    place: Place | None = None

    @property
    def post(self) -> str:
        """The key of the post at its head."""
        return f"{self.key}-dung-dau"


@dataclass(frozen=True)
class Cluster:
    """A cluster or bloc, its members and the years in which it is at work."""

    key: str
    label: str
    scope: Place | None
    members: tuple[Body, ...]
    years: range
