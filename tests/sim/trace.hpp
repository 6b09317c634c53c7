// What happened in one simulated run, as a hash that two runs of one seed share, and as lines for a
// person on demand.
#pragma once

#include "ostler/lab/world.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <cstring>
#include <functional>
#include <string>
#include <string_view>

namespace ostler::sim {

class Trace {
 public:
  explicit Trace(const lab::World& world) : world_(world) {}
  /// Called with each line of the story; building lines costs time, so nobody listens by default.
  std::function<void(const std::string&)> tell;

  void note(std::string_view what, std::string_view details = {}) {
    const auto now = static_cast<std::uint64_t>(world_.now().count());
    add({reinterpret_cast<const char*>(&now), sizeof now});
    add(what);
    add(details);
    if (tell)
      tell(fmt::format("{:>11.6f} s  {} {}", static_cast<double>(now) / 1e6, what,
                       details.substr(0, 400)));
  }
  std::uint64_t hash() const { return hash_; }

 private:
  // Eight bytes at a time: every byte of the journal goes through here.
  void add(std::string_view bytes) {
    while (bytes.size() >= sizeof(std::uint64_t)) {
      std::uint64_t word = 0;
      std::memcpy(&word, bytes.data(), sizeof word);
      step(word);
      bytes.remove_prefix(sizeof word);
    }
    std::uint64_t rest = bytes.size() << 56;
    std::memcpy(&rest, bytes.data(), bytes.size());
    step(rest);
  }
  void step(std::uint64_t word) {
    hash_ = (hash_ ^ word) * 0x9fb21c651e98df25ULL;
    hash_ ^= hash_ >> 28;
  }

  const lab::World& world_;
  std::uint64_t hash_ = 0xcbf29ce484222325ULL;
};

}  // namespace ostler::sim
