"""How does an outcome develop over planned visits, when some answers are missing? MMRM.

``structures`` has the forms of covariance, ``patterns`` the sums that the likelihood needs,
``likelihood`` the likelihood with its derivatives, ``search`` its maximum and ``small_samples`` the
degrees of freedom; ``visit_rows`` and ``constrained_baseline`` read the frame, ``over_visits`` is
the model, ``differences`` compares arms with it, and ``seen_means`` needs no model.
"""
