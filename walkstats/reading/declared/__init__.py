"""What can a trial.toml say, and what does this one say?"""
