// Field managers: who set which field, and who may set it anew.
#include "lab/objects/field_owners.hpp"

#include "ostler/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace ostler::lab {
namespace {

/// Notes beyond this number are worked out, so that an object that nobody applies does not grow.
constexpr std::size_t max_notes = 64;

std::string text_of(const FieldOwners::Author& author, std::string_view api_version) {
  std::string text = fmt::format("\"{}\"", author.manager);
  if (!author.subresource.empty())
    text += fmt::format(" with subresource \"{}\"", author.subresource);
  if (!author.time.empty()) text += fmt::format(" using {} at {}", api_version, author.time);
  return text;
}

bool holds_something_in(const std::set<FieldPath>& fields, const FieldPath& path) {
  const auto next = fields.lower_bound(path);
  return next != fields.end() && next->size() >= path.size() &&
         std::equal(path.begin(), path.end(), next->begin());
}

}  // namespace

void FieldOwners::wrote(Author author, Stored before, Stored after) {
  notes_.push_back({std::move(author), std::move(before), std::move(after)});
  if (notes_.size() > max_notes) {
    const Json& object = *notes_.back().after;
    settle(find_kind(text_at(object, "/apiVersion"), text_at(object, "/kind")));
  }
}

void FieldOwners::take_from_all(const FieldPath& path) {
  for (Manager& manager : managers_) manager.fields.erase(path);
}

FieldOwners::Manager& FieldOwners::updater(const Author& author) {
  for (Manager& manager : managers_) {
    if (manager.author.time.empty() || manager.author.manager != author.manager ||
        manager.author.subresource != author.subresource)
      continue;
    manager.author.time = author.time;
    return manager;
  }
  managers_.push_back({author, {}});
  return managers_.back();
}

void FieldOwners::settle(const ApiKind* kind) {
  static const Json nothing = Json::object();
  for (const Write& note : notes_) {
    each_difference(kind, note.before ? *note.before : nothing, *note.after,
                    [&](const FieldPath& path, bool there) {
                      take_from_all(path);
                      if (there) updater(note.author).fields.insert(path);
                    });
  }
  notes_.clear();
}

FieldOwners::Applied FieldOwners::apply(const ApiKind* kind, const Json* stands, const Json& wanted,
                                        const std::string& manager, bool force) {
  settle(kind);
  std::erase_if(managers_, [](const Manager& other) { return other.fields.empty(); });
  std::set<FieldPath> fields;
  each_field(kind, wanted, [&fields](const FieldPath& path) { fields.insert(path); });
  next_ = managers_;
  const auto is_own = [&manager](const Manager& other) {
    return other.author.time.empty() && other.author.manager == manager;
  };
  auto own = std::find_if(next_.begin(), next_.end(), is_own);
  if (own == next_.end()) own = next_.insert(next_.end(), Manager{{manager, "", ""}, {}});

  Applied applied{stands != nullptr ? *stands : wanted, {}};
  if (stands != nullptr) merge_applied(kind, applied.object, wanted);
  for (Manager& other : next_) {
    if (&other == &*own) continue;
    for (const FieldPath& path : fields) {
      if (!other.fields.contains(path)) continue;
      const Json* wants = field_at(wanted, path);
      const Json* now = stands != nullptr ? field_at(*stands, path) : nullptr;
      // An item of a list is what its fields are; only they can differ.
      if (path.back()[0] == '[' || now == nullptr || wants == nullptr || *now == *wants) continue;
      const std::string api_version = text_at(applied.object, "/apiVersion");
      applied.clashes.push_back({text_of(other.author, api_version), join(path, "")});
      if (force) other.fields.erase(path);
    }
  }
  for (const FieldPath& path : own->fields) {
    if (fields.contains(path)) continue;
    const bool others = std::any_of(next_.begin(), next_.end(), [&](const Manager& other) {
      return &other != &*own && holds_something_in(other.fields, path);
    });
    if (!others) erase_field(applied.object, path);
  }
  own->fields = std::move(fields);
  return applied;
}

void FieldOwners::keep() {
  managers_ = std::move(next_);
}

std::string FieldOwners::message(const std::vector<Clash>& clashes) {
  if (clashes.empty()) return "";
  if (clashes.size() == 1)
    return fmt::format("Apply failed with 1 conflict: conflict with {}: {}", clashes[0].manager,
                       clashes[0].field);
  std::string text = fmt::format("Apply failed with {} conflicts: ", clashes.size());
  std::set<std::string> managers;
  for (const Clash& clash : clashes) managers.insert(clash.manager);
  for (const std::string& manager : managers) {
    text += fmt::format("conflicts with {}:\n", manager);
    for (const Clash& clash : clashes)
      if (clash.manager == manager) text += fmt::format("- {}\n", clash.field);
  }
  text.pop_back();
  return text;
}

}  // namespace ostler::lab
