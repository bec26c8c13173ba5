"""Where is it more than chance, on areas, cells and points, in memory and without a database."""
