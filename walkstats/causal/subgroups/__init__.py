"""Who benefits more, and who less? Effects by what was known at randomisation.

``who_benefits``   the effect in each level of a modifier, and the test that it is the same in all
``along_a_number`` the effect along a modifier that is a number
``people_in_bands`` bands of such a number, each with its own difference of risks
``modifiers``      what may be a modifier, and which levels say something
``models``         the models of which the effect is taken
``absolute``       differences of risks beside ratios, and ratios beside differences
``stacked``        estimates of several models in one
``cautions``       what a reader must know
"""
