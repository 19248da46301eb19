"""How does an outcome of ordered levels depend on covariates?

``ordered_rows``        which level each row has, and in which order they are
``cumulative_links``    the probability of a level, between two thresholds
``cumulative_maximum``  the maximum of the likelihood, or what is left where it rises for ever
``level_errors``        kinds of standard error
``proportional_odds``   regression of ordered levels
``level_shares``        probabilities of the levels in new people
``proportionality``     is the effect the same at every threshold?
"""
