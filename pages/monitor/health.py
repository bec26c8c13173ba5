"""How is the application, part by part?"""

from components import health, shell
from components.viewer import current_scope

scope = current_scope()
shell.header("Health", scope.workspace)
health.run()
