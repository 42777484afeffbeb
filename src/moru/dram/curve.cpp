#include "moru/dram/curve.h"

#include "moru/base/file.h"
#include "moru/base/json_writer.h"
#include "moru/base/node.h"
#include "moru/base/text.h"

#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>

namespace moru {
namespace {

constexpr int kFormat = 1;  // of the files; another engine behaviour needs another number

DramPattern pattern_of(CurvePattern pattern) {
  switch (pattern) {
    case CurvePattern::stream:
      return DramPattern::stream;
    case CurvePattern::mixed:
      return DramPattern::mixed;
    case CurvePattern::paged:
      return DramPattern::paged;
    case CurvePattern::random:
      return DramPattern::random;
  }
  return DramPattern::stream;
}

std::string key_of(const CurveQuestion& q, const DramSpec& spec) {
  const ControllerOptions options = sustained_options(spec);
  return fmt::format("{}-{}-s{}-{}-b{}-i{}-l{}-q{}-p{}-r{}", kFormat, spec.hash, q.stacks,
                     enum_name(q.pattern), q.block_bytes, q.interleave,
                     static_cast<int>(q.load * 1000 + 0.5), options.read_queue,
                     enum_name(options.row_policy), enum_name(options.refresh));
}

std::optional<CurvePoint> read_point(const std::string& path) {
  try {
    if (!file_exists(path)) {
      return std::nullopt;
    }
    const Document document = read_document(path);
    const auto number = [&](std::string_view key) {
      const Node* node = document.root.find(key);
      const std::optional<double> value = node == nullptr ? std::nullopt : parse_double(node->text);
      return value.value_or(-1);
    };
    CurvePoint point{number("share_of_peak"), number("mean_latency"), number("p99_latency"),
                     number("joules_per_byte"), number("is_extrapolated") > 0};
    const bool is_sound = point.share_of_peak > 0 && point.share_of_peak <= 1 &&
                          point.mean_latency > 0 && point.p99_latency > 0 &&
                          point.joules_per_byte > 0;
    return is_sound ? std::optional(point) : std::nullopt;
  } catch (const Error&) {
    return std::nullopt;  // a damaged file is simulated anew and replaced
  }
}

void write_point(const std::string& path, const CurvePoint& point) {
  try {
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    JsonWriter json;
    json.begin_object()
        .field("share_of_peak", point.share_of_peak)
        .field("mean_latency", point.mean_latency)
        .field("p99_latency", point.p99_latency)
        .field("joules_per_byte", point.joules_per_byte)
        .field("is_extrapolated", point.is_extrapolated ? 1 : 0)
        .end_object();
    write_file(path, json.take());
  } catch (const std::exception&) {
    // A read-only home only costs time.
  }
}

struct MemoryCache {
  std::mutex lock;
  std::map<std::string, CurvePoint> known;
};
MemoryCache& memory_cache() {
  static MemoryCache cache;
  return cache;
}

}  // namespace

void forget_dram_curves() {
  auto& [lock, known] = memory_cache();
  const std::lock_guard<std::mutex> guard(lock);
  known.clear();
}

std::string curve_cache_folder() {
  if (const char* cache = std::getenv("XDG_CACHE_HOME"); cache != nullptr && cache[0] == '/') {
    return std::string(cache) + "/moru/dram";
  }
  if (const char* home = std::getenv("HOME"); home != nullptr && home[0] == '/') {
    return std::string(home) + "/.cache/moru/dram";
  }
  return "";
}

CurvePoint simulate_curve(const CurveQuestion& q) {
  DramQuestion question;
  question.part = q.part;
  question.data_rate = q.data_rate;
  question.pattern = pattern_of(q.pattern);
  question.load = q.load;
  question.interleave = q.interleave;
  question.stacks = q.stacks;
  question.page_bytes = q.block_bytes;
  question.seconds = 40e-6;
  question.threads = 1;
  question.explain = false;
  // Channels are alike but for their seeds.
  question.sample_channels = 2;
  const DramAnswer answer = simulate_dram(question);
  CurvePoint point;
  point.share_of_peak = answer.share_of_peak();
  const double reads = static_cast<double>(std::max<std::uint64_t>(answer.counters.reads, 1));
  point.mean_latency =
      answer.seconds(static_cast<double>(answer.counters.read_latency_sum) / reads);
  point.p99_latency =
      answer.seconds(static_cast<double>(answer.counters.read_latency.percentile(0.99)));
  const double bytes = answer.bytes_per_second * answer.seconds(static_cast<double>(answer.ticks));
  point.joules_per_byte = answer.energy.mid.total() / std::max(bytes, 1.0);
  point.is_extrapolated = !answer.spec.extrapolated().empty();
  return point;
}

CurvePoint dram_curve(const CurveQuestion& question) {
  auto& [lock, known] = memory_cache();
  const DramSpec spec = load_dram_spec(question.part, {SpecMode::strict, question.data_rate});
  const std::string key = key_of(question, spec);
  {
    const std::lock_guard<std::mutex> guard(lock);
    if (const auto found = known.find(key); found != known.end()) {
      return found->second;
    }
  }
  const std::string folder = curve_cache_folder();
  const std::string path = folder + "/" + key + ".json";
  std::optional<CurvePoint> point = folder.empty() ? std::nullopt : read_point(path);
  if (!point) {
    point = simulate_curve(question);
    if (!folder.empty()) {
      write_point(path, *point);
    }
  }
  const std::lock_guard<std::mutex> guard(lock);
  known[key] = *point;
  return *point;
}

}  // namespace moru
