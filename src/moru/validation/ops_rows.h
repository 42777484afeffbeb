// Measured operators: the CSV files of a folder <chip>/<op>.csv, streamed.
#pragma once

#include <array>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace moru {

enum class OpField {
  m,
  n,
  k,
  batch,
  seq_q,
  seq_kv,
  seq,
  heads,
  heads_q,
  heads_kv,
  head_dim,
  v_head_dim,
  window,
  prefill_chunk,
  prefill_kv_prev,
  decode_batch,
  decode_kv,
  tp,
  tokens,
  hidden,
  inter,
  topk,
  experts,
  gated,
  ep,
  ranks,
  bytes,
  nodes,
  sms,
  width,
  latency_us
};
inline constexpr std::size_t kOpFields = 31;

// One row. The texts point into the file's buffer.
struct MeasuredOp {
  std::string_view dtype = "bf16";
  std::string_view kv_dtype;
  std::string_view gemm_dtype;
  std::string_view name;  // column op
  std::string_view phase;
  std::string_view detail;
  std::string_view topology;
  std::string_view distribution;
  std::string_view source;
  std::string_view line;  // the whole row
  std::array<double, kOpFields> number = {};

  double operator[](OpField field) const { return number[static_cast<std::size_t>(field)]; }
  // "vllm" of "aic:vllm:0.24.0:kernel", else the source's first part.
  std::string_view backend() const;
};

// Calls `take` for every row of the file. Unknown columns are ignored; a number that cannot be read
// throws Error with file and line.
void read_measured_ops(const std::string& path, const std::function<void(const MeasuredOp&)>& take);

// The operator files (without .csv) of a chip's folder, sorted; the chips of a data folder, sorted.
std::vector<std::string> measured_chips(const std::string& folder);
std::vector<std::string> measured_operators(const std::string& folder, const std::string& chip);

}  // namespace moru
