"""What hypothesis draws for several tests: whole trial folders, valid and damaged."""
