"""The commands that are more than a few lines, one module a subject; `shell` is what they share."""
