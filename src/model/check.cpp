// The stable words for what a check says.
#include "ostler/model/check.hpp"

namespace ostler {

std::string_view to_string(Outcome outcome) {
  switch (outcome) {
    case Outcome::pass:
      return "pass";
    case Outcome::fail:
      return "fail";
    case Outcome::inconclusive:
      return "inconclusive";
  }
  return "inconclusive";
}

}  // namespace ostler
