"""How do rows of files become the tables of a trial?"""
