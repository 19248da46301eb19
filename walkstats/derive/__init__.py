"""Frames ready for analysis, plain pandas, from a Trial.

``first_recurrence``   one row per participant: days to the first recurrence, or why follow-up ended
``recurrences``        one row per participant and spell at risk, until each of all recurrences
``recurrence_intervals`` one row per participant: between which check-ins the first recurrence lies
``competing_events``   one row per participant: recurrence, what rules it out, or neither
``walking_spans``      one row per participant and span: minutes walked as they changed
``days_in_pain``       one row per participant: days in an episode, and days observed
``recovery``           one row per participant who recurred: how long it lasted, how bad it was
``split_at``           spells of any frame, cut at the same times for everybody
``time_varying``       spells of any frame, cut where values change, with the values in force
``add_events``         spells of any frame, cut at events that may come again
``landmark``           those of any frame still at risk on a day, with time counted from there
``baseline``           one row per participant: what was known at randomisation
``visits``             one row per participant and month: measures, baseline, change, walking before
``weekly_minutes``     one row per participant and week: minutes walked, missing where not known
``adherence``          one row per participant: sessions, minutes walked, prescribed; adhered?
``adherence_by_arm``   one row per arm and item of it
``adherence_by_week``  one row per arm and week: minutes walked beside those prescribed
``reconcile_walking``  one row per participant and week: diary, device and prescription
``records_by_week``    one row per arm, week and record of it
``within_between``     any frame with a column split into the person's mean and the week's deviation
``participant_flow``   one row per box of the flow diagram
``follow_up_endings``  one row per way in which follow-up ended, participants by arm
``check_in_completeness`` one row per arm and check-in: how many were completed
``adverse_events``     one row per kind and arm: participants with an event, and events
``harm_counts``        one row per kind and participant: adverse events, and days observed
``score``              answers to a questionnaire, as one row per participant, visit and measure

Each frame carries ``attrs``: source (of the data), derived (what it is), notes (what was left out).
"""

from typing import TYPE_CHECKING

from walkstats._lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "first_events": ["first_recurrence"],
        "recurrent_events": ["recurrences"],
        "between_check_ins": ["recurrence_intervals"],
        "what_came_first": ["competing_events"],
        "changing_values": ["add_events", "split_at", "time_varying"],
        "landmarks": ["landmark"],
        "walking_over_time": ["walking_spans"],
        "time_in_pain": ["days_in_pain"],
        "recovering": ["recovery"],
        "at_randomisation": ["baseline"],
        "monthly": ["visits"],
        "weekly": ["weekly_minutes"],
        "people_and_weeks": ["within_between"],
        "adhering": ["adherence", "adherence_by_arm", "adherence_by_week"],
        "flow": ["participant_flow"],
        "endings": ["follow_up_endings"],
        "completeness": ["check_in_completeness"],
        "harms": ["adverse_events"],
        "harms_by_person": ["harm_counts"],
        "scoring_answers": ["score"],
        "walking_records": ["reconcile_walking", "records_by_week"],
    },
)

if TYPE_CHECKING:
    from walkstats.derive.adhering import adherence as adherence
    from walkstats.derive.adhering import adherence_by_arm as adherence_by_arm
    from walkstats.derive.adhering import adherence_by_week as adherence_by_week
    from walkstats.derive.at_randomisation import baseline as baseline
    from walkstats.derive.between_check_ins import recurrence_intervals as recurrence_intervals
    from walkstats.derive.changing_values import add_events as add_events
    from walkstats.derive.changing_values import split_at as split_at
    from walkstats.derive.changing_values import time_varying as time_varying
    from walkstats.derive.completeness import check_in_completeness as check_in_completeness
    from walkstats.derive.endings import follow_up_endings as follow_up_endings
    from walkstats.derive.first_events import first_recurrence as first_recurrence
    from walkstats.derive.flow import participant_flow as participant_flow
    from walkstats.derive.harms import adverse_events as adverse_events
    from walkstats.derive.harms_by_person import harm_counts as harm_counts
    from walkstats.derive.landmarks import landmark as landmark
    from walkstats.derive.monthly import visits as visits
    from walkstats.derive.people_and_weeks import within_between as within_between
    from walkstats.derive.recovering import recovery as recovery
    from walkstats.derive.recurrent_events import recurrences as recurrences
    from walkstats.derive.scoring_answers import score as score
    from walkstats.derive.time_in_pain import days_in_pain as days_in_pain
    from walkstats.derive.walking_over_time import walking_spans as walking_spans
    from walkstats.derive.walking_records import reconcile_walking as reconcile_walking
    from walkstats.derive.walking_records import records_by_week as records_by_week
    from walkstats.derive.weekly import weekly_minutes as weekly_minutes
    from walkstats.derive.what_came_first import competing_events as competing_events
