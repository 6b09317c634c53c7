#pragma once

#include "ostler/view/style.hpp"

#include <string>

namespace ostler {

/// Shows `text` with OSTLER_PAGER, PAGER or `less -FIRX` and waits until the reader leaves; false
/// when none can be started.
bool show_in_pager(const std::string& text, const Variables& variables);

}  // namespace ostler
