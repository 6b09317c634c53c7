// The one Catch2 main, shared by all test programs: compiling it takes 15 seconds.
#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>
