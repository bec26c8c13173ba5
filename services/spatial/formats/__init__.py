"""How is each format of boundaries read?"""
