"""From the map to the street: whose day looks how, did it help, and what is reported again and again?"""
