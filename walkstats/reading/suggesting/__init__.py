"""Which trial.toml would read these files? A draft, with what is sure, likely and open.

``other_names``    what columns, tables, arms and measures are often called, as data
``tables_found``   every table in a folder, an archive or a workbook, and how its file is written
``columns_meant``  which column of a file is which of the dictionary, and what its cells need
``measures_meant`` scores in columns or in rows, and whose scale they are on
``tables_meant``   which file is which table
``redcap_projects`` the same for an export of REDCap and its dictionary
``drafts``         the text of the draft
"""
