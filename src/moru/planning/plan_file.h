// A service over the coming months as data: who uses it, for what, on which chips, and what the
// world can make of the parts. Every number with its range and source.
#pragma once

#include "moru/base/catalogue.h"
#include "moru/base/facts.h"
#include "moru/planning/month.h"
#include "moru/serving/metrics.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace moru {

class FieldCheck;

inline constexpr CatalogueKind kPlans = {"plan", "plans", ".yaml", ".yaml"};

// A value at a month; between months it is interpolated.
struct PlanPoint {
  static constexpr std::string_view kTypeName = "point";
  std::string month;
  double value = 0;
  std::optional<double> low;
  std::optional<double> high;
  std::string source;
  std::string trust;

  template <class V>
  static void fields(V& v, auto& x) {
    v.required("month", x.month, "year and month, 2026-03");
    v.required("value", x.value, "at that month");
    v.optional("low", x.low, "lower end of what the sources allow");
    v.optional("high", x.high, "upper end");
    v.optional("source", x.source, "where it was read, or a key of sources");
    v.optional("trust", x.trust, "S, V, T, M, E or D");
  }
  void validate(const FieldCheck& check) const;
};

struct PlanUsers {
  static constexpr std::string_view kTypeName = "users";
  std::vector<PlanPoint> points;
  Sourced<double> growth_per_month = 0.0;

  template <class V>
  static void fields(V& v, auto& x) {
    v.required("points", x.points, "people who use the service in a week, by month");
    v.optional("growth_per_month", x.growth_per_month, "after the last point: 0.02 is 2%");
  }
  void validate(const FieldCheck& check) const;
};

// One kind of requests. Reasoning, agents and API traffic are kinds of their own.
struct PlanTraffic {
  static constexpr std::string_view kTypeName = "traffic";
  std::string name;
  std::string model;
  Sourced<double> requests_per_message = 1.0;
  Sourced<double> prompt_tokens;
  Sourced<double> output_tokens;
  std::string workload;
  Sourced<double> work_factor = 1.0;
  Sourced<double> context_tokens = 8192.0;
  std::optional<Slo> slo;

  template <class V>
  static void fields(V& v, auto& x) {
    v.required("name", x.name, "chat, reasoning, agents");
    v.required("model", x.model, "org/name, a config.json or its folder");
    v.optional("requests_per_message", x.requests_per_message, "requests for each message sent");
    v.required("prompt_tokens", x.prompt_tokens, "mean of a request");
    v.required("output_tokens", x.output_tokens, "mean of a request");
    v.optional("workload", x.workload,
               "distribution of the lengths; uniform around the means if absent");
    v.optional("work_factor", x.work_factor,
               "work of the service's own model over that of the model named");
    v.optional("context_tokens", x.context_tokens, "at which a user's KV cache is stated");
    v.optional("slo", x.slo, "of this kind, in place of the plan's");
  }
  void validate(const FieldCheck& check) const;
};

struct PlanChip {
  static constexpr std::string_view kTypeName = "plan chip";
  std::string chip;
  Sourced<double> share = 1.0;
  Deployment deployment;

  template <class V>
  static void fields(V& v, auto& x) {
    v.required("chip", x.chip, "id, alias or YAML file");
    v.optional("share", x.share, "of the requests; all shares add up to 1");
    v.optional("deployment", x.deployment, "of one replica, in vLLM's options");
  }
  void validate(const FieldCheck& check) const;
};

// What may run out.
enum class SupplyInput { logic_wafers, hbm_wafers, interposer_wafers, power, capital };
template <>
struct EnumNames<SupplyInput> {
  static constexpr std::array<std::pair<std::string_view, SupplyInput>, 5> values = {
      {{"logic_wafers", SupplyInput::logic_wafers},
       {"hbm_wafers", SupplyInput::hbm_wafers},
       {"interposer_wafers", SupplyInput::interposer_wafers},
       {"power", SupplyInput::power},
       {"capital", SupplyInput::capital}}};
};
inline constexpr std::size_t kSupplyInputs = 5;

