"""What can other programs ask of and send to Belvedere over HTTP?"""

from services.api.application import create_api, stop_streams

__all__ = ["create_api", "stop_streams"]
