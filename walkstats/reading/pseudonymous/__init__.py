"""How is a trial given away without telling who somebody is?"""
