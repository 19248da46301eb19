"""How does the risk of an event depend on covariates?

``binary_rows``           which rows have the event, and which belong together
``binary_links``          scales on which covariates move a risk
``binary_likelihood``     the maximum of the likelihood, or what is left where it rises for ever
``penalised_likelihood``  Firth's penalty
``binary_errors``         kinds of standard error
``likelihood_search``     the maximum, profile limits and the null model
``binary_fit``            from rows to a result
``binary_wording``        its method and notes
``odds``                  odds ratios (logistic regression)
``ratios``                risk ratios and risk differences
``standardised``          risks of the same people under each arm
``predicted``             risks of new people
"""
