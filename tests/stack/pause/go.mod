module ostler/tests/stack/pause

go 1.26.0
