#include "moru/dram/address_map.h"

#include "moru/base/error.h"
#include "moru/dram/pattern.h"

#include <fmt/format.h>

namespace moru {
namespace {

// Row-major: burst fastest, then bank, group, stack id, pseudo-channel, row.
DramRequest row_major_access(const DramGeometry& g, std::uint64_t x) {
  DramRequest request;
  const auto bursts = static_cast<std::uint64_t>(g.bursts());
  const auto banks = static_cast<std::uint64_t>(g.flat_banks());
  request.burst = static_cast<std::uint16_t>(x % bursts);
  request.bank = static_cast<std::uint8_t>(x / bursts % banks);
  request.row = static_cast<std::uint32_t>(x / bursts / banks % static_cast<std::uint64_t>(g.rows));
  return request;
}

}  // namespace

AddressMap::AddressMap(const DramSpec& spec, int channels, std::int64_t interleave,
                       AddressScheme scheme)
    : geometry_(spec.geometry),
      channels_(static_cast<std::uint64_t>(channels)),
      accesses_per_turn_(static_cast<std::uint64_t>(interleave / spec.geometry.access_bytes())),
      scheme_(scheme) {
  if (channels < 1 || interleave < spec.geometry.access_bytes() ||
      interleave % spec.geometry.access_bytes() != 0) {
    fail(fmt::format("the channel interleave must be a multiple of the access size, {} bytes",
                     spec.geometry.access_bytes()));
  }
}

MappedAddress AddressMap::map(std::uint64_t address) const {
  const std::uint64_t access = address / static_cast<std::uint64_t>(geometry_.access_bytes());
  const std::uint64_t turn = access / accesses_per_turn_;
  const std::uint64_t in_channel =
      turn / channels_ * accesses_per_turn_ + access % accesses_per_turn_;
  MappedAddress mapped;
  mapped.channel = static_cast<int>(turn % channels_);
  mapped.request = scheme_ == AddressScheme::row_major ? row_major_access(geometry_, in_channel)
                                                       : sequential_access(geometry_, in_channel);
  if (scheme_ == AddressScheme::xor_banks) {
    const int banks = geometry_.banks;
    // Only a power of two of banks can be permuted by XOR.
    if ((banks & (banks - 1)) == 0) {
      const int bank = mapped.request.bank % banks;
      const int turned =
          bank ^ static_cast<int>(mapped.request.row & static_cast<std::uint32_t>(banks - 1));
      mapped.request.bank = static_cast<std::uint8_t>(mapped.request.bank - bank + turned);
    }
  }
  return mapped;
}

}  // namespace moru
