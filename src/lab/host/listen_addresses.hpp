#pragma once

#include "ostler/lab/local_servers.hpp"

namespace ostler::lab {

bool accepts_connections(const ListenAt& at);

}  // namespace ostler::lab
