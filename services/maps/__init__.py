"""Where does it happen? Numbers by hexagon and district, what stands out, and how they are drawn."""
