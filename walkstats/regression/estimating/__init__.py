"""What is the mean of an outcome that is measured again and again on the same people?

``panel_rows``             whose rows they are, and at which visit
``mean_families``          means, their slopes and variances
``working_correlations``   structures of the correlation within a person
``equations``              the solution of the estimating equations
``person_variance``        sandwich variance, and its corrections for few people
``panel_wording``          their method and notes
``population_average``     generalised estimating equations
"""
