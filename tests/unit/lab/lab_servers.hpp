// The real PostgreSQL and Redis that tests of the lab share, where this machine has them.
#pragma once

#include "ostler/lab/local_servers.hpp"

namespace ostler::lab {

/// Started at the first call, ended with the test program; null where the programs are not
/// installed. Never starts twice.
LocalServers* shared_servers();

}  // namespace ostler::lab
