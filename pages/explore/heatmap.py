"""Where does it happen?"""

from datetime import UTC, datetime

from components import atlas, shell, state
from components.viewer import current_scope

scope = current_scope()
state.settle(state.MAP)
shell.header("Heat map", scope.workspace)
atlas.show(scope, datetime.now(UTC))
