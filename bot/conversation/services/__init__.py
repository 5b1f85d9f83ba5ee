"""The services that flows may call, one module a subject; `registry` knows them by name."""
