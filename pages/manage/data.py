"""What data is there, and how does more come in?"""

from datetime import UTC, datetime

from components import datasets, imports, shell, state, wizard
from components.viewer import current_scope

scope = current_scope()
now = datetime.now(UTC)
state.settle(state.DATA)
shell.header("Data", scope.workspace)
view = wizard.choose_view(scope)

if view == "import":
    wizard.draw(scope, now)
elif view == "imports":
    imports.draw_list(scope, now)
else:
    datasets.draw(scope, now)
