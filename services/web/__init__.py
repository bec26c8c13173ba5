"""What stands between the network and the dashboard: the gate, the sign-in pages, headers, health."""
