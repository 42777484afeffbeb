#include "moru/validation/ops.h"

#include "moru/base/error.h"
#include "moru/base/text.h"
#include "moru/chip/chip.h"
#include "moru/validation/ops_predict.h"
#include "moru/validation/ops_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace moru {
namespace {

// What is kept of a row: enough for medians, little enough for millions of rows.
struct Sample {
  float log_ratio;
  bool is_covered;
};

struct Tally {
  std::int64_t rows = 0;
  std::int64_t refused = 0;
  std::vector<Sample> samples;
};

double ape(const Sample& sample) { return 100 * std::abs(std::expm1(double{sample.log_ratio})); }

double quantile(std::vector<double>& values, double share) {
  const auto rank = static_cast<std::size_t>(share * static_cast<double>(values.size() - 1) + 0.5);
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(rank),
                   values.end());
  return values[rank];
}

void fill(const Tally& tally, OpsGroup& group) {
  group.rows = tally.rows;
  group.refused = tally.refused;
  group.predicted = static_cast<std::int64_t>(tally.samples.size());
  if (tally.samples.empty()) {
    return;
  }
  std::vector<double> errors;
  std::vector<double> logs;
  errors.reserve(tally.samples.size());
  logs.reserve(tally.samples.size());
  double covered = 0;
  double sum = 0;
  for (const Sample& sample : tally.samples) {
    errors.push_back(ape(sample));
    logs.push_back(sample.log_ratio);
    sum += errors.back();
    covered += sample.is_covered ? 1 : 0;
  }
  const auto count = static_cast<double>(errors.size());
  group.mean_ape = sum / count;
  group.median_ape = quantile(errors, 0.5);
  group.p90_ape = quantile(errors, 0.9);
  group.bias = 100 * std::expm1(quantile(logs, 0.5));
  group.coverage90 = 100 * covered / count;
}

using Key = std::array<std::string, 4>;

class Validation {
 public:
  explicit Validation(const OpsQuestion& question) : question_(question) {}

  void run_file(OpPredictor& predictor, const std::string& chip, const std::string& op) {
    const std::string path = question_.folder + "/" + chip + "/" + op + ".csv";
    std::string_view last_dtype;
    std::string_view last_source;
    Tally* tally = nullptr;
    std::map<std::pair<std::string, std::string>, Tally> tallies;
    read_measured_ops(path, [&](const MeasuredOp& row) {
      if (row[OpField::latency_us] < question_.min_us || row[OpField::latency_us] <= 0) {
        return;
      }
      const std::string_view backend = row.backend();
      if ((!question_.dtype.empty() && row.dtype != question_.dtype) ||
          (!question_.backend.empty() && backend != question_.backend)) {
        return;
      }
      if (tally == nullptr || row.dtype != last_dtype || row.source != last_source) {
        tally = &tallies[{std::string(row.dtype), std::string(backend)}];
        last_dtype = row.dtype;
        last_source = row.source;
      }
      take(predictor, chip, op, row, *tally);
    });
    for (auto& [key, one] : tallies) {
      groups_[{chip, op, key.first, key.second}] = std::move(one);
    }
  }

  OpsValidation result() {
    OpsValidation out;
    std::map<std::string, Tally> by_op;
    std::map<std::pair<std::string, std::string>, Tally> by_chip_op;
    for (const auto& [key, tally] : groups_) {
      OpsGroup group{key[0], key[1], key[2], key[3]};
      fill(tally, group);
      out.groups.push_back(group);
      for (Tally* sum : {&by_op[key[1]], &by_chip_op[{key[0], key[1]}]}) {
        sum->rows += tally.rows;
        sum->refused += tally.refused;
        sum->samples.insert(sum->samples.end(), tally.samples.begin(), tally.samples.end());
      }
    }
    for (const auto& [op, tally] : by_op) {
      OpsGroup group{"", op, "", ""};
      fill(tally, group);
      out.by_op.push_back(group);
    }
    for (const auto& [key, tally] : by_chip_op) {
      OpsGroup group{key.first, key.second, "", ""};
      fill(tally, group);
      out.by_chip_op.push_back(group);
    }
    out.refusals = std::move(refusals_);
    out.worst = std::move(worst_);
    std::sort(out.worst.begin(), out.worst.end(), is_worse);
    out.rows = std::move(rows_);
    out.widths = intervals_.widths();
    return out;
  }

 private:
  static bool is_worse(const OpsRow& a, const OpsRow& b) {
    return std::abs(std::log(a.predicted_us / a.measured_us)) >
           std::abs(std::log(b.predicted_us / b.measured_us));
  }

  void take(OpPredictor& predictor, const std::string& chip, const std::string& op,
            const MeasuredOp& row, Tally& tally) {
    ++tally.rows;
    const auto prediction = predictor.predict(op, row);
    if (!prediction) {
      ++tally.refused;
      ++refusals_[op + ": " + prediction.error().reason];
      return;
    }
    const double measured = row[OpField::latency_us] * 1e-6;
    const double log_ratio = std::log(prediction->seconds / measured);
    if (question_.derive_widths) {
      intervals_.take(prediction->uncertainty, op, log_ratio);
    }
    tally.samples.push_back({static_cast<float>(log_ratio),
                             measured >= prediction->low && measured <= prediction->high});
    if (question_.worst <= 0 && !question_.keep_rows) {
      return;
    }
    OpsRow kept{chip, op, std::string(row.line), measured * 1e6, prediction->seconds * 1e6};
    if (question_.keep_rows) {
      rows_.push_back(kept);
    }
    keep_worst(std::move(kept));
  }

  void keep_worst(OpsRow row) {
    const auto room = static_cast<std::size_t>(std::max<std::int64_t>(question_.worst, 0));
    if (worst_.size() < room) {
      worst_.push_back(std::move(row));
      std::push_heap(worst_.begin(), worst_.end(), is_worse);
    } else if (room > 0 && is_worse(row, worst_.front())) {
      std::pop_heap(worst_.begin(), worst_.end(), is_worse);
      worst_.back() = std::move(row);
      std::push_heap(worst_.begin(), worst_.end(), is_worse);
    }
  }

  const OpsQuestion& question_;
  std::map<Key, Tally> groups_;
  std::map<std::string, std::int64_t> refusals_;
  std::vector<OpsRow> worst_;
  std::vector<OpsRow> rows_;
  IntervalFit intervals_;
};

}  // namespace

OpsValidation validate_ops(const OpsQuestion& question) {
  std::vector<std::string> chips = question.chips;
  const std::vector<std::string> known = measured_chips(question.folder);
  if (known.empty()) {
    fail(fmt::format("{} holds no folders named after chips", question.folder));
  }
  if (chips.empty()) {
    chips = known;
  }
  Validation validation(question);
  for (const std::string& name : chips) {
    const Chip chip = load_chip(name);
    const std::string folder =
        std::find(known.begin(), known.end(), name) != known.end() ? name : chip.id;
    OpPredictor predictor(chip, question.mapper, question.constants);
    for (const std::string& op : measured_operators(question.folder, folder)) {
      if ((question.op.empty() || question.op == op) && op != "power") {
        validation.run_file(predictor, folder, op);
      }
    }
  }
  return validation.result();
}

}  // namespace moru
