"""From a folder of tables to a Trial and back.

``read_trial``   a Trial from a folder, zip archive or workbook with its trial.toml
``check_trial``  every finding about a folder or a Trial, as a frame
``suggest_trial`` a draft of trial.toml from the files found
``write_trial``  a Trial to a folder that reads back as the same Trial
``pseudonymise`` the same trial without names, ids and dates of its participants
``read_cdisc``   a Trial from the ADaM data sets of a submission (ADSL, ADTTE, ADAE)
``write_cdisc``  a Trial as such data sets
``load_sample``  the trials that come with walkstats

``folders`` holds it together: ``places`` opens what there is, ``declared`` reads trial.toml,
``formats`` lists what reads a file of each format as text (``text_files``, ``spreadsheets``,
``statistical``, ``parquet``), ``cells`` and ``assembled`` make the dictionary's tables of it.
"""

from typing import TYPE_CHECKING

from walkstats._lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "trial_folders": ["check_trial", "read_trial"],
        "cdisc.from_adam": ["read_cdisc"],
        "cdisc.to_adam": ["write_cdisc"],
        "pseudonymous.pseudonymising": ["pseudonymise"],
        "samples": ["load_sample"],
        "suggesting.drafts": ["suggest_trial"],
        "writing.trial_writing": ["write_trial"],
    },
)

if TYPE_CHECKING:
    from walkstats.reading.cdisc.from_adam import read_cdisc as read_cdisc
    from walkstats.reading.cdisc.to_adam import write_cdisc as write_cdisc
    from walkstats.reading.pseudonymous.pseudonymising import pseudonymise as pseudonymise
    from walkstats.reading.samples import load_sample as load_sample
    from walkstats.reading.suggesting.drafts import suggest_trial as suggest_trial
    from walkstats.reading.trial_folders import check_trial as check_trial
    from walkstats.reading.trial_folders import read_trial as read_trial
    from walkstats.reading.writing.trial_writing import write_trial as write_trial
