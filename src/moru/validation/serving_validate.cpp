#include "moru/base/error.h"
#include "moru/base/file.h"
#include "moru/validation/serving_readers.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

namespace moru {
namespace {
namespace fs = std::filesystem;

// Folders of runs, and CSV files that are not part of a run, in order of path.
void collect(const fs::path& path, std::vector<std::string>& runs,
             std::vector<std::string>& files) {
  std::error_code problem;
  if (fs::is_regular_file(path, problem)) {
    files.push_back(path.string());
    return;
  }
  if (!fs::is_directory(path, problem)) {
    fail("no such file or folder", {path.string(), 0, 0});
  }
  if (is_run_folder(path.string())) {
    runs.push_back(path.string());
    return;
  }
  std::vector<fs::path> inside;
  for (const fs::directory_entry& entry : fs::directory_iterator(path, problem)) {
    if (entry.is_directory() || entry.path().extension() == ".csv") {
      inside.push_back(entry.path());
    }
  }
  std::sort(inside.begin(), inside.end());
  for (const fs::path& one : inside) {
    collect(one, runs, files);
  }
}

template <class T>
void append(std::vector<T>& all, T one) {
  if (all.empty()) {
    all.push_back(std::move(one));
    return;
  }
  all.front().name += ", " + one.name;
  all.front().rows.insert(all.front().rows.end(), one.rows.begin(), one.rows.end());
}

void append(std::vector<PowerComparison>& all, PowerComparison one) {
  if (all.empty()) {
    all.push_back(std::move(one));
    return;
  }
  PowerComparison& first = all.front();
  first.name += ", " + one.name;
  first.rows += one.rows;
  first.predicted += one.predicted;
  for (const auto& [reason, count] : one.refused) {
    first.refused[reason] += count;
  }
  first.prompt_time.merge(one.prompt_time);
  first.token_time.merge(one.token_time);
  first.average_power.merge(one.average_power);
}

// Tables of one kind are summed up together.
void read_table(const std::string& file, const ServingQuestion& question,
                ServingValidation& validation) {
  const TextTable table(file, read_file(file));
  if (is_aggregate(table)) {
    append(validation.aggregates, compare_aggregate(table, question));
  } else if (is_power(table)) {
    append(validation.powers, compare_power(table, question));
  } else if (is_published(table)) {
    append(validation.published, compare_published(table, question));
  } else {
    fail(
        "the columns are of no kind that is known: a table of means (isl, osl, system, "
        "measured_ttft_ms, measured_tpot_ms), of batches (model, hardware, prompt_size, "
        "batch_size, token_size, prompt_time, token_time) or of published figures (chip, chips, "
        "model, metric, value, unit)",
        {file, 1, 0});
  }
}

}  // namespace

std::string reason_of(const std::exception& error) {
  const std::string_view text = error.what();
  constexpr std::string_view kWord = "error: ";
  return std::string(text.starts_with(kWord) ? text.substr(kWord.size()) : text);
}

ServingValidation validate_serving(const ServingQuestion& question) {
  std::vector<std::string> runs;
  std::vector<std::string> files;
  collect(question.path, runs, files);
  ServingValidation validation;
  for (const std::string& folder : runs) {
    validation.runs.push_back(compare_run(folder, question));
  }
  for (const std::string& file : files) {
    try {
      read_table(file, question, validation);
    } catch (const Error& error) {
      if (runs.size() + files.size() == 1) {
        throw;
      }
      note(fmt::format("left out: {}", reason_of(error)));
    }
  }
  if (validation.runs.empty() && validation.aggregates.empty() && validation.powers.empty() &&
      validation.published.empty()) {
    fail(
        "nothing measured here: expected runs (folders with results.csv and engine_config.json) "
        "or tables",
        {question.path, 0, 0});
  }
  return validation;
}

}  // namespace moru
