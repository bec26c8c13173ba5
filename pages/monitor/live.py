"""What is happening right now?"""

from datetime import UTC, datetime

from components import boards, drill, filters, live, queries, shell, state
from components.viewer import current_scope

scope = current_scope()
now = datetime.now(UTC)
state.settle(state.LIVE)
shell.header("Live", scope.workspace)

if queries.has_rows(scope, now):
    board = filters.board(scope, now)
    every_s = filters.bar(scope, board, now)
    boards.run(board, every_s)
    drill.show(scope, board, now)
else:
    live.run(boards.wait_for_data, 5)
