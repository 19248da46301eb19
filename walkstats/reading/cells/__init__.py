"""What does a cell mean, once it is known what its column holds?"""
