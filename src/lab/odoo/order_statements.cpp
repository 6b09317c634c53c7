// The statements by which the shop's code takes orders (tests/stack/shop/internal/web and orm).
#include "lab/odoo/order_statements.hpp"

#include "ostler/base/text.hpp"

namespace ostler::lab {
namespace {

using Values = std::vector<std::pair<std::string, std::string>>;

constexpr const char* utc_now = "(now() AT TIME ZONE 'UTC')";

/// Every column that the code knows, as a read of the model asks for them.
std::string known_columns(const ShopSchema& schema, const std::string& model) {
  std::string columns = "id";
  for (const ShopField& field : schema.fields(model)) columns += ", \"" + field.name + '"';
  return columns + ", create_date, write_date";
}

/// What an insert writes, in its order: column and expression.
Values complete(const ShopSchema& schema, const std::string& model, const Values& values) {
  Values all{
      {"create_uid", "1"}, {"create_date", utc_now}, {"write_uid", "1"}, {"write_date", utc_now}};
  for (const ShopField& field : schema.fields(model)) {
    std::string expression;
    if (!field.standard.empty())
      expression = field.standard == "now" ? utc_now : "'" + field.standard + "'";
    for (const auto& [column, value] : values)
      if (column == field.name) expression = value;
    if (!expression.empty())
      all.emplace_back(field.name, fmt::format("CAST({} AS {})", expression, column_type(field)));
  }
  return all;
}

std::string insert(const ShopSchema& schema, const std::string& model, const Values& values,
                   const std::string& from) {
  std::vector<std::string> columns, expressions;
  for (const auto& [column, expression] : complete(schema, model, values)) {
    columns.push_back('"' + column + '"');
    expressions.push_back(expression);
  }
  return fmt::format("INSERT INTO {} ({}) SELECT {} FROM {}", table_of(model), join(columns, ", "),
                     join(expressions, ", "), from);
}

}  // namespace

const Values& checkout_values() {
  static const Values values{
      {"name", "'S' || left($1, 8)"}, {"client_uuid", "$1"},    {"partner_id", "partner.id"},
      {"company_id", "company.id"},   {"website_id", "1"},      {"state", "'sale'"},
      {"date_order", utc_now},        {"amount_total", "12.5"}, {"sale_channel", "'web'"}};
  return values;
}

const Values& checkout_line_values() {
  static const Values values{{"order_id", "placed.id"},
                             {"name", "'Coffee'"},
                             {"product_uom_qty", "1"},
                             {"price_unit", "12.5"}};
  return values;
}

const Values& checkout_job_values() {
  static const Values values{{"uuid", "$1"},
                             {"name", "'Confirm order'"},
                             {"model_name", "'sale.order'"},
                             {"method_name", "'send_confirmation'"},
                             {"channel", "'root.mail'"},
                             {"state", "'pending'"},
                             {"date_created", utc_now},
                             {"records", "format('{\"ids\": [%s]}', placed.id)"}};
  return values;
}

const Values& pos_order_values() {
  static const Values values{{"name", "'/'"},
                             {"uuid", "$1"},
                             {"session_id", "session.id"},
                             {"date_order", utc_now},
                             {"pos_reference", "'Order ' || left($1, 13)"},
                             {"state", "'paid'"},
                             {"amount_total", "4.2"}};
  return values;
}

std::vector<std::string> inserted_columns(const ShopSchema& schema, const std::string& model,
                                          const Values& values) {
  std::vector<std::string> columns{"id"};
  for (const auto& [column, expression] : complete(schema, model, values))
    columns.push_back(column);
  return columns;
}

std::string checkout_statement(const ShopSchema& schema) {
  return fmt::format(
      "WITH company AS (SELECT {} FROM res_company ORDER BY id LIMIT 1), partner AS (SELECT {} "
      "FROM res_partner WHERE id = (SELECT partner_id FROM company)), placed AS ({} ON CONFLICT "
      "(client_uuid) DO NOTHING RETURNING {}), line AS ({}), job AS ({}) SELECT * FROM placed",
      known_columns(schema, "res.company"), known_columns(schema, "res.partner"),
      insert(schema, "sale.order", checkout_values(), "company, partner"),
      known_columns(schema, "sale.order"),
      insert(schema, "sale.order.line", checkout_line_values(), "placed"),
      insert(schema, "queue.job", checkout_job_values(), "placed"));
}

std::string pos_order_statement(const ShopSchema& schema) {
  return fmt::format(
      "WITH session AS (SELECT id FROM pos_session WHERE state = 'opened' ORDER BY id LIMIT 1), "
      "placed AS ({} ON CONFLICT (uuid) DO NOTHING RETURNING {}) SELECT * FROM placed",
      insert(schema, "pos.order", pos_order_values(), "session"),
      known_columns(schema, "pos.order"));
}

}  // namespace ostler::lab
