// Words for failures and how context is added to them.
#include "ostler/base/result.hpp"

namespace ostler {

std::string_view to_string(FailureKind kind) {
  switch (kind) {
    case FailureKind::refused:
      return "refused";
    case FailureKind::timeout:
      return "timeout";
    case FailureKind::transient:
      return "transient";
    case FailureKind::permanent:
      return "permanent";
    case FailureKind::cancelled:
      return "cancelled";
    case FailureKind::unknown:
      return "unknown";
  }
  return "unknown";
}

Failure with_context(Failure failure, std::string_view context) {
  failure.message = fmt::format("{}: {}", context, failure.message);
  return failure;
}

}  // namespace ostler
