// Reading and writing whole files, with errors a person can act on and nothing lost half-way.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace moru {

// The whole file ("-" is standard input; .zst is decompressed). Throws Error if it cannot be read
// or is larger than `largest` bytes once decompressed.
std::string read_file(const std::string& path, std::size_t largest = std::size_t{4} << 30);

// Writes `content` so that the target is either the old file or the whole new one ("-" is standard
// output): to a temporary name beside it, flushed, then renamed.
void write_file(const std::string& path, std::string_view content);

bool file_exists(const std::string& path);

// The same for output too large to hold: append pieces, then commit(). Without commit() the
// destructor removes the temporary file and the target stays as it was.
class FileWriter {
 public:
  explicit FileWriter(std::string path);
  FileWriter(const FileWriter&) = delete;
  FileWriter& operator=(const FileWriter&) = delete;
  ~FileWriter();

  void append(std::string_view text);
  void commit();

 private:
  void flush();

  std::string path_;
  std::string temporary_;
  std::string buffer_;
  int descriptor_ = -1;
  bool is_stdout_ = false;
  bool is_direct_ = false;  // devices and pipes are written in place
};

}  // namespace moru
