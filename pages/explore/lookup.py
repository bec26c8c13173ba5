"""What is known of one thing or person?"""

from datetime import UTC, datetime

from components import lookup, shell, state, states
from components.viewer import current_scope

scope = current_scope()
state.settle(state.LOOKUP)
shell.header("Look up", scope.workspace)

kind = lookup.pick(scope)
if kind is None:
    states.empty("Nothing to look up yet", "Sensors, people, cases and the like appear here with the first rows.")
elif state.read("name"):
    lookup.show(scope, kind, state.read("name"), datetime.now(UTC))
