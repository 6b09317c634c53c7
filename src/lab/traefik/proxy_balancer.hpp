#pragma once

#include <cstddef>
#include <vector>

namespace ostler::lab {

/// Traefik's weighted round robin (earliest deadline first): whoever is due next gets the request,
/// and is due again after one part of its weight. Deterministic, and exact over time.
class ProxyBalancer {
 public:
  /// Nobody with a weight of 0 or less is ever chosen; a fenced one only by a sticky cookie.
  void add(std::size_t who, int weight, bool fenced);
  /// Who is next, or `nobody`.
  std::size_t next();
  /// True when it was added with a weight above 0.
  bool has(std::size_t who) const;

  static constexpr std::size_t nobody = static_cast<std::size_t>(-1);

 private:
  struct Entry {
    std::size_t who;
    double weight, deadline;
    bool fenced;
  };
  void rise(std::size_t at);
  void sink(std::size_t size);
  void push(const Entry& entry);

  std::vector<Entry> entries_;
  std::size_t fenced_ = 0;
  double now_ = 0;
};

}  // namespace ostler::lab
