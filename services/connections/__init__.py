"""By which ways do rows come in, how are these, and what can an operator do about them?"""

from services.connections.files import FileLine, FolderLine, again, folder_lines
from services.connections.following import FollowedLine, compare_now, followed_lines, rest
from services.connections.messages import MqttLines, SubscriptionLine, mqtt_lines
from services.connections.refused import PAGE, Retried, count, discard, letters, opened, retry, taken_along

__all__ = [
    "PAGE", "FileLine", "FolderLine", "FollowedLine", "MqttLines", "Retried", "SubscriptionLine", "again",
    "compare_now", "count", "discard", "folder_lines", "followed_lines", "letters", "mqtt_lines", "opened", "rest",
    "retry", "taken_along",
]  # fmt: skip
