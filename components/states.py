"""What does a page show when there is nothing, when it is not ready and when something went wrong?"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from components.markdown import as_sentence
from data.errors import BelvedereError, DatabaseDown, NotAllowed
from data.types import Scope
from services.people import can
from services.spool import spool_said, spool_state

_log = logging.getLogger(__name__)


@contextmanager
def guard() -> Iterator[None]:
    """Turns an error into a panel that says what happened; used around a page's run and inside every live fragment.

    Streamlit's own control flow (stop, rerun, switch page) passes through.
    """
    try:
        yield
    except DatabaseDown:
        _log.exception("database down")
        waits = spool_said(spool_state())
        st.error(
            f"It is tried again with the next refresh. Nothing is lost. {waits}", title="The database does not answer"
        )
    except NotAllowed as error:
        st.warning(as_sentence(str(error)), title="Not allowed")
    except BelvedereError as error:
        st.error(as_sentence(str(error)), title="This cannot be shown")
    except Exception:  # noqa: BLE001 -- the error panel, one of the three places that catch everything
        reference = secrets.token_hex(4)
        _log.exception("page failed, reference %s", reference)
        st.error(
            f"The details are in the server's log under reference {reference}. Reload the page, or go on with another.",
            title="Something went wrong here",
        )


def waiting_rows() -> None:
    """A line while rows that were accepted without a database are still being written."""
    waits = spool_said(spool_state())
    if waits:
        st.info(waits, icon=":material/hourglass_top:")


def empty(title: str, text: str, label: str = "", page: str = "", address: dict[str, str] | None = None) -> None:
    """A calm panel for nothing to show, with the next step as a button that leads to another page."""
    with st.container(border=True):
        st.subheader(title, anchor=False)
        st.write(as_sentence(text))
        if page and st.button(label, type="primary", icon=":material/arrow_forward:", icon_position="right"):
            st.switch_page(page, query_params=address or {})


def no_rows(scope: Scope, then: str = "") -> None:
    """The panel of a workspace without any row, with the way to the first; `then` says what this page will show."""
    title = "No data in this workspace yet"
    if can(scope, "write"):
        text = f"Import a first file: CSV, TSV, Parquet or JSON lines, plain or packed. {then}"
        empty(title, text, "Import a file", "pages/manage/data.py", {"view": "import"})
    else:
        empty(title, f"An operator or administrator can import the first file. {then}")


def loading(height: int) -> object:
    """A block of the size of what comes, while it is computed; as a context manager."""
    return st.skeleton(height)


def cannot_tell(reason: str) -> None:
    """Why there is no answer, as a sentence in the place of the answer."""
    st.caption(as_sentence(reason))
