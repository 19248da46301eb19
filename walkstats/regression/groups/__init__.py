"""Do groups differ, and by how much? Means, ranks and risks, from rows or from published numbers.

``group_rows``        which rows does each group have?
``means``             by how much do means differ?
``mean_differences``  what do means, spreads and numbers say of it?
``published_means``, ``published_risks``   what does a paper print?
``ranks``             by how much, if only the order is trusted?
``shifts``            what do ranks say of the difference?
``pairwise``          which pairwise difference has a given rank?
``pairs``             who are compared with each other?
``risks``             by how much do risks differ?
``risk_counts``       how many of how many, by group and stratum?
``risk_measures``     what do counts say?
``risk_limits``       how far may a difference or a ratio of risks reach?
``exact_odds``        which odds ratios agree with tables of which the margins are known?
``across_strata``     what is common to several such tables?
``before_and_after``  did the same people change?
``associations``      are two classifications independent?
``single_risks``      what is one risk?
``margins``           is a difference small enough not to matter?
``margin_wording``    how does a report say so?
"""
