#pragma once

#include "lab/objects/api_kinds.hpp"
#include "lab/objects/field_owners.hpp"

#include "ostler/lab/objects.hpp"

#include <deque>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

namespace ostler::lab {

/// What the API server keeps, and how it changes: every change gets a version, is remembered for
/// watches and is told to those who listen. Knows nothing of requests.
struct Objects::Impl {
  explicit Impl(World& of) : world(of) {}

  struct Entry {
    Stored object;
    FieldOwners owners;
  };
  using Names = std::map<std::string, Entry, std::less<>>;
  /// All objects of one kind, by namespace and name.
  struct Shelf {
    std::string group, kind;
    const ApiKind* known;
    std::map<std::string, Names, std::less<>> spaces;
    std::deque<Change> changes;
    std::uint64_t forgotten = 0;  ///< changes up to this version are not known any more
  };

  Shelf* shelf(const ObjectRef& kind);
  Shelf& made_shelf(const ObjectRef& kind);
  Entry* entry(const ObjectRef& ref);

  /// Makes `next` stand there, with what the server keeps itself (version, generation, and for a
  /// new object uid and creation time where they are missing). Nothing happens when it is what
  /// stands there already. The generation grows when a controller must act, or in any case, or not.
  enum class Generation { as_needed, grows, stays };
  Stored store(const ObjectRef& ref, Json next, Generation generation = Generation::as_needed);
  /// Takes the object away and collects what it owned: Pods whose container runs end gracefully.
  void take(const ObjectRef& ref);
  /// Pods with a running container get a deadline; everything else goes.
  void end(const ObjectRef& ref, std::optional<std::int64_t> grace_seconds = {});
  /// What depends on it goes first; it stands there, marked, as long as something does.
  void end_after_dependents(const ObjectRef& ref);
  /// Its dependents stay, without it as their owner.
  void orphan_dependents(const ObjectRef& ref);
  /// Notes that the object is to go, `grace_seconds` from now.
  Stored mark(const ObjectRef& ref, std::int64_t grace_seconds, const char* finalizer);
  std::vector<ObjectRef> dependents_of(const std::string& uid) const;

  /// The end of every write of a client to what stands there: `next` as the object, its Scale or
  /// its status, checked, stored, and noted as the author's. An author without a time has applied.
  ApiAnswer update(const ObjectRef& ref, Json next, const std::string& subresource,
                   FieldOwners::Author author);

  /// Tells everybody what has changed since. Called at the end of every way in.
  void tell();

  std::string new_uid();
  /// The present time as objects carry it: whole seconds.
  std::string stamp(std::int64_t seconds_ahead = 0) const;
  /// What a new object gets of its own: a Service its address, a Job its labels.
  void equip(Json& object);

  World& world;
  std::uint64_t version = 1000;
  std::deque<Shelf> shelves;
  std::vector<std::function<void(const Change&)>> listeners;

 private:
  using Key = std::tuple<std::string, std::string, std::string, std::string>;
  void note(Shelf& shelf, Change change);
  void index(const ObjectRef& ref, const Json* before, const Json* after);

  std::map<std::string, std::set<Key>> dependents_;  ///< by the owner's uid
  std::map<std::string, ObjectRef> waiting_;  ///< owners that go after their dependents, by uid
  std::deque<Change> untold_;
  bool telling_ = false;
  std::uint32_t addresses_ = 0;
};

}  // namespace ostler::lab
