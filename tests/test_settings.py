"""Settings come from the environment, once, and a wrong one is refused by name."""

import pytest

from loaders.errors import UsageError
from loaders.settings import Settings, unknown, variable


def test_every_setting_says_what_it_means():
    rows = Settings().table()
    assert len(rows) == len(Settings.__dataclass_fields__)
    assert all(meaning for _, _, meaning in rows)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("THIDUA_PORT", "eighty"),
        ("THIDUA_PORT", "70000"),
        ("THIDUA_WORKERS", "0"),
        ("THIDUA_ANSWER_SIZE", "0"),
        ("THIDUA_RATE_LIMIT", "240"),
        ("THIDUA_RATE_LIMIT", "240,0"),
        ("THIDUA_RATE_LIMIT", "many,few"),
        ("THIDUA_QUERY_TIMEOUT", "-1"),
        ("THIDUA_BASE_IRI", "w3id.org/thidua"),
        ("THIDUA_BASE_IRI", "https://example.org/no-slash"),
        ("THIDUA_BASE_IRI", "https://example.org/<x>/"),
        ("THIDUA_BASE_IRI", "https://example.org/%/"),
        ("THIDUA_BASE_IRI", "https://[/"),
        ("THIDUA_QUERY_MEMORY", "9" * 30),
        ("THIDUA_QUERY_TIMEOUT", "nan"),
        ("THIDUA_QUERY_TIMEOUT", "inf"),
        ("THIDUA_RATE_LIMIT", "1," + "9" * 400),
        ("THIDUA_WORKERS", "100000"),
        ("THIDUA_HOST", "\udcff"),
        ("THIDUA_SERVICE_ALLOW", "query.example.org/sparql"),
        ("THIDUA_SERVICE_ALLOW", "https://query.example.org/, *"),
        ("THIDUA_SPARQL_ENDPOINT", "http://example.org:x/"),
        ("THIDUA_SPARQL_ENDPOINT", "http://example.org:99999/"),
        ("THIDUA_SPARQL_ENDPOINT", "http://[/"),
    ],
)
def test_a_wrong_value_is_refused_by_name(name, value):
    with pytest.raises(UsageError, match=name):
        Settings.from_environ({name: value})


@pytest.mark.parametrize("name", ["PORT", "WORKERS", "QUERY_TIMEOUT", "CACHE_MEMORY", "RATE_LIMIT"])
def test_who_writes_letters_is_told_that_numbers_are_wanted(name):
    with pytest.raises(UsageError, match=r"cannot be used: .*number"):
        Settings.from_environ({f"THIDUA_{name}": "many,few"})


@pytest.mark.parametrize(
    "value", ["http://ann:s3cret@example.org/sparql", "http://s3cret@example.org", "//a:s3cret@b@c"]
)
def test_a_password_in_an_address_is_refused_and_not_repeated(value):
    with pytest.raises(UsageError, match="an address begins with") as refused:
        Settings.from_environ({"THIDUA_SPARQL_ENDPOINT": value})
    assert "s3cret" not in str(refused.value)


def test_an_empty_variable_is_no_value():
    assert Settings.from_environ({"THIDUA_PORT": ""}) == Settings()


def test_each_setting_can_be_given(tmp_path):
    given = {name: value for name, value, _ in Settings().table() if value}
    assert Settings.from_environ(given) == Settings()
    assert set(given) <= {variable(name) for name in Settings.__dataclass_fields__}


def test_endpoints_that_may_be_called_are_a_list():
    given = {"THIDUA_SERVICE_ALLOW": "https://a.example/sparql, http://127.0.0.1:8080,"}
    assert Settings.from_environ(given).service_allow == ("https://a.example/sparql", "http://127.0.0.1:8080")
    assert Settings.from_environ({"THIDUA_SERVICE_ALLOW": " , "}).service_allow == ()


def test_limits_can_be_turned_off():
    assert Settings.from_environ({"THIDUA_RATE_LIMIT": "0"}).rate_limit == ()
    assert Settings.from_environ({"THIDUA_RATE_LIMIT": "60, 100"}).rate_limit == (60, 100)


def test_a_misspelt_variable_is_seen():
    assert unknown({"THIDUA_TIMEOUT": "1", "PATH": "/"}) == ["THIDUA_TIMEOUT"]


def test_a_history_that_is_named_must_be_there(tmp_path):
    with pytest.raises(UsageError, match="THIDUA_HISTORY"):
        Settings(history=tmp_path / "none.csv").history_file()
    assert Settings(data=tmp_path).history_file() is None
    (tmp_path / "registry").mkdir()
    default = tmp_path / "registry" / "history.csv"
    default.touch()
    assert Settings(data=tmp_path).history_file() == default