// One source of an input.
struct PlanSupply {
  static constexpr std::string_view kTypeName = "supply";
  SupplyInput input = SupplyInput::logic_wafers;
  std::string supplier;
  std::string country;
  std::vector<PlanPoint> capacity;
  Sourced<double> share = 1.0;
  bool is_qualified = true;
  Sourced<double> ready_in = 0.0;
  Sourced<double> price_ratio = 1.0;

  template <class V>
  static void fields(V& v, auto& x) {
    v.required("input", x.input,
               "logic_wafers, hbm_wafers, interposer_wafers (a month); power (MW in all); capital "
               "(USD a month)");
    v.required("supplier", x.supplier, "who makes it");
    v.optional("country", x.country, "where, ISO 3166 alpha-2");
    v.required("capacity", x.capacity, "in all, by month; kept after the last one");
    v.optional("share", x.share, "of it that this service can get");
    v.optional("qualified", x.is_qualified, "false: a second source that today's chips do not use");
    v.optional("ready_in", x.ready_in, "months until a second source delivers");
    v.optional("price_ratio", x.price_ratio, "its price over the usual one");
  }
  void validate(const FieldCheck& check) const;
};

// Given wafers instead of users: what service would need them?
struct PlanWafers {
  static constexpr std::string_view kTypeName = "wafers";
  Sourced<double> dram_per_month;
  Sourced<double> hbm_share = 1.0;

  template <class V>
  static void fields(V& v, auto& x) {
    v.required("dram_per_month", x.dram_per_month, "DRAM wafer starts a month");
    v.optional("hbm_share", x.hbm_share, "of them that become HBM; the rest is server memory");
  }
  void validate(const FieldCheck& check) const;
};

struct DemandPlan {
  static constexpr std::string_view kTypeName = "plan";
  std::string name;
  std::string about;
  std::vector<std::string> aliases;
  std::string start;
  int months = 24;
  std::optional<PlanUsers> users;
  std::optional<PlanWafers> wafers;
  Sourced<double> messages_per_user_per_day;
  Sourced<double> daily_peak = 1.0;
  Sourced<double> utilisation = 1.0;
  Sourced<double> revenue_per_user_per_month = 0.0;
  std::vector<PlanTraffic> traffic;
  std::vector<PlanChip> chips;
  Slo slo;
  std::vector<PlanSupply> supply;
  std::map<std::string, std::string> sources;
  std::string base_folder;  // of the file; not a field

  template <class V>
  static void fields(V& v, auto& x) {
    v.required("name", x.name, "what the service is called");
    v.optional("about", x.about, "what it shows");
    v.optional("aliases", x.aliases, "other names it answers to, on one line");
    v.required("start", x.start, "first month of the table, 2026-03");
    v.optional("months", x.months, "how many months");
    v.optional("users", x.users, "who uses it");
    v.optional("wafers", x.wafers, "in place of users: the memory wafers that are given");
    v.required("messages_per_user_per_day", x.messages_per_user_per_day, "of a weekly user");
    v.optional("daily_peak", x.daily_peak, "load of the busiest hour over the mean");
    v.optional(
        "utilisation", x.utilisation,
        "share of what a fleet could serve within the objective that is planned at the peak");
    v.optional("revenue_per_user_per_month", x.revenue_per_user_per_month, "USD, of a weekly user");
    v.required("traffic", x.traffic, "kinds of requests");
    v.required("chips", x.chips, "what serves them");
    v.optional("slo", x.slo, "what users must get; replicas are sized by it");
    v.optional("supply", x.supply, "what can be made and bought, by source");
    v.optional("sources", x.sources, "short name -> where it was read");
  }
  void validate(const FieldCheck& check) const;
  // Whether its supply names any source of the input.
  bool needs(SupplyInput input) const;
};

// By id, alias or path of a YAML file. Throws Error with every diagnostic.
DemandPlan load_plan(const std::string& name_or_path);
DemandPlan plan_from(const Document& document);

// A series at a month: logarithmic between points, flat before the first; `growth` a month after
// the last.
double series_at(const std::vector<PlanPoint>& points, const std::vector<double>& values,
                 Month month, double growth);

}  // namespace moru
