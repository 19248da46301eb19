"""How does an outcome change, when the same people are measured again and again?

``person_rows``        which rows enter, whose are they, and what varies between people?
``person_sums``        what of all these rows does the likelihood need?
``expansions``         how does a number change with the parameters, to second order?
``likelihood``         how likely are the data at given variances, and in which direction more so?
``valleys``            where is that largest, and did the search get there?
``random_intercepts``  the model itself: ``linear_mixed``
``wording``            how is it said: method and notes
``contrast_freedom``   how many degrees of freedom has a contrast? (Satterthwaite)
``enlarged_covariance``   how much less sure are coefficients because variances are estimated?
``mixed_fits``         what is handed over
``person_effects``     what is a person's own part, and how sure is it?
``components``         what are the variances and correlations, with Wald limits?
``spread_of_people``   how much do people differ, and how alike are two measures of one person?
``profiles``           ... and within which limits?
``comparing``          does the larger of two models describe the data better?
``foretelling``        what is expected of a person, and of anybody?
``random_odds``        by what factor do a person's own odds of yes differ? ``logistic_mixed``
``people_integrals``   ... and how likely are yes and no when each leans by an unknown amount?
``within_persons``     is it the person, or the week?
"""
