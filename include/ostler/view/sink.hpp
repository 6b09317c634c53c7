#pragma once

#include <functional>
#include <string_view>

namespace ostler {

/// Where finished text goes.
using Sink = std::function<void(std::string_view)>;

/// Writes to a descriptor it does not own. After the first failure (a closed pipe, a full disk) it
/// stays silent: what is shown must never stop what is done.
Sink descriptor_sink(int descriptor);

/// Columns of the terminal behind `descriptor`, asked anew each time; `otherwise` when there is
/// none.
int terminal_columns(int descriptor, int otherwise);

}  // namespace ostler
