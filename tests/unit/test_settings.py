"""Are settings read from environment and file, and wrong ones named?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from data.errors import BelvedereError
from data.settings import Settings, settings
from services.settings_page import PAGE, in_force, page
from tests.support import settings_of


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    with settings_of(BELVEDERE_HOME=str(tmp_path)):
        yield tmp_path


def test_the_environment_wins_over_the_file_and_the_file_over_the_default(home: Path) -> None:
    (home / "belvedere.toml").write_text("port = 9001\ncache_mb = 128\n")
    with settings_of(BELVEDERE_PORT="9002"):
        assert (settings().port, settings().cache_mb, settings().host) == (9002, 128, "127.0.0.1")
        sources = {line.name: line.source for line in in_force()}
        assert (sources["port"], sources["cache_mb"], sources["host"]) == ("environment", "file", "default")


def test_a_file_elsewhere_is_named_by_a_variable(home: Path) -> None:
    (home / "other.toml").write_text('database_url = "postgresql://me:secret@db/ops"\n')
    with settings_of(BELVEDERE_SETTINGS=str(home / "other.toml")):
        assert settings().database_url == "postgresql://me:secret@db/ops"
        shown = {line.variable: line.value for line in in_force()}
        assert shown["DATABASE_URL"] == "postgresql://me:***@db/ops"
    with settings_of(BELVEDERE_SETTINGS=str(home / "none.toml")), pytest.raises(BelvedereError, match="is no file"):
        settings()


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("BELVEDERE_PORT", "many", r"Setting `port`.*'many'"),
        ("BELVEDERE_PORT", "0", r"Setting `port`.*'0'.*greater than or equal to 1"),
        ("BELVEDERE_LOG_LEVEL", "loud", r"Setting `log_level`.*'loud'"),
        (
            "BELVEDERE_MQTT_URL",
            "http://broker",
            r"`mqtt_url`.*'http://broker'; expected: .*`mqtt://user:password@host:1883`",
        ),
        (
            "BELVEDERE_EXTERNAL_DATABASES",
            "crm=mysql://db",
            r"`external_databases`.*`name=postgresql://...`, separated by",
        ),
        ("BELVEDERE_TRUSTED_PROXIES", "10.0.0.1, proxy", r"`trusted_proxies`.*expected: Addresses"),
        ("DATABASE_URL", "mysql://me:secret@db/x", r"`DATABASE_URL`.*'mysql://me:\*\*\*@db/x'; expected: A PostgreSQL"),
        ("DATABASE_URL", "postgresql://me:secret@[db/x", r"`DATABASE_URL`.*me:\*\*\*@\[db/x'; .*Invalid IPv6 URL"),
        ("BELVEDERE_PROT", "1", r"No setting `BELVEDERE_PROT`. Did you mean `BELVEDERE_PORT`\?"),
    ],
)
def test_a_wrong_setting_is_named_with_what_was_found_and_expected(name: str, value: str, said: str) -> None:
    with settings_of(**{name: value}), pytest.raises(BelvedereError, match=said):
        settings()


def test_a_wrong_line_of_the_file_is_named_with_the_file(home: Path) -> None:
    (home / "belvedere.toml").write_text("prot = 1\n")
    settings.cache_clear()
    with pytest.raises(BelvedereError, match=r"belvedere.toml: No setting `prot`. Did you mean `port`\?"):
        settings()
    (home / "belvedere.toml").write_text("port = [\n")
    with pytest.raises(BelvedereError, match=r"belvedere\.toml"):
        settings()


def test_the_reference_page_is_as_the_code_says() -> None:
    assert PAGE.read_text() == page(), "run `make docs`"


def test_the_reference_page_has_every_setting() -> None:
    found = set(re.findall(r"^\| `\w+` \| `(\w+)`", page(), re.MULTILINE))
    assert found == set(Settings.model_fields)
