"""What is known of one thing or person?"""

from datetime import UTC, datetime

from components import lookup, nowhere, shell, state
from components.viewer import current_scope

scope = current_scope()
state.settle(state.LOOKUP)
shell.header("Look up", scope.workspace)

kind = lookup.pick(scope)
if kind is None:
    nowhere.nothing_to_look_up(scope, datetime.now(UTC))
elif state.read("name"):
    lookup.show(scope, kind, state.read("name"), datetime.now(UTC))
