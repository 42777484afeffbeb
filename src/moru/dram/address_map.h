// From a linear byte address of a whole memory to a channel and a place in it.
#pragma once

#include "moru/dram/channel.h"

#include <cstdint>

namespace moru {

enum class AddressScheme : std::uint8_t {
  interleaved,  // consecutive accesses change pseudo-channel and bank group first, then the burst
  row_major,    // consecutive accesses fill a row of one bank first
  xor_banks,    // interleaved, the bank XORed with the row's low bits, so that strides spread
};
template <>
struct EnumNames<AddressScheme> {
  static constexpr std::array<std::pair<std::string_view, AddressScheme>, 3> values = {
      {{"interleaved", AddressScheme::interleaved},
       {"row_major", AddressScheme::row_major},
       {"xor", AddressScheme::xor_banks}}};
};

struct MappedAddress {
  int channel = 0;
  DramRequest request;
};

class AddressMap {
 public:
  // `channels`: of all stacks together. `interleave`: consecutive bytes in one channel, a multiple
  // of the access size. Throws Error.
  AddressMap(const DramSpec& spec, int channels, std::int64_t interleave, AddressScheme scheme);

  MappedAddress map(std::uint64_t address) const;

 private:
  DramGeometry geometry_;
  std::uint64_t channels_;
  std::uint64_t accesses_per_turn_;
  AddressScheme scheme_;
};

}  // namespace moru
