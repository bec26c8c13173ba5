"""Who are the people, what may they see and do, and what have they done?"""

from services.people import presence
from services.people.abilities import ABILITIES, BY_ROLE, MEANING, Ability, allows, can, require
from services.people.accounts import (
    change_password,
    create_account,
    first_sign_in_link,
    is_new,
    link_account,
    list_accounts,
    redeem_link,
    set_disabled,
    set_password,
    sign_in_link,
)
from services.people.audit import action_title, audit_actions, audit_page, record
from services.people.members import (
    add_member,
    add_user,
    change_role,
    create_workspace_below,
    invite,
    list_members,
    member_link,
    remove_member,
    set_member_disabled,
)
from services.people.sessions import (
    count_live,
    end_other_sessions,
    list_sessions,
    open_session,
    scope_of_session,
    sign_out,
    switch_workspace,
)
from services.people.sign_in import Refused, SignedIn, sign_in, start_session
from services.people.tokens import (
    MAX_DAYS,
    create_service_token,
    create_token,
    list_tokens,
    revoke_token,
    scope_of_token,
)
from services.people.workspaces import (
    KINDS,
    all_workspaces,
    command_scope,
    create_workspace,
    get_workspace,
    list_workspaces,
    runs_installation,
    worker_scope,
)

__all__ = [
    "ABILITIES", "BY_ROLE", "KINDS", "MAX_DAYS", "MEANING", "Ability", "Refused", "SignedIn", "action_title",
    "add_member", "add_user", "all_workspaces", "allows", "audit_actions", "audit_page", "can", "change_password",
    "change_role", "command_scope", "count_live", "create_account", "create_service_token", "create_token",
    "create_workspace", "create_workspace_below", "end_other_sessions", "first_sign_in_link", "get_workspace", "invite",
    "is_new", "link_account", "list_accounts", "list_members", "list_sessions", "list_tokens", "list_workspaces",
    "member_link", "open_session", "presence", "record", "redeem_link", "remove_member", "require", "revoke_token",
    "runs_installation", "scope_of_session", "scope_of_token", "set_disabled", "set_member_disabled", "set_password",
    "sign_in", "sign_in_link", "sign_out", "start_session", "switch_workspace", "worker_scope",
]  # fmt: skip
