"""What does a data export of REDCap say, read with the project's data dictionary?

``declared``    the clauses under [redcap], and what they mean for each table
``dictionary``  the data dictionary: fields, choices, the columns that an export has for them
``labels``      headers and cells of an export with labels, turned back into names and codes
``exports``     an export with the meaning of its codes, and what is wrong with it
``values``      values that the dictionary does not foresee, and fields that identify people
``records``     rows of no event or instrument, and records entered twice
``rows``        the rows of an event or an instrument, and columns from other events
``lost_answers``   check-ins in other events or without a schedule, checkboxes nobody saw
``columns``     columns that come from several cells, and how times are written
``project``     which files are exports, and where in REDCap a finding stands
"""
