// All systems of one environment in memory, and the attempt that a step reports to.
#include "tests/fakes/fake_systems.hpp"

#include <stdexcept>

namespace ostler {

Registry& FakeSystems::registry(std::string_view name) {
  if (name == "staging") return staging;
  if (name == "production") return production;
  throw std::logic_error("no registry " + std::string(name));
}

Postgres& FakeSystems::postgres(std::string_view name) {
  if (name == "main") return main;
  throw std::logic_error("no server " + std::string(name));
}

ObjectStore& FakeSystems::bucket(std::string_view name) {
  if (name == "records") return records;
  throw std::logic_error("no bucket " + std::string(name));
}

const RegistryLook& FakeSystems::registry(std::string_view name) const {
  return self().registry(name);
}

const PostgresLook& FakeSystems::postgres(std::string_view name) const {
  return self().postgres(name);
}

const ObjectStoreLook& FakeSystems::bucket(std::string_view name) const {
  return self().bucket(name);
}

FakeAttempt::FakeAttempt(Clock& clock, Milliseconds budget)
    : deadline_(clock.boot() + BootTime(budget)) {}

void FakeAttempt::progress(const std::string& waiting_for) {
  if (shown.empty() || shown.back() != waiting_for) shown.push_back(waiting_for);
}

void FakeAttempt::note(const std::string& text, const Json& evidence) {
  notes.emplace_back(text, evidence);
}

bool FakeAttempt::noted(std::string_view part) const {
  for (const auto& [text, unused] : notes)
    if (text.find(part) != std::string::npos) return true;
  return false;
}

}  // namespace ostler
