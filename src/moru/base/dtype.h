// Number formats, as memory stores them and matrix units multiply them.
#pragma once

#include "moru/base/fields.h"

#include <array>

namespace moru {

enum class DType { fp64, fp32, tf32, bf16, fp16, fp8, int8, fp6, mxfp4, nvfp4, int4 };

template <>
struct EnumNames<DType> {
  static constexpr std::array<std::pair<std::string_view, DType>, 11> values = {{
      {"fp64", DType::fp64},
      {"fp32", DType::fp32},
      {"tf32", DType::tf32},
      {"bf16", DType::bf16},
      {"fp16", DType::fp16},
      {"fp8", DType::fp8},
      {"int8", DType::int8},
      {"fp6", DType::fp6},
      {"mxfp4", DType::mxfp4},
      {"nvfp4", DType::nvfp4},
      {"int4", DType::int4},
  }};
};

// Bytes that one element takes in memory, block scales included: mxfp4 has an 8-bit scale per 32
// elements (OCP Microscaling Formats v1.0, section 5), nvfp4 an fp8 scale per 16 (NVIDIA), int4 an
// fp16 scale and a 4-bit zero point per group of 128 (the AWQ and GPTQ default).
constexpr double bytes_per_element(DType dtype) {
  switch (dtype) {
    case DType::fp64:
      return 8;
    case DType::fp32:
    case DType::tf32:
      return 4;
    case DType::bf16:
    case DType::fp16:
      return 2;
    case DType::fp8:
    case DType::int8:
      return 1;
    case DType::fp6:
      return 0.75;
    case DType::mxfp4:
      return 0.5 + 1.0 / 32;
    case DType::nvfp4:
      return 0.5 + 1.0 / 16;
    case DType::int4:
      return 0.5 + 2.5 / 128;
  }
  return 2;
}

}  // namespace moru
