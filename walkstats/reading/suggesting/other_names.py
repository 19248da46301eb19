"""What do trial teams call the columns, tables, arms and measures of the dictionary?

In English and in German. Names are written without case, with underscores (``headers.plain``). A
name that is not here is asked about; nothing else depends on these lists.
"""

from __future__ import annotations

from walkstats.schema import Measure


def _names(text: str) -> list[str]:
    return text.split()


PERSON = _names(
    "id pid participant participant_no participant_number subject subject_id subjid usubjid "
    "record_id patient patient_id pat_id pat_no patno study_id studyid study_no study_number "
    "case_id person person_id pat_nr patnr patientennummer patienten_nr patienten_id teilnehmer "
    "teilnehmer_nr teilnehmernummer teilnehmer_id proband probanden_nr probandennummer "
    "fallnummer"
)

COLUMNS: dict[str, dict[str, list[str]]] = {
    "participants": {
        "arm": _names(
            "group treatment trt treat allocation allocated allocated_to randomised_to "
            "randomized_to treatment_group treatment_arm study_arm grp intervention trt01p "
            "alloc trt_arm rand_arm arm_code arm_name gruppe behandlung behandlungsgruppe "
            "therapiegruppe studienarm zuteilung"
        ),
        "randomised_on": _names(
            "rand_date randdate randomisation_date randomization_date date_randomised "
            "date_randomized date_of_randomisation date_of_randomization randdt rand_dt randon "
            "randomised randomized allocation_date date_rand date_allocated date_random rand_on "
            "randomisiert randomisiert_am randomisierungsdatum datum_randomisierung "
            "datum_der_randomisierung"
        ),
        "planned_end_days": _names(
            "planned_end planned_end_date end_of_study followup_end follow_up_end studienende "
            "geplantes_ende"
        ),
        "withdrawn_days": _names(
            "withdrawn withdrawal_date withdrawn_on date_withdrawn withdrawal_day "
            "date_of_withdrawal dropout_date ausgeschieden ausgeschieden_am abbruch_am "
            "abbruchdatum datum_abbruch"
        ),
        "withdrawal_reason": _names(
            "reason_withdrawn reason_for_withdrawal dropout_reason reason_withdrawal grund "
            "abbruchgrund grund_abbruch grund_des_abbruchs"
        ),
        "age_years": _names(
            "age age_yrs age_at_baseline age_at_randomisation age_at_randomization alter "
            "alter_jahre"
        ),
        "sex": _names("gender geschlecht"),
        "bmi_kg_m2": _names("bmi body_mass_index"),
        "previous_episodes": _names(
            "prev_episodes n_previous_episodes number_of_previous_episodes frühere_episoden "
            "anzahl_früherer_episoden"
        ),
        "sessions_attended": _names("sessions n_sessions attendance number_of_sessions"),
    },
    "check_ins": {
        "check_in": _names(
            "checkin check_in_no checkin_no visit visit_no contact wave anruf kontakt telefonat"
        ),
        "due_days": _names(
            "due due_date due_on scheduled scheduled_date fällig fällig_am geplant_am"
        ),
        "answered_days": _names(
            "answered answered_on date_answered completed_on date_completed angerufen_am "
            "beantwortet_am ausgefüllt_am erreicht_am"
        ),
        "covers_from_days": _names("covers_from period_start from_date from_day"),
        "covers_to_days": _names("covers_to period_end to_date to_day"),
        "state": _names("status checkin_status completion completed"),
    },
    "recurrences": {
        "onset_days": _names(
            "onset onset_date date_of_onset start_date flare_start episode_start first_day "
            "onset_day beginn beginn_am erster_tag beginndatum"
        ),
        "resolved_days": _names(
            "resolved resolved_on resolution_date end_date recovered recovery_date flare_end "
            "episode_end last_day ende ende_am letzter_tag enddatum"
        ),
        "activity_limiting": _names(
            "limiting limited activity_limited activity_limitation limits_activity "
            "aktivität_eingeschränkt eingeschränkt"
        ),
        "care_seeking": _names(
            "sought_care care_sought saw_clinician sought_help arzt_aufgesucht arztbesuch"
        ),
        "worst_pain_nrs": _names(
            "worst_pain max_pain pain_worst schlimmster_schmerz stärkster_schmerz maximaler_schmerz"
        ),
        "average_pain_nrs": _names(
            "average_pain mean_pain pain_average pain mittlerer_schmerz "
            "durchschnittlicher_schmerz schmerz_mittel"
        ),
        "interference": ["pain_interference"],
    },
    "walking": {
        "week": _names("week_no week_number study_week wk woche studienwoche"),
        "walking_minutes": _names(
            "minutes mins minutes_walked walk_minutes walk_min walked_minutes walking_min "
            "walking_time total_minutes hours_walked walking_hours gehminuten minuten gehzeit "
            "gehstunden"
        ),
        "steps": _names("step_count total_steps n_steps schritte schrittzahl"),
        "prescribed_minutes": _names("prescribed target_minutes goal_minutes target"),
        "measured_by": _names("source method instrument"),
    },
    "outcomes": {
        "month": _names("months month_no visit_month timepoint time_point visit monat zeitpunkt"),
        "measure": _names("outcome questionnaire instrument scale variable fragebogen skala"),
        "value": _names("score result total answer wert ergebnis punktzahl"),
    },
    "costs": {
        "category": _names("cost_category type resource_type kind kategorie kostenart"),
        "item": _names("resource service description leistung"),
        "quantity": _names("qty n number units count visits menge anzahl"),
        "unit_cost": _names("cost price unit_price cost_per_unit preis kosten einzelpreis"),
        "month": _names("months month_no monat"),
    },
    "adverse_events": {
        "onset_days": _names("onset onset_date ae_date start_date date ae_start beginn"),
        "event": _names(
            "ae adverse_event ae_term term description ereignis unerwünschtes_ereignis"
        ),
        "body_region": _names("region body_site site_of_body body_part"),
        "serious": _names("sae is_serious serious_ae schwerwiegend"),
        "related": _names("relatedness is_related related_to_intervention"),
    },
    "screening": {
        "stage": ["step"],
        "reason": ["why", "reason_excluded"],
        "n": ["number", "count", "people"],
    },
}
"""Table -> column of the dictionary -> what else it is called; the person is ``PERSON``."""

