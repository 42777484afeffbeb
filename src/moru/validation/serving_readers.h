// One function per kind of file; validate_serving() chooses.
#pragma once

#include "moru/validation/serving.h"
#include "moru/validation/text_table.h"

#include <exception>
#include <string>

namespace moru {

// The message of an error without the word that a compiler puts first.
std::string reason_of(const std::exception& error);

// A folder with results.csv and engine_config.json.
bool is_run_folder(const std::string& folder);
RunComparison compare_run(const std::string& folder, const ServingQuestion& question);

bool is_aggregate(const TextTable& table);
AggregateComparison compare_aggregate(const TextTable& table, const ServingQuestion& question);

bool is_power(const TextTable& table);
PowerComparison compare_power(const TextTable& table, const ServingQuestion& question);

bool is_published(const TextTable& table);
PublishedComparison compare_published(const TextTable& table, const ServingQuestion& question);

}  // namespace moru
