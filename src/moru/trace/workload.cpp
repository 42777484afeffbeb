#include "moru/trace/workload.h"

#include "moru/base/catalogue.h"
#include "moru/base/fields_parse.h"
#include "moru/trace/format.h"

#include <cmath>

namespace moru {
namespace {

constexpr double kSecondsPerDay = 86400;

// Replaces short names of `sources:` by what they stand for.
class SourceNames {
 public:
  SourceNames(const WorkloadSpec& spec, Diagnostics& diagnostics, const Document& document)
      : spec_(spec), diagnostics_(diagnostics), document_(document) {}

  template <class T>
  void required(std::string_view name, T& member, std::string_view) {
    if constexpr (detail::is_sourced<T>) {
      spell_out(name, member.source);
    } else if constexpr (detail::HasFields<T>) {
      T::fields(*this, member);
    } else if constexpr (std::same_as<T, std::string>) {
      if (name == "source") {
        spell_out(name, member);
      }
    }
  }
  template <class T>
  void optional(std::string_view name, T& member, std::string_view doc) {
    required(name, member, doc);
  }

 private:
  void spell_out(std::string_view name, std::string& source) {
    if (const auto found = spec_.sources.find(source); found != spec_.sources.end()) {
      source = found->second;
    } else if (!source.empty() && source.find(' ') == std::string::npos) {
      diagnostics_.error(
          {document_.file, 0, 0},
          fmt::format("'{}' names source '{}', which `sources:` does not have", name, source));
    }
  }

  const WorkloadSpec& spec_;
  Diagnostics& diagnostics_;
  const Document& document_;
};

LengthDistribution uniform_lengths(std::int64_t length, double range_ratio, std::int64_t prefix,
                                   std::string_view flag) {
  if (length < 1 || prefix < 0 || length + prefix > kLongestLength / 2) {
    fail(fmt::format("{} must be from 1 to {} tokens", flag, with_thousands(kLongestLength / 2)));
  }
  const auto middle = static_cast<double>(length);
  LengthDistribution lengths;
  lengths.scale = LengthScale::linear;
  lengths.quantiles[LengthQuantile::min] =
      static_cast<std::int32_t>(std::max(1.0, std::floor(middle * (1 - range_ratio)))) +
      static_cast<std::int32_t>(prefix);
  lengths.quantiles[LengthQuantile::max] =
      static_cast<std::int32_t>(std::ceil(middle * (1 + range_ratio))) +
      static_cast<std::int32_t>(prefix);
  return lengths;
}

}  // namespace

void WorkloadArrivals::validate(const FieldCheck& check) const {
  const bool has_rate = request_rate.value.value > 0;
  const bool has_users = users > 0.0 && messages_per_user_per_day > 0.0;
  check.require(!(has_rate && users > 0.0), "users",
                "the rate is given twice; state request_rate or users, not both");
  check.require(has_rate || has_users, "request_rate",
                "needs request_rate, or users and messages_per_user_per_day");
  check.require(burstiness > 0.0, "burstiness", "must be above zero; 1 is a Poisson process");
  double sum = 0;
  for (const double weight : hourly_weights) {
    sum += weight;
  }
  check.require(hourly_weights.empty() || hourly_weights.size() == HourlyWeights().size(),
                "hourly_weights",
                fmt::format("needs 24 values, one per hour, and has {}", hourly_weights.size()));
  check.require(hourly_weights.empty() || sum > 0, "hourly_weights", "all hours are zero");
}

double WorkloadArrivals::mean_rate() const {
  if (request_rate.value.value > 0) {
    return request_rate.value.value;
  }
  return users.value * messages_per_user_per_day.value / kSecondsPerDay;
}

void WorkloadPrefixes::validate(const FieldCheck& check) const {
  check.require(continued <= 1.0, "continued", "is a share of requests, from 0 to 1");
  check.require(window >= 1, "window", "must be at least one conversation");
  check.require(candidates >= 1, "candidates", "must be at least one");
}

void WorkloadSpec::validate(const FieldCheck& check) const {
  check.require(length_correlation <= 1.0, "length_correlation", "lies from 0 to 1");
  check.require(num_prompts > 0 || duration.value > 0, "num_prompts",
                "needs num_prompts or duration");
}

WorkloadSpec workload_from(const Document& document) {
  WorkloadSpec spec = parse_document<WorkloadSpec>(document);
  const WorkloadSpec stated = spec;
  Diagnostics diagnostics;
  SourceNames names(stated, diagnostics, document);
  WorkloadSpec::fields(names, spec);
  diagnostics.throw_if_any();
  return spec;
}

WorkloadSpec load_workload(const std::string& name_or_path) {
  const bool is_path = name_or_path.ends_with(".yaml") || name_or_path.ends_with(".json") ||
                       name_or_path.find('/') != std::string::npos;
  return workload_from(
      read_document(is_path ? name_or_path : require_in_catalogue(kWorkloads, name_or_path).path));
}

WorkloadSpec random_workload(const RandomLengths& lengths) {
  if (!(lengths.range_ratio >= 0 && lengths.range_ratio < 1)) {
    fail("--random-range-ratio must be zero or more and below 1");
  }
  WorkloadSpec spec;
  spec.name = "random";
  spec.prompt_tokens = uniform_lengths(lengths.input_len, lengths.range_ratio, lengths.prefix_len,
                                       "--random-input-len with --random-prefix-len");
  spec.output_tokens =
      uniform_lengths(lengths.output_len, lengths.range_ratio, 0, "--random-output-len");
  spec.prefixes.system_prompt_tokens = static_cast<std::int32_t>(lengths.prefix_len);
  spec.num_prompts = 1000;  // vLLM's default of --num-prompts
  return spec;
}

}  // namespace moru
