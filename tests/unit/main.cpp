// The one Catch2 main, shared by all test programs: compiling it takes 15 seconds.
#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>

/// libpqxx 6.4 loses one small result whenever a connection breaks under a statement. The leak
/// detector asks for this.
extern "C" const char* __lsan_default_suppressions() {
  return "leak:pqxx::connection_base::exec_params\n";
}
