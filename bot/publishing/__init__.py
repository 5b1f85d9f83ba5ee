"""Content as immutable, numbered releases: read from authored files, checked, published, and read by every turn.

`sources` reads the files, `check` finds what is wrong in them, `release` says what is kept of a publication, `content`
makes of a release what turns read, `library` holds the current one and those that forms are pinned to. `answers` finds
the approved answer to a free question, `claims` the words a lender must not use.
"""
