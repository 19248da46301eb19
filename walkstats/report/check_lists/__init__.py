"""Which items of a reporting guideline does a report meet, and where?

``consort.CONSORT``, ``cheers.CHEERS``, ``plan_content.PLAN_CONTENT``   the items, in our words
``asked.CheckList``, ``asked.Item``   their shapes
``sought.FINDERS``   how the place of an item is found in what was composed
``filling.filled``   a check-list with the place of every item
"""
