"""Which steps made the schema what it is? Run by data.migrate."""
