// Weighted round robin as Traefik's wrr package does it. The heap is Go's container/heap, step by
// step: who comes first of those with the same deadline depends on it.
#include "proxy_balancer.hpp"

#include <algorithm>

namespace ostler::lab {

void ProxyBalancer::add(std::size_t who, int weight, bool fenced) {
  if (weight <= 0) return;
  push({who, static_cast<double>(weight), now_ + 1.0 / weight, fenced});
  fenced_ += fenced ? 1 : 0;
}

std::size_t ProxyBalancer::next() {
  if (entries_.size() == fenced_) return nobody;
  while (true) {
    std::swap(entries_.front(), entries_.back());
    sink(entries_.size() - 1);
    Entry chosen = entries_.back();
    entries_.pop_back();
    now_ = chosen.deadline;
    chosen.deadline += 1.0 / chosen.weight;
    push(chosen);
    if (!chosen.fenced) return chosen.who;
  }
}

bool ProxyBalancer::has(std::size_t who) const {
  return std::any_of(entries_.begin(), entries_.end(),
                     [who](const Entry& entry) { return entry.who == who; });
}

void ProxyBalancer::push(const Entry& entry) {
  entries_.push_back(entry);
  rise(entries_.size() - 1);
}

void ProxyBalancer::rise(std::size_t at) {
  while (at > 0) {
    const std::size_t parent = (at - 1) / 2;
    if (entries_[at].deadline >= entries_[parent].deadline) return;
    std::swap(entries_[at], entries_[parent]);
    at = parent;
  }
}

void ProxyBalancer::sink(std::size_t size) {
  std::size_t at = 0;
  while (2 * at + 1 < size) {
    std::size_t child = 2 * at + 1;
    if (child + 1 < size && entries_[child + 1].deadline < entries_[child].deadline) ++child;
    if (entries_[child].deadline >= entries_[at].deadline) return;
    std::swap(entries_[at], entries_[child]);
    at = child;
  }
}

}  // namespace ostler::lab
