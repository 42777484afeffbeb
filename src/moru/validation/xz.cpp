#include "moru/base/error.h"
#include "moru/base/file.h"
#include "moru/validation/dram.h"

#include <lzma.h>

namespace moru {

std::string read_xz(const std::string& path) {
  const std::string packed = read_file(path);
  constexpr std::uint64_t kMemory = std::uint64_t{256} << 20;
  constexpr std::size_t kLargest = std::size_t{2} << 30;
  lzma_stream stream = LZMA_STREAM_INIT;
  if (lzma_stream_decoder(&stream, kMemory, LZMA_CONCATENATED) != LZMA_OK) {
    fail("cannot start the xz decoder", {path, 0, 0});
  }
  stream.next_in = reinterpret_cast<const std::uint8_t*>(packed.data());
  stream.avail_in = packed.size();
  std::string content;
  std::string piece(std::size_t{1} << 20, '\0');
  lzma_ret result = LZMA_OK;
  while (result == LZMA_OK && content.size() < kLargest) {
    stream.next_out = reinterpret_cast<std::uint8_t*>(piece.data());
    stream.avail_out = piece.size();
    result = lzma_code(&stream, LZMA_FINISH);
    content.append(piece, 0, piece.size() - stream.avail_out);
  }
  lzma_end(&stream);
  if (result != LZMA_STREAM_END) {
    fail("not a complete .xz file", {path, 0, 0});
  }
  return content;
}

}  // namespace moru
