// What the versions of the shop's own modules declare: the Python and XML of tests/stack/shop/image
// as data.
#include "lab/shop/shop_schema.hpp"

#include "ostler/base/text.hpp"

#include <mutex>

namespace ostler::lab {
namespace {

using Effect = ShopScript::Effect;

constexpr const char* sale_order =
    "name char required index\n"
    "client_uuid char required\n"
    "partner_id many2one=res.partner required index\n"
    "company_id many2one=res.company required\n"
    "website_id integer\n"
    "state selection required index default=draft\n"
    "date_order datetime required\n"
    "amount_total monetary\n"
    "confirmation_sent boolean default=false\n";
constexpr const char* sale_order_1 = "gift_note char\n";
constexpr const char* sale_order_2 =
    "sale_channel selection\n"
    "pickup_point char index\n";
constexpr const char* sale_order_contract = "fulfilment selection required default=ship\n";

constexpr const char* sale_order_line =
    "order_id many2one=sale.order required index\n"
    "name text required\n"
    "product_uom_qty float required default=1.0\n"
    "price_unit float required default=0.0\n";

constexpr const char* pos_order =
    "name char required\n"
    "uuid char required\n"
    "pos_reference char index\n"
    "session_id many2one=pos.session required index\n"
    "date_order datetime required\n"
    "state selection required default=draft\n"
    "amount_total float required default=0.0\n";
constexpr const char* pos_session =
    "name char required\n"
    "config_id many2one=pos.config required index\n"
    "user_id many2one=res.users\n"
    "state selection required index default=opened\n"
    "rescue boolean default=false\n"
    "start_at datetime\n"
    "stop_at datetime\n";
constexpr const char* pos_loyalty_card =
    "name char required index\n"
    "partner_id many2one=res.partner index\n"
    "points float default=0.0\n";

ShopRecord list_view(const std::string& id, const std::string& model, const std::string& title,
                     const std::string& fields) {
  return {id,
          "ir.ui.view",
          false,
          {{"name", model + ".list"},
           {"model", model},
           {"type", "list"},
           {"arch_db", fmt::format("<list string=\"{}\">{}</list>", title, fields)}}};
}

ShopModule sale_omni(const std::string& version) {
  const bool second = version[0] != '1';
  ShopModule module{"sale_omni",
                    "Omnichannel Sales",
                    second ? "18.0.2.0" : "18.0.1.0",
                    false,
                    {"web", "queue_job"},
                    {},
                    {},
                    {}};
  module.classes.push_back(
      shop_class("res.partner", "Contact",
                 second ? "sale_note char\nloyalty_tier char\n" : "sale_note char\n"));
  std::string fields = std::string(sale_order) + (second ? sale_order_2 : sale_order_1);
  if (version == "2-contract") fields += sale_order_contract;
  module.classes.push_back(shop_class("sale.order", "Sales Order", fields,
                                      {{"client_uuid_uniq", "unique(client_uuid)"}}));
  module.classes.push_back(
      shop_class("sale.order.line", "Sales Order Line",
                 std::string(sale_order_line) + (second ? "discount float\n" : "")));
  module.data = {
      {"data/ir_cron.xml",
       {{"ir_cron_heartbeat",
         "ir.cron",
         false,
         {{"cron_name", "Omnichannel: collect orders of the marketplaces"},
          {"code", "model._cron_heartbeat()"},
          {"interval_number", "3"},
          {"interval_type", "seconds"}}}}},
      {"views/sale_order_views.xml",
       {list_view("view_order_list", "sale.order", second ? "Orders of all Channels" : "Orders",
                  "<field name=\"name\"/><field name=\"partner_id\"/>"
                  "<field name=\"amount_total\"/>"),
        {"view_order_form",
         "ir.ui.view",
         false,
         {{"name", "sale.order.form"},
          {"model", "sale.order"},
          {"type", "form"},
          {"arch_db",
           R"(<form string="Order"><field name="name"/><field name="state"/></form>)"}}}}}};
  if (second)
    module.scripts.push_back({true,
                              "18.0.2.0",
                              "post-channel_default.py",
                              Effect::parameter,
                              {"sale_omni.default_channel", "web"},
                              Instant{0}});
  return module;
}

ShopModule pos_retail(const std::string& version) {
  const bool second = version[0] != '1';
  ShopModule module{"pos_retail",
                    "Retail Point of Sale",
                    second ? "18.0.2.0" : "18.0.1.0",
                    false,
                    {"sale_omni"},
                    {},
                    {},
                    {}};
  if (second)
    module.classes.push_back(shop_class("pos.loyalty.card", "Loyalty Card", pos_loyalty_card));
  module.classes.push_back(shop_class("pos.order", "Point of Sale Orders", pos_order,
                                      {{"unique_uuid", "unique (uuid)"}}));
  module.classes.push_back(shop_class("pos.config", "Point of Sale Configuration",
                                      "name char required\nactive boolean default=true\n"));
  module.classes.push_back(shop_class("pos.session", "Point of Sale Session", pos_session));
  module.data = {
      {"data/pos_config.xml", {{"pos_config_main", "pos.config", true, {{"name", "Till 1"}}}}},
      {"views/pos_order_views.xml",
       {list_view("view_pos_order_list", "pos.order", "Receipts",
                  R"(<field name="pos_reference"/><field name="amount_total"/>)")}}};
  if (!second) return module;
  module.scripts.push_back({false,
                            "18.0.2.0",
                            "pre-receipts.py",
                            Effect::index,
                            {"pos_order_date_order_idx", "pos_order", "date_order"},
                            Instant{0}});
  if (version == "2-halfway")
    module.scripts.push_back({true,
                              "18.0.2.0",
                              "post-tills.py",
                              Effect::raise,
                              {"Close the session of Till 1 before the update."},
                              Instant{0}});
  if (version == "2-long")
    module.scripts.push_back(
        {true, "18.0.2.0", "post-recompute.py", Effect::sleep, {}, std::chrono::seconds{30}});
  return module;
}

}  // namespace

std::string column_type(const ShopField& field) {
  static const std::map<std::string, std::string> types{
      {"char", "varchar"},  {"selection", "varchar"}, {"text", "text"},
      {"boolean", "bool"},  {"integer", "int4"},      {"many2one", "int4"},
      {"float", "numeric"}, {"monetary", "numeric"},  {"datetime", "timestamp"},
      {"binary", "bytea"},  {"json", "jsonb"}};
  return types.at(field.type);
}

std::string table_of(const std::string& model) {
  return replace_all(model, ".", "_");
}

const std::vector<std::string>& magic_columns() {
  static const std::vector<std::string> columns{"id", "create_uid", "create_date", "write_uid",
                                                "write_date"};
  return columns;
}

const ShopModule* ShopSchema::module(std::string_view name) const {
  for (const ShopModule& one : modules)
    if (one.name == name) return &one;
  return nullptr;
}

std::vector<ShopField> ShopSchema::fields(std::string_view model) const {
  std::vector<ShopField> all;
  for (const ShopModule& module : modules)
    for (const ShopClass& one : module.classes)
      if (one.model == model) all.insert(all.end(), one.fields.begin(), one.fields.end());
  return all;
}

const ShopSchema& shop_schema(const std::string& version) {
  static const auto all = [] {
    std::map<std::string, ShopSchema> schemas;
    for (const char* tag : {"1", "2", "2-halfway", "2-long", "2-contract"}) {
      ShopSchema& schema = schemas[tag];
      schema.modules = platform_modules();
      schema.modules.push_back(sale_omni(tag));
      schema.modules.push_back(pos_retail(tag));
    }
    return schemas;
  }();
  if (const auto found = all.find(version); found != all.end()) return found->second;
  return all.at(starts_with(version, "1") ? "1" : "2");
}

const ShopSchema& shop_schema(const ShopCode& code) {
  const ShopSchema& shop = shop_schema(code.version);
  if (code.plain_modules.empty()) return shop;
  static std::mutex guard;
  static std::map<std::pair<const ShopSchema*, std::vector<std::string>>, ShopSchema> larger;
  const std::lock_guard lock(guard);
  const auto [entry, is_new] = larger.try_emplace({&shop, code.plain_modules}, shop);
  if (is_new)
    for (const std::string& name : code.plain_modules)
      entry->second.modules.push_back({name, name, "18.0.1.0", false, {"base"}, {}, {}, {}});
  return entry->second;
}

bool older_version(std::string_view left, std::string_view right) {
  const std::vector<std::string> one = split(left, '.'), other = split(right, '.');
  for (std::size_t at = 0; at < std::max(one.size(), other.size()); ++at) {
    const int a = at < one.size() ? std::atoi(one[at].c_str()) : 0;
    const int b = at < other.size() ? std::atoi(other[at].c_str()) : 0;
    if (a != b) return a < b;
  }
  return false;
}

}  // namespace ostler::lab
