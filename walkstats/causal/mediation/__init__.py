"""How much of an arm's effect runs through something that it changes?

``mediation_rows``          which rows, as arrays in units of their own spread
``model_columns``           in which units, by which model
``many_fits``               linear and cumulative models of thousands of resamples at once
``mean_outcomes``           the mean outcome in one arm with the mediator as in another
``asked_numbers``           which numbers are asked of both models
``uncertainty``             resamples, draws of parameters, or the delta method
``hidden_confounding``      what if something unmeasured affects mediator and outcome?
``natural_effects``         ``mediate``
``after_landmark``          ``mediate_from_landmark``: the same for an event, from a day on
``answers``, ``shown_parts``   from rows to what is handed over
``mediation_results``       what they return
``assumed``                 what they assume, in sentences
"""
