"""Weeks of walking from minutes, person by person and minute by minute, in plain Python loops."""

import datetime as dt
import math
from zoneinfo import ZoneInfo

UTC = dt.UTC


def weeks(rows, starts, *, zone, local, rule, cadence, bout, hole, peak, valid_minutes, valid_days):
    """Rows (person, naive time, steps, counts, wear) -> {(person, week): numbers}."""
    zone = ZoneInfo(zone)
    found = {}
    for person, start in starts.items():
        mine = [row for row in rows if row[0] == person]
        if not mine:
            continue
        minutes = placed(mine, zone, local)
        off = taken_off(minutes, rule) if isinstance(rule, tuple) else set()
        days = {}
        for k, (_, date, steps, counts, wear) in enumerate(minutes):
            known = steps is not None and (counts is not None or not isinstance(rule, tuple))
            worn = known and k not in off and (rule != "wear" or wear == 1)
            days.setdefault(date, []).append((k, steps if worn else None))
        bouts = in_bouts(
            minutes, {k for day in days.values() for k, s in day if at(s, cadence)}, bout, hole
        )
        found.update(by_week(person, days, bouts, start, cadence, peak, valid_minutes, valid_days))
    return found


def at(steps, cadence):
    return steps is not None and steps >= cadence


def placed(rows, zone, local):
    """(order, date, steps, counts, wear) of each row, sorted by order, then by counts."""
    if not local:
        there = [
            (
                int(t.replace(tzinfo=UTC).timestamp()) // 60,
                t.replace(tzinfo=UTC).astimezone(zone),
                s,
                c,
                w,
            )
            for _, t, s, c, w in rows
        ]
        out = [(order, when.date(), s, c, w) for order, when, s, c, w in there]
    else:
        shown = wall_minutes(min(r[1] for r in rows), max(r[1] for r in rows), zone)
        out = [(shown[t], t.date(), s, c, w) for _, t, s, c, w in rows]
    return sorted(out, key=lambda one: (one[0], one[3] if one[3] is not None else 0))


def wall_minutes(first, last, zone):
    """Each minute that a clock on the wall shows -> how many different ones it showed before."""
    shown = {}
    now = first.replace(tzinfo=UTC) - dt.timedelta(days=1)
    while now < last.replace(tzinfo=UTC) + dt.timedelta(days=1):
        face = now.astimezone(zone).replace(tzinfo=None)
        shown.setdefault(face, len(shown))
        now += dt.timedelta(minutes=1)
    return shown


def taken_off(minutes, rule):
    """Places of minutes without wear: try every pair of zeros as the ends of such a period."""
    long, spike, limit, quiet = rule
    off = set()
    n = len(minutes)
    for i in range(n):
        if minutes[i][3] != 0 or minutes[i][2] is None:
            continue
        for j in range(i, n):
            if j > i and minutes[j][0] - minutes[j - 1][0] > 1:
                break
            if minutes[j][2] is None or minutes[j][3] is None:
                break
            lasts = minutes[j][0] - minutes[i][0] + 1
            zero = minutes[j][3] == 0
            if zero and lasts >= long and all_passed(minutes, i, j, spike, limit, quiet):
                off.update(range(i, j + 1))
    return off


def all_passed(minutes, i, j, spike, limit, quiet):
    """Whether every movement between two zeros is short, small and between quiet minutes."""
    k = i
    while k <= j:
        if minutes[k][3] == 0:
            k += 1
            continue
        stop = k
        while minutes[stop + 1][3] != 0:
            stop += 1
        run = minutes[k : stop + 1]
        if run[-1][0] - run[0][0] + 1 > spike:
            return False
        if limit is not None and max(one[3] for one in run) > limit:
            return False
        if zeros(minutes, k, -1) < quiet or zeros(minutes, stop, 1) < quiet:
            return False
        k = stop + 1
    return True


def zeros(minutes, k, step):
    """How long the zeros right beside a place last [minutes]."""
    ends = []
    while 0 <= k + step < len(minutes):
        one, other = minutes[k], minutes[k + step]
        if abs(other[0] - one[0]) > 1 or other[3] != 0 or other[2] is None:
            break
        ends.append(other[0])
        k += step
    return max(ends) - min(ends) + 1 if ends else 0


def in_bouts(minutes, fast, bout, hole):
    """Places of minutes at the cadence that lie in bouts."""
    runs, inside = [], set()
    for k in sorted(fast):
        if runs and minutes[k][0] - minutes[runs[-1][-1]][0] <= hole + 1:
            runs[-1].append(k)
        else:
            runs.append([k])
    for run in runs:
        if minutes[run[-1]][0] - minutes[run[0]][0] + 1 >= bout:
            inside.update(run)
    return inside


def by_week(person, days, bouts, start, cadence, peak, valid_minutes, valid_days):
    weeks = {}
    for date, day in days.items():
        week = (date - start).days // 7 + 1
        worn = [s for _, s in day if s is not None]
        if week >= 1:
            weeks.setdefault(week, [])
            if len(worn) >= valid_minutes:
                top = sum(sorted(worn, reverse=True)[:peak]) / peak
                walked = sum(s >= cadence for s in worn)
                weeks[week].append(
                    (walked, sum(k in bouts for k, _ in day), sum(worn), top, len(worn))
                )
    out = {}
    for week in range(1, max(weeks, default=0) + 1):
        known = weeks.get(week, [])
        n = len(known)
        enough = n >= valid_days
        means = [sum(x) / n if enough else math.nan for x in zip(*known, strict=True)]
        means = means or [math.nan] * 5
        out[person, week] = [means[0] * 7, means[1] * 7, means[2] * 7, means[3], means[4], n]
    return out
