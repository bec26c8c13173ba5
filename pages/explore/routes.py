"""Who visits what tomorrow, in which order, and what would it take to visit the rest?"""

from datetime import UTC, datetime

from components import routes, shell, state
from components.viewer import current_scope

scope = current_scope()
state.settle(state.ROUTES)
shell.header("Field routes", scope.workspace)
routes.show(scope, datetime.now(UTC))
