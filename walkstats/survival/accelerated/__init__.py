"""How is the time itself distributed? Parametric models of the time to an event.

``families``             the distributions, as data
``observed_times``       which rows, times and covariates such a model reads
``contributions``        what a row adds to the log-likelihood, as a function of its index
``centred_columns``      covariates made ready for Newton's method
``newton_indefinite``    Newton's method where the log-likelihood is not concave everywhere
``ends``                 whether a search ended at a point, or where the likelihood is flat
``profiles``             intervals of coefficients without finite estimate
``location_scale``       accelerated failure time models: the kernel
``models``               accelerated failure time models: the public function
``hazard_form``          the Weibull and exponential model as models of the hazard
``spline_shape``         Royston and Parmar's model: its columns and knots
``spline_hazard``        Royston and Parmar's model: the kernel
``flexible``             Royston and Parmar's model: the public function
``period_rates``         the piecewise exponential model: the kernel
``interval_rates``       the piecewise exponential model: the public function
``fits``                 what the models return
``index``                the index of new people at given times, with its derivatives
``quantities``           what is read off the index
``predictions``          curves, quantiles and hazard ratios of new people
``deviations``           residuals
"""
