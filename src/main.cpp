// ostler: everything is in the library; this only starts it.
#include "ostler/cli/command_line.hpp"

int main(int argc, char** argv) {
  return ostler::run_command_line(argc, argv);
}
