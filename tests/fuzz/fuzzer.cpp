// libFuzzer's entry point of one target, named by MORU_FUZZ_TARGET.
#include "targets.h"

#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  moru::fuzz::run(MORU_FUZZ_TARGET, {reinterpret_cast<const char*>(data), size});
  return 0;
}
