// Sustained bandwidth and loaded latency of a DRAM part by access pattern, from the engine.
//
// A chip model asks with what its operators do: a stream of weights, activations read and written,
// pages of a KV cache. The answers of one part at one pin rate are a curve. Curves of the chips in
// the catalogue are shipped (data/dram/curve, made by `moru dram --curves`); others are measured
// when first asked for (tens of milliseconds) and kept under $XDG_CACHE_HOME/moru/dram (or
// ~/.cache/moru/dram), one small file each. Both are found by a hash of the part's evaluated table
// and the controller, so a changed table is measured anew; files appear whole or not at all, and a
// cache that cannot be read or written is no error.
#pragma once

#include "moru/dram/memory.h"

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace moru {

// One load on the memory. Numbers have four digits, so that files hold them exactly.
struct CurvePoint {
  static constexpr std::string_view kTypeName = "point of a DRAM curve";
  double share = 0;        // of the peak bandwidth
  double mean_ns = 0;      // latency from acceptance to the last data
  double p99_ns = 0;       // its 99th percentile
  double pj_per_byte = 0;  // energy, the middle figure

  template <class V>
  static void fields(V& v, auto& x) {
    v.required("share", x.share, "of the peak bandwidth");
    v.required("mean_ns", x.mean_ns, "read latency from acceptance to the last data");
    v.required("p99_ns", x.p99_ns, "its 99th percentile");
    v.required("pj_per_byte", x.pj_per_byte, "energy, the middle figure");
  }
  friend bool operator==(const CurvePoint&, const CurvePoint&) = default;
};

// Accesses in a row that one pseudo-channel gets of a piece: the points of DramCurve::runs.
inline constexpr std::array<int, 8> kCurveRuns = {1, 2, 4, 8, 16, 32, 128, 512};
// Load in per cent of the peak: the points of DramCurve::loaded.
inline constexpr std::array<int, 3> kCurveLoads = {10, 25, 50};

struct DramCurve {
  static constexpr std::string_view kTypeName = "DRAM curve";
  std::string key;               // of the table and controller it was measured with
  double data_rate = 0;          // million transfers a second and pin
  CurvePoint stream;             // consecutive reads
  CurvePoint mixed;              // consecutive reads and half as many writes that a cache collected
  std::vector<CurvePoint> runs;  // reads of kCurveRuns[i] accesses from random places
  std::vector<CurvePoint> loaded;  // the stream at kCurveLoads[i] of the peak

  template <class V>
  static void fields(V& v, auto& x) {
    v.required("key", x.key, "hash of the table and controller it was measured with");
    v.required("data_rate", x.data_rate, "million transfers a second and pin");
    v.required("stream", x.stream, "consecutive reads");
    v.required("mixed", x.mixed, "consecutive reads and half as many writes");
    v.required("runs", x.runs, "reads of 1, 2, 4, 8, 16, 32, 128, 512 accesses anywhere");
    v.required("loaded", x.loaded, "the stream at 10, 25, 50% of the peak");
  }
  // Of the peak, for pieces that put `accesses` in a row into a pseudo-channel.
  double share_of_run(double accesses) const;
  friend bool operator==(const DramCurve&, const DramCurve&) = default;
};

// The rate whose curve stands for `data_rate`: the nearest 64th of the part's own rate, from a half
// to twice of it, so that neighbouring designs share a curve.
double curve_rate(const DramSpec& part, double data_rate);

// Of the part at curve_rate(): from memory, the shipped files, the cache folder or the engine.
// Thread-safe. Throws Error on an unknown part.
DramCurve dram_curve(const std::string& part, double data_rate);

// As dram_curve, always from the engine.
DramCurve measure_curve(const std::string& part, double data_rate);

// A file of curves as it is shipped or cached.
std::string curve_file(const std::string& part, const std::vector<DramCurve>& curves);

// Empties the cache in memory, not the files.
void forget_dram_curves();

// Where the files stand; empty if there is no home to keep them in.
std::string curve_cache_folder();

}  // namespace moru
