"""Where do a trial's files lie, and is it safe to open them?"""
