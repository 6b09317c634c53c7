#pragma once

#include "ostler/view/style.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ostler {

/// An indicator's value for people, by its unit ("ratio", "seconds" or anything else): "2.13 %",
/// "312ms", "17.5".
std::string format_value(std::optional<double> value, std::string_view unit);

/// The newest values as bars from 0 to the highest of them and `limit`, at most `columns` of them.
std::string sparkline(const std::vector<double>& values, std::optional<double> limit,
                      std::size_t columns, Charset charset);

/// A digest as people compare it: "3f9a2c1b04de" of "sha256:3f9a2c1b04de…".
std::string short_digest(std::string_view digest);
/// `text` with every sha256 digest in it cut to 12 digits.
std::string short_digests(std::string text, const Style& style);
/// A reference with its digest cut to 12 digits: "prod/odoo@sha256:1f0c9e…".
std::string short_reference(std::string_view reference, const Style& style);

}  // namespace ostler
