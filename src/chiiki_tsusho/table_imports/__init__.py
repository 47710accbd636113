"""Published tables become code tables: a row is placed or refused, never guessed."""
