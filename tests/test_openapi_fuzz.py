"""What the OpenAPI document says is so: Schemathesis asks every operation what it allows and what it forbids."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance, unsupported_method

from loaders.settings import Settings
from service.app import create_app
from tests.house import House, house

load_all_checks()
DOCUMENT = schemathesis.openapi.from_dict(create_app(Settings()).openapi())
OPERATIONS = {found.ok().label: found.ok() for found in DOCUMENT.get_all_operations()}
# No schema knows which keys exist in a release, which cursors it gave out, or what SPARQL is: what fits may be refused.
# And OpenAPI 3.1 has no word for the method QUERY.
UNSAID = [positive_data_acceptance, unsupported_method]


@pytest.fixture(scope="module")
def served(published: Path) -> Iterator[House]:
    """The service over the committed data; nobody has made too many errors."""
    with house(published, query_timeout=10.0, rate_limit=()) as found:
        yield found


def told(case: schemathesis.Case) -> bool:
    """Whether every parameter has a value; one without counts as not given, which no schema can say.

    An object would be sent as parameters of other names.
    """
    values = (case.query or {}).values()
    return not any(isinstance(value, dict) or value in ("", [], [""], None) for value in values)


def pairs() -> Iterator[tuple[str, GenerationMode]]:
    """Every operation with what it allows and, if anything can be forbidden there, with what it forbids."""
    for label, operation in OPERATIONS.items():
        yield label, GenerationMode.POSITIVE
        if operation.query.items or operation.body:
            yield label, GenerationMode.NEGATIVE


@pytest.mark.parametrize(("label", "mode"), list(pairs()), ids=str)
def test_an_operation_does_what_the_document_says(served: House, label: str, mode: GenerationMode) -> None:
    @given(case=OPERATIONS[label].as_strategy(generation_mode=mode).filter(told))
    @settings(
        max_examples=15,
        derandomize=True,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def ask(case: schemathesis.Case) -> None:
        case.call_and_validate(base_url=f"http://127.0.0.1:{served.port}", excluded_checks=UNSAID, timeout=30)

    ask()


def test_all_that_can_be_checked_is_checked() -> None:
    assert {check.__name__ for check in UNSAID} < set(CHECKS.get_all_names())
