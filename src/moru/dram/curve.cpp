#include "moru/dram/curve.h"

#include "moru/base/fields_parse.h"
#include "moru/base/file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>

namespace moru {
namespace {

constexpr int kFormat = 3;  // another behaviour of the engine needs another number

struct CurveFile {
  static constexpr std::string_view kTypeName = "file of DRAM curves";
  std::string part;
  std::vector<DramCurve> curves;

  template <class V>
  static void fields(V& v, auto& x) {
    v.required("part", x.part, "id of the part");
    v.required("curves", x.curves, "one for each pin rate");
  }
};

// The part at the rate whose curve is asked for.
DramSpec spec_of(const std::string& part, double data_rate) {
  DramSpec spec = load_dram_spec(part);
  const double rate = curve_rate(spec, data_rate);
  return rate == spec.data_rate ? spec : load_dram_spec(part, {SpecMode::strict, rate});
}

std::string key_of(const DramSpec& spec) {
  const ControllerOptions options = sustained_options(spec);
  return fmt::format("{}-{}-q{}-{}-{}", kFormat, spec.hash, options.read_queue,
                     enum_name(options.row_policy), enum_name(options.refresh));
}

bool is_sound(const CurvePoint& point) {
  return point.share > 0 && point.share <= 1 && point.mean_ns > 0 && point.p99_ns > 0 &&
         point.pj_per_byte > 0;
}
bool is_sound(const DramCurve& curve) {
  const auto all_sound = [](const std::vector<CurvePoint>& points) {
    return std::all_of(points.begin(), points.end(), [](const auto& p) { return is_sound(p); });
  };
  return is_sound(curve.stream) && is_sound(curve.mixed) && all_sound(curve.runs) &&
         all_sound(curve.loaded) && curve.runs.size() == kCurveRuns.size() &&
         curve.loaded.size() == kCurveLoads.size();
}

// The curve with that key, if the file has it and is whole.
std::optional<DramCurve> read_curve(const std::string& path, const std::string& key) {
  try {
    if (!file_exists(path)) {
      return std::nullopt;
    }
    for (DramCurve& curve : parse_document<CurveFile>(read_document(path)).curves) {
      if (curve.key == key && is_sound(curve)) {
        return std::move(curve);
      }
    }
  } catch (const Error&) {  // a damaged file is measured anew and replaced
  }
  return std::nullopt;
}

std::optional<DramCurve> read_shipped(const std::string& part, const std::string& key) {
  for (const std::string& root : data_roots()) {
    if (auto curve = read_curve(root + "/dram/curve/" + part + ".yaml", key)) {
      return curve;
    }
  }
  return std::nullopt;
}

void write_cached(const std::string& path, const std::string& part, const DramCurve& curve) {
  try {
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    write_file(path, curve_file(part, {curve}));
  } catch (const std::exception&) {  // a read-only home only costs time
  }
}

struct MemoryCache {
  std::mutex lock;
  std::map<std::string, DramCurve> known;
};
MemoryCache& memory_cache() {
  static MemoryCache cache;
  return cache;
}

double four_digits(double value) {
  return parse_double(fmt::format("{:.4g}", value)).value_or(value);
}

CurvePoint measure_point(DramQuestion question, const DramSpec& spec) {
  question.threads = 1;
  question.explain = false;
  question.sample_channels = 1;  // channels are alike but for their seeds
  // Whole rounds of refresh, so that none counts by halves.
  question.seconds = 10 * static_cast<double>(spec.ticks("nREFI")) * spec.tick_seconds;
  const DramAnswer answer = simulate_dram(question, spec);
  const double reads = static_cast<double>(std::max<std::uint64_t>(answer.counters.reads, 1));
  const double bytes = answer.bytes_per_second * answer.seconds(static_cast<double>(answer.ticks));
  const auto ns = [&](double ticks) { return four_digits(answer.seconds(ticks) * 1e9); };
  CurvePoint point;
  point.share = four_digits(std::min(answer.share_of_peak(), 1.0));
  point.mean_ns = ns(static_cast<double>(answer.counters.read_latency_sum) / reads);
  point.p99_ns = ns(static_cast<double>(answer.counters.read_latency.percentile(0.99)));
  point.pj_per_byte = four_digits(answer.energy.mid.total() / std::max(bytes, 1.0) * 1e12);
  return point;
}

DramCurve measure(const DramSpec& spec) {
  DramCurve curve;
  curve.key = key_of(spec);
  curve.data_rate = spec.data_rate;
  DramQuestion question;
  curve.stream = measure_point(question, spec);
  for (const int load : kCurveLoads) {
    question.load = load / 100.0;
    curve.loaded.push_back(measure_point(question, spec));
  }
  question.load = 1;
  question.pattern = DramPattern::drained;
  curve.mixed = measure_point(question, spec);
  question.pattern = DramPattern::paged;
  question.separate_queues = true;
  for (const int run : kCurveRuns) {
    question.page_bytes = question.interleave = std::int64_t{run} * spec.geometry.access_bytes();
    curve.runs.push_back(measure_point(question, spec));
  }
  return curve;
}

std::string point_text(const CurvePoint& p) {
  return fmt::format("{{share: {:.4g}, mean_ns: {:.4g}, p99_ns: {:.4g}, pj_per_byte: {:.4g}}}",
                     p.share, p.mean_ns, p.p99_ns, p.pj_per_byte);
}

std::string points_text(const std::vector<CurvePoint>& points) {
  std::string text;
  for (const CurvePoint& point : points) {
    text += fmt::format("      - {}\n", point_text(point));
  }
  return text;
}

}  // namespace

double DramCurve::share_of_run(double accesses) const {
  const auto last = static_cast<double>(kCurveRuns.back());
  // Runs of more than a row's length are streams in all but name.
  constexpr double kStream = 4096;
  std::size_t i = 0;
  while (i + 1 < kCurveRuns.size() && kCurveRuns[i + 1] < accesses) {
    ++i;
  }
  const bool is_beyond = accesses > last;
  const double from = is_beyond ? last : kCurveRuns[i];
  const double to = is_beyond ? kStream : kCurveRuns[std::min(i + 1, kCurveRuns.size() - 1)];
  const double low = is_beyond ? runs.back().share : runs[i].share;
  const double high = is_beyond ? stream.share : runs[std::min(i + 1, runs.size() - 1)].share;
  const double at =
      to > from
          ? std::clamp(std::log(std::max(accesses, 1.0) / from) / std::log(to / from), 0.0, 1.0)
          : 0.0;
  return std::min(low + (high - low) * at, stream.share);
}

double curve_rate(const DramSpec& part, double data_rate) {
  if (data_rate <= 0) {
    return part.data_rate;
  }
  constexpr double kSteps = 64;
  const double steps =
      std::clamp(std::round(data_rate / part.data_rate * kSteps), kSteps / 2, kSteps * 2);
  return part.data_rate * steps / kSteps;
}

std::string curve_file(const std::string& part, const std::vector<DramCurve>& curves) {
  std::string text = fmt::format(
      "# Made by `moru dram --curves`: what the engine sustains (src/moru/dram/curve.h).\n"
      "part: {}\ncurves:\n",
      part);
  for (const DramCurve& curve : curves) {
    text +=
        fmt::format("  - key: {}\n    data_rate: {:.9g}\n    stream: {}\n    mixed: {}\n",
                    curve.key, curve.data_rate, point_text(curve.stream), point_text(curve.mixed));
    text += "    runs:\n" + points_text(curve.runs) + "    loaded:\n" + points_text(curve.loaded);
  }
  return text;
}

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

DramCurve measure_curve(const std::string& part, double data_rate) {
  return measure(spec_of(part, data_rate));
}

DramCurve dram_curve(const std::string& part, double data_rate) {
  const DramSpec spec = spec_of(part, data_rate);
  const std::string key = key_of(spec);
  auto& [lock, known] = memory_cache();
  {
    const std::lock_guard<std::mutex> guard(lock);
    if (const auto found = known.find(key); found != known.end()) {
      return found->second;
    }
  }
  std::optional<DramCurve> curve = read_shipped(spec.id, key);
  const std::string folder = curve_cache_folder();
  const std::string path = fmt::format("{}/{}.yaml", folder, key);
  if (!curve && !folder.empty()) {
    curve = read_curve(path, key);
  }
  if (!curve) {
    curve = measure(spec);
    if (!folder.empty()) {
      write_cached(path, spec.id, *curve);
    }
  }
  const std::lock_guard<std::mutex> guard(lock);
  known[key] = *curve;
  return *curve;
}

}  // namespace moru
