"""What happens first, when several things can happen? Outcomes that compete with each other.

``outcomes``             which outcome ended each row
``incidence_steps``      kernels of the Aalen-Johansen estimate
``incidence``            the share with each outcome over time
``incidence_comparison`` Gray's test
``time_lost``            the mean time lost to each outcome
``left_out_rows``        pseudo-values of an incidence
``modelled_rows``        rows that a model of one outcome reads
``weighted_rows``        rows and weights of the Fine-Gray model
``subdistribution``      the Fine-Gray model
``cause_hazards``        Cox models of one outcome
``absolute_risk``        incidences of new people from these
``predicted_incidence``  the same from the Fine-Gray model
``new_people``           what new rows bring to either
``states``               states that people pass through
"""
