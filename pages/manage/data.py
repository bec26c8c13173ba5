"""What data is there, and how does more come in?"""

from components import shell
from components.viewer import current_scope

scope = current_scope()
shell.header("Data", scope.workspace)
