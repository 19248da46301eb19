"""Do the arms differ in harms? Every kind at once, people and events.

``comparing``   what is compared, and how it is handed over
``kind_rows``   which participants and events each kind has
``kind_rates``  events per person-time of each kind, several from one person allowed
``wording``     what a reader must know beside so many comparisons
"""
