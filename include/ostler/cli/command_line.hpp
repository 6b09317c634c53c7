#pragma once

namespace ostler {

/// The whole program: reads argv, does what it says, gives the exit code. Throws nothing that it
/// can name.
int run_command_line(int argc, char** argv);

}  // namespace ostler
