"""Who benefits more, and who less? Effects by what was known at randomisation.

``who_benefits``   the effect in each level of a modifier, and the test that it is the same in all
``along_a_number`` the effect along a modifier that is a number
``modifiers``      what may be a modifier, and which levels say something
``models``         the models of which the effect is taken
``absolute``       differences of risks beside ratios, and ratios beside differences
``stacked``        estimates of several models in one
``cautions``       what a reader must know
"""
