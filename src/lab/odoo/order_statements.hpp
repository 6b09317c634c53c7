#pragma once

#include "lab/shop/shop_schema.hpp"

#include <string>

namespace ostler::lab {

/// A checkout in one statement ($1: the order's uuid): the order, its line and the job that
/// confirms it, written and read back with the columns that this code knows, and no others. Gives
/// the order's row, or none when it is there already.
std::string checkout_statement(const ShopSchema& schema);
/// The same for an order of a till, which needs an open session.
std::string pos_order_statement(const ShopSchema& schema);

/// What a checkout puts into a new record beside the defaults of the code: the order, its line, its
/// job, and the order of a till. Of these and the defaults consist the columns that it names.
const std::vector<std::pair<std::string, std::string>>& checkout_values();
const std::vector<std::pair<std::string, std::string>>& checkout_line_values();
const std::vector<std::pair<std::string, std::string>>& checkout_job_values();
const std::vector<std::pair<std::string, std::string>>& pos_order_values();
/// The columns that an insert of that model names: the magic ones, those with a default, and those
/// of `values` that the code knows.
std::vector<std::string> inserted_columns(
    const ShopSchema& schema, const std::string& model,
    const std::vector<std::pair<std::string, std::string>>& values);

}  // namespace ostler::lab
