// Gives the tests' precompiled header a source to be compiled for.
