"""What can be learnt from events that are only known to lie between two visits?

``between_visits``        which interval, weight and person each row holds
``places_of_mass``        where probability can lie, and which places each row allows
``nonnegative_maximum``   Newton's method where nothing may be negative
``mass``                  how much probability lies in each place
``free_of_event``         the share still free of the event: the public function
``discrete_hazards``      scores and information of hazards that are equal in all groups
``equal_groups``          the log-rank test: the public function
``baseline_steps``        the baseline hazard that goes best with given coefficients
``profile``               the likelihood of the coefficients, the baseline maximised
``scaled_coefficients``   coefficients of centred and scaled covariates, infinite ones too
``ratios_of_hazards``     proportional hazards: the public function
``ascertainment``         what the way of dating events does to a hazard ratio
"""