DAY_NAMES = ("day", "date", "study_day", "calendar_date", "date_worn")
"""A column that makes walking daily where there is no week."""

UNITS = {"hours_walked": "hours", "walking_hours": "hours", "gehstunden": "hours"}
"""Names that say in which unit their numbers are."""

TABLE_WORDS = {
    "participants": _names(
        "participant patients subjects baseline demographics demography randomisation "
        "randomization randomised people dm adsl teilnehmer patienten probanden stammdaten"
    ),
    "check_ins": _names("check_in checkins checkin calls monthly anrufe kontakte"),
    "recurrences": _names(
        "recurrence flares flare episodes relapses rückfälle rückfall rezidive episoden"
    ),
    "walking": _names(
        "walk walks diary diaries steps activity device tracker pedometer gehen tagebuch "
        "gehtagebuch schritte"
    ),
    "outcomes": _names(
        "outcome scores questionnaires questionnaire proms measures followup fragebogen fragebögen"
    ),
    "costs": _names("cost resources resource_use healthcare kosten"),
    "adverse_events": _names("adverse ae aes harms safety sae nebenwirkungen"),
    "screening": _names("consort recruitment eligibility"),
}
"""Table -> words in the name of a file or a sheet that mean it."""

REFERENCES = _names(
    "control controls control_group ctl ctrl placebo usual_care standard_care care_as_usual "
    "treatment_as_usual tau waiting_list wait_list waitlist no_treatment no_intervention sham "
    "attention_control advice_only reference comparator kontrolle kontrollgruppe "
    "übliche_versorgung regelversorgung warteliste"
)
"""Arms that others are compared with."""

STATES = {
    "completed": _names("complete completed answered done erreicht beantwortet erledigt"),
    "missed": _names(
        "missed not_answered no_answer not_done not_completed no_response nicht_erreicht "
        "nicht_beantwortet verpasst"
    ),
    "withdrawn": _names("withdrew withdrawn dropout dropped_out ausgeschieden abgebrochen"),
}
MEASURERS = {
    "diary": _names("diary paper_diary self_report self_reported log tagebuch"),
    "device": _names(
        "device tracker accelerometer pedometer actigraph fitbit watch gerät schrittzähler"
    ),
}
STAGES = {"screened": ["assessed"], "excluded": ["not_eligible"], "randomised": ["randomized"]}
WORDS = {
    ("check_ins", "state"): STATES,
    ("walking", "measured_by"): MEASURERS,
    ("screening", "stage"): STAGES,
}
"""Closed lists of the dictionary -> value -> what else it is called."""

TRUTHS = {
    "y": True,
    "n": False,
    "t": True,
    "f": False,
    "checked": True,
    "unchecked": False,
    "ja": True,
    "nein": False,
}
"""Words for true and false that need a code, and have one meaning."""

MEASURE_NAMES = {
    "rmdq": _names("roland roland_morris rm rmq rolandmorris"),
    "pain_nrs": _names(
        "pain nrs nprs pain_score average_pain pain_intensity schmerz schmerzstärke"
    ),
    "eq5d_utility": _names("eq5d eq_5d eq5d_index utility eq5d5l"),
    "eq5d_vas": _names("eq_vas eqvas vas_health"),
    "dass_depression": _names("dass21_depression dass_d depression"),
    "dass_anxiety": _names("dass21_anxiety dass_a anxiety"),
    "dass_stress": _names("dass21_stress dass_s stress"),
    "odi": ["oswestry"],
}
OTHER_MEASURES = {
    "odi": Measure("odi", "Oswestry Disability Index", 0, 100, "lower"),
    "pseq": Measure("pseq", "Pain Self-Efficacy Questionnaire", 0, 60, "higher"),
}
"""Measures that the dictionary does not know, with their scales."""

MISSING_CODES = ("-9", "-99", "-999", "-9999", "99", "999", "9999")
"""Numbers that stand for missing where they lie outside a column's range."""
