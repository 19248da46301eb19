"""How often does the pain come back, and in whom more often?

``spells``              whose rows are these, in what order, and how many events came before?
``mean_counts``         how many recurrences has a participant had by each day, on average?
``mean_count_kernels``  the steps of such a curve, and what each person adds to them
``count_contrasts``     how many fewer has one arm by a given day?
``rates``               by what factor does a covariate multiply the rate? (Andersen-Gill)
``event_order``         ... the risk of the next event, given how many came before? (PWP)
``own_effects``         how does a term get a coefficient for each event number?
``marginal_times``      ... the hazard of each event, timed from the beginning? (WLW)
``frailties``           ... within people who are each more or less prone?
``frailty_likelihood``  the likelihood with a frailty for each person, its slope and information
``frailty_errors``      how sure is what it says?
``frailty_variances``   how large is the variance of the frailties?
``side_by_side``        what do all of these say of the same data?

Andersen-Gill, PWP and WLW models are preparation of data and one call of `cox`.
"""
