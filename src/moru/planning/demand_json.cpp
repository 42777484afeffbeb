// A demand plan as JSON, schema moru/demand/1.
#include "moru/base/json_writer.h"
#include "moru/planning/demand.h"

#include <algorithm>

namespace moru {
namespace {

void write_interval(JsonWriter& json, const Estimate& figure) {
  json.begin_object();
  json.field("low", figure.low).field("mid", figure.mid).field("high", figure.high);
  json.field("unit", figure.unit);
  json.end_object();
}

void write_drivers(JsonWriter& json, const Estimate& figure) {
  json.begin_array();
  for (const Driver& driver : figure.drivers) {
    json.begin_object()
        .field("input", driver.fact)
        .field("at_low", driver.at_low)
        .field("at_high", driver.at_high)
        .end_object();
  }
  json.end_array();
}

bool is_of_month(const DemandResult& result, const Estimate& figure) {
  return std::any_of(result.months.begin(), result.months.end(), [&](const DemandMonth& month) {
    return figure.id.starts_with(to_string(month.month) + ".");
  });
}

void write_headline(JsonWriter& json, const DemandResult& result) {
  json.key("headline").begin_object();
  const std::string last = to_string(result.months.back().month);
  json.field("month", last);
  for (const char* id : {"users", "chips", "power", "hbm_wafers", "users_served"}) {
    if (const Estimate* figure = result.estimates.find(last + "." + id)) {
      json.key(id);
      write_interval(json, *figure);
    }
  }
  json.key("drivers_of_chips");
  write_drivers(json, result.estimates.at(last + ".chips"));
  json.end_object();
}

void write_binding_month(JsonWriter& json, const DemandMonth* month,
                         const std::optional<SupplyInput>& input) {
  if (month == nullptr) {
    json.null();
    return;
  }
  json.begin_object();
  json.field("input", enum_name(*input)).field("month", to_string(month->month));
  json.end_object();
}

// What binds at the plan's values, at the high end of demand, and what comes closest to it.
void write_binding(JsonWriter& json, const DemandResult& result) {
  const DemandMonth* first = result.first_binding();
  const DemandMonth* high = result.first_binding_high();
  json.key("binding");
  write_binding_month(json, first, first != nullptr ? first->binding : std::nullopt);
  json.key("binding_at_high_demand");
  write_binding_month(json, high, high != nullptr ? high->binding_high : std::nullopt);
  json.key("closest");
  Month when;
  if (const Coverage* closest = result.closest(&when)) {
    json.begin_object();
    json.field("input", enum_name(closest->input)).field("month", to_string(when));
    json.field("available_over_needed", closest->share());
    json.end_object();
  } else {
    json.null();
  }
  json.key("one_more_unit");
  if (result.marginal && result.marginal->added > 0) {
    json.begin_object();
    json.field("input", enum_name(result.marginal->input));
    json.field("added_units", result.marginal->added);
    json.field("users_per_unit", result.marginal->users / result.marginal->added);
    json.end_object();
  } else {
    json.null();
  }
}

void write_months(JsonWriter& json, const DemandResult& result) {
  json.key("months").begin_array();
  std::size_t next = 0;
  const std::vector<Estimate>& figures = result.estimates.figures;
  for (const DemandMonth& month : result.months) {
    const std::string scope = to_string(month.month) + ".";
    json.begin_object().field("month", to_string(month.month));
    while (next < figures.size() && !figures[next].id.starts_with(scope)) {
      ++next;
    }
    for (; next < figures.size() && figures[next].id.starts_with(scope); ++next) {
      json.key(figures[next].id.substr(scope.size()));
      write_interval(json, figures[next]);
    }
    json.key("binds");
    if (month.binding) {
      json.value(enum_name(*month.binding));
    } else {
      json.null();
    }
    json.end_object();
  }
  json.end_array();
}

void write_sizes(JsonWriter& json, const DemandResult& result) {
  json.key("replicas").begin_array();
  for (const ReplicaSize& size : result.sizes) {
    json.begin_object();
    json.field("traffic", size.traffic).field("chip", size.chip).field("chips", size.chips);
    json.field("requests_per_second", size.requests_per_second);
    json.field("mean_ttft_ms", size.mean_ttft_ms).field("mean_tpot_ms", size.mean_tpot_ms);
    json.field("kv_bytes_per_token", size.kv_bytes_per_token);
    json.end_object();
  }
  json.end_array();
}

void write_loss(JsonWriter& json, const Loss& loss) {
  json.key("without").begin_object();
  json.field("name", loss.name);
  json.field("users_served", loss.users_served);
  json.field("users_served_before", loss.users_served_before);
  json.field("users_lost", loss.users_served_before - loss.users_served);
  json.field("revenue_lost_usd", loss.revenue_lost);
  json.key("second_sources").begin_array();
  for (const SecondSource& source : loss.second_sources) {
    json.begin_object().field("input", enum_name(source.input)).key("supplier");
    if (source.supplier.empty()) {
      json.null();
    } else {
      json.value(source.supplier);
    }
    json.field("price_ratio", source.price_ratio).field("ready_in_months", source.ready_in);
    json.field("available", source.available).field("missing", source.needed);
    json.end_object();
  }
  json.end_array().end_object();
}

}  // namespace

std::string demand_json(const DemandResult& result, const std::optional<Loss>& loss) {
  JsonWriter json;
  json.begin_object();
  json.field("schema", "moru/demand/1");
  json.field("plan", result.plan.name);
  write_headline(json, result);
  write_binding(json, result);
  if (loss) {
    write_loss(json, *loss);
  }
  write_months(json, result);
  write_sizes(json, result);
  json.key("figures").begin_object();
  for (const Estimate& figure : result.estimates.figures) {
    if (!is_of_month(result, figure)) {
      json.key(figure.id);
      write_interval(json, figure);
    }
  }
  json.end_object();
  json.end_object();
  return json.take();
}

}  // namespace moru
