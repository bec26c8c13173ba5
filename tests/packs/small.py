"""What does a small pack look like that uses every part of the grammar?"""

from __future__ import annotations

from pathlib import Path

GOOD = """\
pack: small
title: Small
description: Everything once.
owner: Somebody
datasets:
  cases:
    title: Cases
    kind: keyed
    key: case
    time: began
    times:
      began: Began
      looked: Looked at
      ended: {title: Ended, description: The end.}
    dimensions:
      kind: {title: Kind, values: [a, b]}
      town: Town
      guess: {title: Guessed kind}
    actor: person
    measures:
      cost: {title: Cost, unit: euros, decimals: 2, minimum: 0, maximum: 1000}
    durations:
      length: {title: Length, from: began, to: ended}
    flags:
      speed:
        title: Speed
        of: length
        by: kind
        limits_hours: {a: 24}
        otherwise_hours: 48
        within: quick
        over: slow
    bands:
      size: {title: Size, of: cost, lowest: {small: 0, large: 100}}
    matches:
      hit: {title: Hit, of: guess, truth: kind, same: hit, differs: missed}
    place: true
    usual_delay: 2h
    external: true
  visits:
    title: Visits
    kind: append
    time: at_time
    times:
      at_time: At
    dimensions:
      page: Page
    keep: 90 days
subscriptions:
  doors: {topic: "{workspace}/doors/{page}", dataset: visits, id: nr}
sources:
  cases:
    table: office.case
    watermark: changed
    workspace: north
    columns: {case: id, began: began_at, town: town_name}
    lookups:
      town_name: {from: town_id, table: office.town, value: name}
tracking: {events: visits, engagement: visits}
entities:
  person:
    title: Person
    many: people
    peers: kind
    course: {dataset: cases, of: cost, unusual: cases_begun, units: {a: euros}}
  file: {title: File, many: files, column: page, dataset: cases, by: case, related: {cases: town}}
exposures:
  people: {title: People, unit: people, dimension: town, amounts: {north: 100, south: 50}}
metrics:
  cases_begun:
    title: Begun
    description: Cases that began.
    shape: count
    dataset: cases
    at: began
    unit: cases
    format: integer
    better: neither
    family: business
  cases_ended:
    title: Ended
    description: Cases that ended.
    shape: count
    dataset: cases
    at: ended
    unit: cases
    format: integer
    better: higher
    target: 10
    family: business
  cases_open:
    title: Open
    description: Begun and not ended.
    shape: balance
    plus: cases_begun
    minus: cases_ended
    unit: cases
    format: integer
    better: lower
    family: business
  age_of_open:
    title: Age
    description: Mean age of the open ones.
    shape: age
    of: cases_open
    unit: hours
    format: duration
    better: lower
    family: business
  slow_cases:
    title: Slow cases
    description: Longer than a day.
    shape: count
    dataset: cases
    at: ended
    where: {kind: {in: [a, null]}, length: {over: 24, at_most: 100}}
    unit: cases
    format: integer
    better: lower
    family: operational
  slow_excess:
    title: Slow excess
    description: Slow ones less those that ended.
    shape: difference
    plus: slow_cases
    minus: cases_ended
    unit: cases
    format: integer
    better: lower
    family: operational
  slow_part:
    title: Slow part
    description: Part of the ended ones that was slow.
    shape: ratio
    numerator: slow_cases
    denominator: cases_ended
    unit: "%"
    format: percent
    better: lower
    target: 0.2
    family: operational
  length_p90:
    title: Length, 90 %
    description: Nine in ten took no longer.
    shape: percentile
    q: 0.9
    dataset: cases
    at: ended
    of: length
    unit: hours
    format: duration
    better: lower
    family: operational
  cost_mean:
    title: Mean cost
    description: Mean cost of the ended ones.
    shape: average
    dataset: cases
    at: ended
    of: cost
    unit: euros
    format: money
    better: lower
    family: business
  cheap_share:
    title: Cheap
    description: Part that cost less than 2.50.
    shape: share
    dataset: cases
    at: ended
    of: cost
    limit: {under: 2.5}
    unit: "%"
    format: percent
    better: higher
    family: business
  people_seen:
    title: People
    description: Different people.
    shape: distinct
    dataset: cases
    at: began
    of: person
    unit: people
    format: integer
    better: higher
    family: experience
  begun_per_100:
    title: Begun per 100 people
    description: Cases begun for each 100 people.
    shape: rate
    of: cases_begun
    exposure: people
    per: 100
    unit: per 100 people
    format: decimal
    better: lower
    family: business
"""


def write_pack(home: Path, text: str = GOOD, name: str = "small") -> Path:
    """A folder with this pack.yaml."""
    folder = home / name
    folder.mkdir(parents=True)
    (folder / "pack.yaml").write_text(text)
    return folder
