"""Which settings is this process running with, and are they right?

Each is read from the environment (BELVEDERE_HOME, ...) or from `belvedere.toml` in the data folder or beside app.py;
the environment wins. A wrong one is named at start.
"""

from __future__ import annotations

import os
import re
import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from data.errors import BadSettings, unknown

ROOT = Path(__file__).resolve().parent.parent
FILE_NAME = "belvedere.toml"
_PASSWORD = re.compile(r"(://[^\s:/@]*:)\S*@")  # up to the last @ of an address: passwords may hold one


class Settings(BaseSettings):
    """Every setting, with its default and meaning; docs/reference/settings.md is generated from here."""

    model_config = SettingsConfigDict(env_prefix="BELVEDERE_", extra="forbid", frozen=True)

    home: Path = Field(ROOT / ".belvedere", description="Data folder: embedded database, logs, rejected rows, uploads.")
    port: int = Field(8501, ge=1, le=65535, description="Port of the web server.")
    host: str = Field("127.0.0.1", description="Address the web server listens on; 0.0.0.0 for every interface.")
    demo: bool = Field(True, description="Load the demo workspace at the first start.")
    database_url: str = Field(
        "",
        validation_alias="DATABASE_URL",
        pattern=r"^$|^postgres(ql)?://\S*$",
        description="A PostgreSQL (15 and up) of your own instead of the embedded one, as `postgresql://...`.",
    )
    database_user: str = Field(
        "", description="User who runs the embedded database when Belvedere is started as root; empty: nobody."
    )
    observe: bool = Field(
        True, description="Record the application's own requests, jobs and so on in the workspace `system`."
    )
    system_keep_days: int = Field(
        90, ge=32, description="How long those records are kept, in days; older ones are removed on Sundays."
    )
    cache_mb: int = Field(2048, ge=64, description="Memory for decoded columns, in MiB for each process.")
    pool_size: int = Field(16, ge=2, le=200, description="Most database connections of one process.")
    session_hours: float = Field(12, gt=0, description="How long a sign-in lasts, in hours.")
    requests_per_minute: int = Field(60, ge=1, description="API requests a client may make in a minute.")
    slow_request_s: float = Field(1.0, gt=0, description="Requests slower than this are logged as slow, in seconds.")
    upload_mb: int = Field(512, ge=1, description="Largest file that may be uploaded, in MiB.")
    ingest_mb: int = Field(32, ge=1, description="Largest body of one ingest request, in MiB.")
    mqtt_url: str = Field(
        "",
        pattern=r"^$|^mqtts?://\S+$",
        description="Broker whose messages become rows, as `mqtt://user:password@host:1883` or `mqtts://...`.",
    )
    mqtt_client_id: str = Field(
        "", description="Name of Belvedere at the broker; empty: one that is made once and kept in the data folder."
    )
    mqtt_ca_file: str = Field(
        "", description="Certificates by which a broker with `mqtts` is believed; empty: the system's."
    )
    external_databases: str = Field(
        "",
        pattern=r"^\s*$|^\s*\w+=postgres(ql)?://\S+(\s+\w+=postgres(ql)?://\S+)*\s*$",
        description="Databases whose tables are followed, as `name=postgresql://...`, separated by spaces.",
    )
    spool_mb: int = Field(
        512, ge=1, description="Rows that are kept on disk while the database is down, at most, in MiB."
    )
    trusted_proxies: str = Field(
        "",
        pattern=r"^$|^[*]$|^[0-9a-fA-F.:/]+(\s*,\s*[0-9a-fA-F.:/]+)*$",
        description="Addresses of reverse proxies whose X-Forwarded headers are believed, separated by commas. With `*`"
        " clients choose the address that their sign-in attempts are counted on, unless only a proxy reaches the port.",
    )
    hosts: str = Field(
        "",
        description="Host names that are served, with commas between (`*.example.org` for all below); empty: any.",
    )
    tiles: str = Field(
        "",
        pattern=r"^$|^https?://[^\s;,\"'{}]+/[^\s;,\"']*\{z\}[^\s;,\"']*\{[xy]\}[^\s;,\"']*\{[xy]\}[^\s;,\"']*$",
        description="Tiles under maps, as `https://tiles.example.org/{z}/{x}/{y}.png`, fetched by browsers; empty:"
        " plain ground and no request outside.",
    )
    tiles_by: str = Field("", description="Whom to name for those tiles, below every map.")
    https: bool = Field(False, description="Mark cookies Secure and send HSTS: set it when served over HTTPS.")
    log_level: str = Field("info", pattern="^(debug|info|warning|error)$", description="debug, info, warning or error.")

    @field_validator("database_url", "mqtt_url")
    @classmethod
    def _can_be_read(cls, value: str) -> str:
        urlsplit(value)  # raises ValueError, which says what is wrong
        return value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - pydantic names the arguments
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment wins over what was passed in, which is the file."""
        return env_settings, init_settings


def _read_file(path: Path) -> dict[str, Any]:
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise BadSettings(f"{path}: {error}") from error
    known = set(Settings.model_fields)
    for name in found:
        if name not in known:
            raise BadSettings(f"{path}: {unknown('setting', name, known)}")
    if "database_url" in found:
        found["DATABASE_URL"] = found.pop("database_url")
    return found


def _check_environment() -> None:
    known = {f"BELVEDERE_{name.upper()}" for name in Settings.model_fields} | {"BELVEDERE_SETTINGS"}
    for name in os.environ:
        if name.startswith("BELVEDERE_") and name not in known:
            raise BadSettings(f"Environment: {unknown('setting', name, known)}")


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The settings of this process; raises BadSettings naming the setting, what was found and what is expected."""
    _check_environment()
    home = Path(os.environ.get("BELVEDERE_HOME") or ROOT / ".belvedere")
    named = os.environ.get("BELVEDERE_SETTINGS")
    places = [Path(named)] if named else [home / FILE_NAME, ROOT / FILE_NAME]
    path = next((p for p in places if p.is_file()), None)
    if named and path is None:
        raise BadSettings(f"BELVEDERE_SETTINGS names {named}, which is no file.")
    try:
        return Settings(**(_read_file(path) if path else {}))
    except ValidationError as error:
        where = f"{path} or the environment" if path else "the environment"
        raise BadSettings(_wrong(dict(error.errors()[0]), where)) from error


def _wrong(found: dict[str, Any], where: str) -> str:
    name, value = str(found["loc"][0]), found["input"]
    expected = f"{found['msg']}."
    if found["type"] == "string_pattern_mismatch":
        expected = f"expected: {Settings.model_fields[name.lower()].description}"
    return f"Setting `{name}` in {where}: found {without_password(value)!r}; {expected}"


def without_password(value: Any) -> Any:
    """A value as it may be shown: addresses keep their user and lose their password."""
    return _PASSWORD.sub(r"\1***@", value) if isinstance(value, str) else value
