// A Report as people and programs read it.
#pragma once

#include "moru/scenario/evaluate.h"

#include <span>
#include <string>

namespace moru {

// The table of `vllm bench serve`, and what it does not know beneath.
std::string serving_text(const Report& report);

// Its JSON: the keys of `vllm bench serve --save-result` at the top, ours under "moru"
// (schema moru/simulate/1).
std::string serving_json(const Report& report);

// The same service on several chips, side by side.
std::string comparison_text(std::span<const Report> reports);
// {"schema": "moru/compare/1", "reports": [...]}.
std::string comparison_json(std::span<const Report> reports);

// One CSV row per finished request.
std::string request_csv_header();
void append_request_csv(const RequestState& request, std::string& out);

// Derived figures that both texts and JSON show.
struct ReportFigures {
  double duration = 0;            // seconds from the first arrival to the last token
  double busy_share = 0;          // of the duration, per replica
  double matrix_utilisation = 0;  // of the dense peak in the model's compute dtype, while busy
  double memory_utilisation = 0;  // of the datasheet memory bandwidth, while busy
  double link_utilisation = 0;
  double mean_kv_usage = 0;  // share of KV blocks in use while busy
  double peak_kv_usage = 0;
  double mean_running = 0;  // requests per step
  double host_share = 0;    // of the busy time spent outside operators
};
ReportFigures figures_of(const Report& report);

}  // namespace moru
