// sql: one number from a query, asked anew for every reading, of one database or of every tenant's;
// the worst counts.
#include "ostler/base/side_by_side.hpp"
#include "ostler/base/text.hpp"
#include "ostler/model/kind.hpp"

#include <cmath>
#include <cstdlib>

namespace ostler {

namespace {

Result<double> single_number(const SqlRows& rows) {
  const auto wrong = [](std::string message) {
    return Failure{FailureKind::permanent, std::move(message), "", ""};
  };
  if (rows.rows.size() != 1 || rows.rows.front().size() != 1)
    return wrong(fmt::format("the query gives {} rows of {} columns where one number is expected",
                             rows.rows.size(),
                             rows.rows.empty() ? rows.columns.size() : rows.rows.front().size()));
  const SqlValue& value = rows.rows.front().front();
  if (!value) return wrong("the query gives NULL");
  char* end = nullptr;
  const double number = std::strtod(value->c_str(), &end);
  if (value->empty() || *end != '\0' || !std::isfinite(number))
    return wrong(fmt::format("the query gives '{}', which is no number", sanitize(*value)));
  return number;
}

class SqlSampler final : public Sampler {
 public:
  SqlSampler(IndicatorConfig indicator, GateSubject subject)
      : indicator_(std::move(indicator)), subject_(std::move(subject)) {}

  void start(const Looks&) override { asked_ = 0; }

  Reading sample(const Looks& looks) override {
    const std::vector<std::string> databases =
        indicator_.per_tenant ? subject_.tenants : std::vector<std::string>{""};
    // A cell's tenants may live on another server than the one the indicator names.
    const bool at_cell = indicator_.per_tenant && !subject_.server.empty();
    const PostgresLook& server = looks.postgres(at_cell ? subject_.server : indicator_.server);
    std::vector<Result<double>> values(databases.size(),
                                       Failure{FailureKind::unknown, "not asked", "", ""});
    side_by_side(databases.size(), databases_at_once, [&](std::size_t index) {
      const auto rows = server.query(databases[index], indicator_.query);
      values[index] = rows ? single_number(*rows) : Result<double>(rows.failure());
    });
    return worst_of(databases, values);
  }

 private:
  Reading worst_of(const std::vector<std::string>& databases,
                   const std::vector<Result<double>>& values) {
    Reading reading;
    std::size_t worst = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (!values[i]) {
        reading.trouble = databases[i].empty() ? values[i].failure().message
                                               : fmt::format("tenant {}: {}", databases[i],
                                                             values[i].failure().message);
        return reading;
      }
      if (*values[i] > *values[worst]) worst = i;
    }
    if (values.empty()) {
      reading.trouble = "the cell has no tenants";
      return reading;
    }
    reading.canary = *values[worst];
    reading.samples = ++asked_;
    reading.evidence = Json{{"databases", values.size()}, {"worst", databases[worst]}};
    return reading;
  }

  IndicatorConfig indicator_;
  GateSubject subject_;
  double asked_ = 0;  ///< readings that gave a number
};

std::unique_ptr<Sampler> make(const IndicatorConfig& indicator, const GateSubject& subject) {
  return std::make_unique<SqlSampler>(indicator, subject);
}

}  // namespace

extern const IndicatorKind sql_indicator{
    "sql", "one number from a query, of one database or the worst of all tenants",
    "orders_lost:\n"
    "  sql: select count(*) from sale_order where state = 'broken'\n"
    "  server: main\n"
    "  per: tenant\n"
    "  limit: 0\n",
    make};

}  // namespace ostler
