"""Trials as submissions hold them: CDISC ADaM data sets ADSL, ADTTE and ADAE.

``adam_files``    which files, and what do their columns hold
``vocabulary``    which variable is which column of the dictionary
``subjects``      ADSL -> participants, arms, strata
``clocks``        in what does ADTTE count time, and from when
``times``         ADTTE -> recurrences and check-ins
``harms``         ADAE -> adverse events
``from_adam``     the three together: ``read_cdisc``
``submitted``     the same for a folder whose trial.toml says ``[cdisc]``, read by ``declared``
``to_adam``       and back: ``write_cdisc``
"""
