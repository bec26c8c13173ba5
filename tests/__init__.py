"""The suite: unit, db, app, packs, e2e."""
