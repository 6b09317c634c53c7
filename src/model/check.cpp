// What checks say, in stable words.
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

namespace {

Finding finding(Outcome outcome, std::string subject, std::string found) {
  Finding result;
  result.outcome = outcome;
  result.subject = std::move(subject);
  result.found = std::move(found);
  return result;
}

}  // namespace

Finding passed(std::string subject, std::string found) {
  return finding(Outcome::pass, std::move(subject), std::move(found));
}

Finding failed(std::string subject, std::string found, std::string limit, std::string cure) {
  Finding result = finding(Outcome::fail, std::move(subject), std::move(found));
  result.limit = std::move(limit);
  result.cure = std::move(cure);
  return result;
}

Finding not_seen(std::string subject, const Failure& failure) {
  Finding result = finding(Outcome::inconclusive, std::move(subject), failure.message);
  result.cure = failure.hint;
  result.failure = failure;
  return result;
}

}  // namespace ostler
