"""How does every run tell the browser its theme without reading the settings again?"""

from __future__ import annotations

from functools import cache

from streamlit.proto.NewSession_pb2 import CustomThemeConfig
from streamlit.runtime import app_session


def read_once() -> None:
    """Have the sections of the theme, which go with every run, read from the settings once: a tenth of a refresh.

    TRICKY: this puts itself in the place of a function inside Streamlit; a version without it is left as it is.
    """
    fill = getattr(app_session, "_populate_theme_msg", None)
    if fill is None:
        return

    @cache
    def read(section: str) -> CustomThemeConfig:
        found = CustomThemeConfig()
        fill(found, section)
        return found

    def fill_from_memory(message: CustomThemeConfig, section: str = "theme") -> None:
        found = read(section)
        if found.ByteSize():  # an empty section must stay unset
            message.MergeFrom(found)

    app_session._populate_theme_msg = fill_from_memory
