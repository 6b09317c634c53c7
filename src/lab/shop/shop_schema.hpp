#pragma once

#include "ostler/lab/shop.hpp"
#include "ostler/lab/world.hpp"

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ostler::lab {

/// A field of a model as the shop's code declares it.
struct ShopField {
  std::string name;
  std::string type;  ///< as ir_model_fields has it: char, selection, many2one, ...
  bool required = false, index = false;
  std::string standard;  ///< the code's default, or empty; "now" is the present time
  std::string comodel;   ///< of a many2one
};
/// The column's type in PostgreSQL.
std::string column_type(const ShopField& field);
std::string table_of(const std::string& model);
/// What every table has without being asked.
const std::vector<std::string>& magic_columns();

struct ShopConstraint {
  std::string name, definition;
};

/// One class of a module: a model of its own, or fields added to another module's.
struct ShopClass {
  std::string model, description;
  std::vector<ShopField> fields;
  std::vector<ShopConstraint> constraints;
};

/// One record of a data file.
struct ShopRecord {
  std::string id, model;
  bool noupdate = false;
  std::vector<std::pair<std::string, std::string>> values;
};

struct ShopScript {
  enum class Effect {
    index,      ///< an index of its own: name, table, column
    parameter,  ///< a system parameter, unless it is there: key, value
    raise,      ///< an exception: its text
    sleep       ///< time passes while the transaction is open
  };
  bool post = true;     ///< runs after tables and data, otherwise before them
  std::string version;  ///< runs when the update comes past this version
  std::string file;
  Effect effect = Effect::raise;
  std::vector<std::string> words;
  Instant takes{0};
};

struct ShopModule {
  std::string name, title, version;
  bool automatic = false;
  std::vector<std::string> depends;
  std::vector<ShopClass> classes;
  std::vector<std::pair<std::string, std::vector<ShopRecord>>> data;  ///< file, records
  std::vector<ShopScript> scripts;
};

/// What the image of one version holds, as far as databases notice: modules in the order in which
/// they are loaded.
struct ShopSchema {
  std::vector<ShopModule> modules;

  const ShopModule* module(std::string_view name) const;
  /// The fields of a model over all modules, in the order of their declaration.
  std::vector<ShopField> fields(std::string_view model) const;
};

/// By the image's tag; a tag that the stack's shop does not have counts as version 1 when it begins
/// with 1, otherwise as version 2. Lives for ever.
const ShopSchema& shop_schema(const std::string& version);

/// The same for code that may have modules beyond the shop's own. Lives for ever as well.
const ShopSchema& shop_schema(const ShopCode& code);

/// Whether the dotted version `left` is older than `right`.
bool older_version(std::string_view left, std::string_view right);

// The parts that shop_schema() is made of.

/// base, web and queue_job, the same in all versions.
std::vector<ShopModule> platform_modules();
/// A class from lines "name type[=comodel] [required] [index] [default=VALUE]".
ShopClass shop_class(std::string model, std::string description, std::string_view lines,
                     std::vector<ShopConstraint> constraints = {});

}  // namespace ostler::lab
