"""Which figure does the README show? ``python3 dev.py figures`` draws it from the sample trial."""

from pathlib import Path

import walkstats as ws

FOLDER = Path(__file__).parent / "images"


def draw_survival() -> None:
    """Time to the first activity-limiting recurrence by arm, with the numbers at risk."""
    trial = ws.load_sample("walkback-like")
    events = ws.derive.first_recurrence(trial, kind="activity_limiting")
    curve = ws.survival.kaplan_meier(events, "arm")
    figure = ws.figures.plot_survival(
        curve, unit="months", ylabel="Without activity-limiting recurrence"
    )
    figure.savefig(FOLDER / "survival.png", dpi=120)


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    draw_survival()
