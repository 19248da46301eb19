"""What does a delimited text file say, in whichever dialect it was written?"""
