// What base, web and queue_job declare, in every version of the shop.
#include "lab/shop/shop_schema.hpp"

#include "ostler/base/text.hpp"

namespace ostler::lab {
namespace {

std::vector<ShopClass> base_records() {
  return {shop_class("ir.attachment", "Attachment",
                     "name char required\n"
                     "res_model char\n"
                     "res_id integer\n"
                     "type selection required default=binary\n"
                     "url char index\n"
                     "public boolean default=false\n"
                     "store_fname char index\n"
                     "db_datas binary\n"
                     "file_size integer\n"
                     "checksum char index\n"
                     "mimetype char\n"),
          shop_class("ir.config_parameter", "System Parameter",
                     "key char required\n"
                     "value text required\n",
                     {{"key_uniq", "unique (key)"}}),
          shop_class("ir.cron", "Scheduled Actions",
                     "cron_name char required\n"
                     "code text\n"
                     "active boolean default=true\n"
                     "interval_number integer required default=1\n"
                     "interval_type selection required default=minutes\n"
                     "nextcall datetime required default=now\n"
                     "lastcall datetime\n"
                     "priority integer default=5\n"
                     "failure_count integer default=0\n"
                     "first_failure_date datetime\n"),
          shop_class("ir.cron.trigger", "Triggered actions",
                     "cron_id many2one=ir.cron index\n"
                     "call_at datetime index\n"),
          shop_class("ir.module.module", "Module",
                     "name char required index\n"
                     "shortdesc char\n"
                     "state selection index default=uninstallable\n"
                     "latest_version char\n"
                     "auto_install boolean\n"
                     "demo boolean default=false\n",
                     {{"name_uniq", "UNIQUE (name)"}}),
          shop_class("ir.ui.view", "View",
                     "name char required\n"
                     "model char index\n"
                     "key char index\n"
                     "priority integer required default=16\n"
                     "type selection default=form\n"
                     "arch_db text\n"
                     "active boolean default=true\n")};
}

std::vector<ShopClass> base_people() {
  return {shop_class("res.company", "Companies",
                     "name char required\n"
                     "partner_id many2one=res.partner required\n"
                     "active boolean default=true\n"),
          shop_class("res.partner", "Contact",
                     "name char index\n"
                     "email char\n"
                     "lang char default=en_US\n"
                     "active boolean default=true\n"),
          shop_class("res.lang", "Languages",
                     "name char required\n"
                     "code char required\n"
                     "active boolean\n"),
          shop_class("res.users", "User",
                     "login char required\n"
                     "password char\n"
                     "partner_id many2one=res.partner required index\n"
                     "company_id many2one=res.company required\n"
                     "active boolean default=true\n"
                     "share boolean default=false\n",
                     {{"login_key", "UNIQUE (login)"}})};
}

ShopClass queue_job() {
  return shop_class("queue.job", "Queue Job",
                    "uuid char required index\n"
                    "name char\n"
                    "model_name char\n"
                    "method_name char\n"
                    "records json\n"
                    "channel char index\n"
                    "priority integer default=10\n"
                    "state selection required index default=pending\n"
                    "exc_name char\n"
                    "exc_info text\n"
                    "date_created datetime\n"
                    "date_enqueued datetime\n"
                    "date_started datetime\n"
                    "date_done datetime\n"
                    "retry integer default=0\n"
                    "max_retries integer default=5\n"
                    "worker_pid integer\n");
}

/// Records that an update leaves alone; only that they belong to their file counts.
std::vector<ShopRecord> kept(const std::vector<std::pair<std::string, std::string>>& records) {
  std::vector<ShopRecord> list;
  for (const auto& [id, model] : records) list.push_back({id, model, true, {}});
  return list;
}

}  // namespace

std::vector<ShopModule> platform_modules() {
  ShopModule base{"base", "Base", "18.0.1.3", true, {}, base_records(), {}, {}};
  for (ShopClass& one : base_people()) base.classes.push_back(std::move(one));
  base.data = {{"data/base_data.xml", kept({{"lang_en", "res.lang"},
                                            {"main_partner", "res.partner"},
                                            {"main_company", "res.company"},
                                            {"partner_admin", "res.partner"},
                                            {"user_admin", "res.users"},
                                            {"autovacuum_job", "ir.cron"}})}};
  const ShopModule queue{
      "queue_job",
      "Job Queue",
      "18.0.1.4.0",
      false,
      {"base"},
      {queue_job()},
      {{"data/queue_data.xml", kept({{"ir_cron_autovacuum_queue_jobs", "ir.cron"}})}},
      {}};
  const ShopModule web{"web",
                       "Web",
                       "18.0.1.0",
                       true,
                       {"base"},
                       {},
                       {{"views/webclient_templates.xml",
                         {{"login",
                           "ir.ui.view",
                           false,
                           {{"name", "Login"},
                            {"key", "web.login"},
                            {"type", "qweb"},
                            {"arch_db",
                             "<t t-call=\"web.login_layout\"><form class=\"oe_login_form\" "
                             "role=\"form\" method=\"post\"/></t>"}}}}}},
                       {}};
  return {base, queue, web};
}

ShopClass shop_class(std::string model, std::string description, std::string_view lines,
                     std::vector<ShopConstraint> constraints) {
  ShopClass made{std::move(model), std::move(description), {}, std::move(constraints)};
  for (const std::string& line : split(lines, '\n')) {
    if (line.empty()) continue;
    const std::vector<std::string> words = split(line, ' ');
    ShopField field;
    field.name = words.at(0);
    const std::size_t equals = words.at(1).find('=');
    field.type = words[1].substr(0, equals);
    if (equals != std::string::npos) field.comodel = words[1].substr(equals + 1);
    for (std::size_t at = 2; at < words.size(); ++at) {
      if (words[at] == "required") field.required = true;
      if (words[at] == "index") field.index = true;
      if (starts_with(words[at], "default=")) field.standard = words[at].substr(8);
    }
    made.fields.push_back(std::move(field));
  }
  return made;
}

}  // namespace ostler::lab
