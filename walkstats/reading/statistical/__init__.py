"""What does a file of SPSS, Stata or SAS say?"""
