"""How do messages of a broker become rows: subscribed as packs say, acknowledged after their commit?"""

from services.mqtt.routes import Route, match, routes_of
from services.mqtt.running import run_subscriber
from services.mqtt.state import MqttState, mqtt_state

__all__ = ["MqttState", "Route", "match", "mqtt_state", "routes_of", "run_subscriber"]
