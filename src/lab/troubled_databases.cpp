// Makes the updates of chosen tenants fail.
#include "lab/troubled_databases.hpp"

#include <algorithm>

namespace ostler::lab {

std::vector<JobPart> TroubledDatabases::update(const RunningPod& pod, const ShopCode& code) {
  const bool fails =
      std::any_of(pod.arguments.begin(), pod.arguments.end(), [this](const std::string& argument) {
        return failing.contains(argument) ||
               failing.contains(argument.substr(argument.find('=') + 1));
      });
  if (!fails) return databases_.update(pod, code);
  ShopCode broken = code;
  broken.version = "2-halfway";
  return databases_.update(pod, broken);
}

}  // namespace ostler::lab
