"""What the OpenAPI document says is so: Schemathesis asks every operation what it allows and what it forbids."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.config import SchemathesisConfig
from schemathesis.generation import GenerationMode

from loaders.resources import ROOT
from loaders.settings import Settings
from service.app import create_app
from tests.house import House, house

load_all_checks()
# With what no schema can say, as `schemathesis run` reads it.
CONFIG = SchemathesisConfig.from_path(ROOT / "schemathesis.toml")
DOCUMENT = schemathesis.openapi.from_dict(create_app(Settings()).openapi(), config=CONFIG)
OPERATIONS = {found.ok().label: found.ok() for found in DOCUMENT.get_all_operations()}


@pytest.fixture(scope="module")
def served(published: Path) -> Iterator[House]:
    """The service over the committed data; nobody has made too many errors."""
    with house(published, query_timeout=10.0, rate_limit=()) as found:
        yield found


def pairs() -> Iterator[tuple[str, GenerationMode]]:
    """Every operation with what it allows and, if anything can be forbidden there, with what it forbids."""
    for label, operation in OPERATIONS.items():
        yield label, GenerationMode.POSITIVE
        if operation.query.items or operation.body:
            yield label, GenerationMode.NEGATIVE


@pytest.mark.parametrize(("label", "mode"), list(pairs()), ids=str)
def test_an_operation_does_what_the_document_says(served: House, label: str, mode: GenerationMode) -> None:
    @given(case=OPERATIONS[label].as_strategy(generation_mode=mode))
    @settings(
        max_examples=15,
        derandomize=True,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def ask(case: schemathesis.Case) -> None:
        case.call_and_validate(base_url=f"http://127.0.0.1:{served.port}", timeout=30)

    ask()


def test_every_check_is_made() -> None:
    checks = [each.checks for each in (CONFIG.projects.default, *CONFIG.projects.default.operations.operations)]
    names = set(CHECKS.get_all_names())
    assert names
    assert [(name, each) for each in checks for name in names if not each.get_by_name(name=name).enabled] == []
