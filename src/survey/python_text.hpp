#pragma once

#include "ostler/base/json.hpp"
#include "ostler/base/result.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace ostler {

/// Reads one Python literal, as ast.literal_eval would: dict with text keys, list, tuple, set,
/// text, number, True, False, None, comments. Tuples and sets become arrays. At most 1 MiB and 32
/// levels; a failure names the line.
Result<Json> parse_python_literal(std::string_view text);

/// The statements of a Python source that declare models, fields and constraints of Odoo, one a
/// line, without comments and with white space made even. Two sources with equal declarations need
/// no update of a database on their account. A source that cannot be split into statements declares
/// everything that it says.
std::string python_declarations(std::string_view text);

/// "18.0" from the text of odoo/release.py (`version_info = (18, 0, 0, FINAL, 0, '')`); nothing
/// when it does not say.
std::optional<std::string> odoo_series(std::string_view release_text);

/// A manifest's version as Odoo of that series stores it in ir_module_module.latest_version ("1.0"
/// in 18.0 is "18.0.1.0"). From series 18.0 on, versions that are not x.y or x.y.z behind the
/// series are refused, as Odoo does.
Result<std::string> adapt_version(const std::string& version, const std::string& series);

}  // namespace ostler
