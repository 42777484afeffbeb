// The physical constants of the cost model: each with a meaning, a unit, a range and a source.
// `moru show constants` lists them. None belongs to a single chip.
#pragma once

#include <span>
#include <string_view>

namespace moru {

struct Constant {
  std::string_view name;
  double value;
  double low;
  double high;
  std::string_view unit;
  std::string_view meaning;
  std::string_view source;
};

// Of the roofline mapper.
extern const Constant kMatrixEfficiency;
extern const Constant kVectorEfficiency;
extern const Constant kMemoryEfficiency;
extern const Constant kMemoryReach;
extern const Constant kCacheEfficiency;
extern const Constant kLinkEfficiency;
extern const Constant kGraphLaunch;
extern const Constant kEagerLaunch;
extern const Constant kCompiledLaunch;
extern const Constant kLinkLatency;
extern const Constant kVectorToMatrixRate;

// Of the systolic model.
extern const Constant kTransferStart;
extern const Constant kDescriptor;
extern const Constant kVectorSoftmax;

std::span<const Constant* const> all_constants();

}  // namespace moru
