#pragma once

#include "lab/objects/field_paths.hpp"

#include <memory>
#include <set>
#include <string>
#include <vector>

namespace ostler::lab {

/// Who owns which field of one object: what server-side apply decides by. Writes are only noted;
/// who owns what is worked out when somebody applies, which is rare.
class FieldOwners {
 public:
  using Stored = std::shared_ptr<const Json>;

  /// Who wrote, by what means and when.
  struct Author {
    std::string manager;
    std::string subresource;  ///< "scale", or empty
    std::string time;         ///< as the server writes it; empty: by apply
    bool operator==(const Author&) const = default;
  };
  /// `author` made `after` of `before` (null: there was nothing), by anything but apply. Status is
  /// nobody's here.
  void wrote(Author author, Stored before, Stored after);

  /// What another manager owns with another value.
  struct Clash {
    std::string manager;  ///< as messages name it: `"kubectl" using apps/v1`
    std::string field;
  };
  struct Applied {
    Json object;
    std::vector<Clash> clashes;  ///< unless forced, nothing is to be stored when there are some
  };
  /// Merges what `manager` applies into what stands there: takes away what it applied before and no
  /// longer does, and, when forced, what others own. Ownership changes only by `keep`.
  Applied apply(const ApiKind* kind, const Json* stands, const Json& wanted,
                const std::string& manager, bool force);
  void keep();
  /// The message of a 409, or an empty text.
  static std::string message(const std::vector<Clash>& clashes);

 private:
  struct Write {
    Author author;
    Stored before, after;
  };
  struct Manager {
    Author author;
    std::set<FieldPath> fields;
  };
  void settle(const ApiKind* kind);
  void take_from_all(const FieldPath& path);
  Manager& updater(const Author& author);

  std::vector<Write> notes_;
  std::vector<Manager> managers_;
  std::vector<Manager> next_;  ///< after the apply that `keep` confirms
};

}  // namespace ostler::lab
