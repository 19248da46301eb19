"""How is a trial written, so that it reads back as the same trial?"""
