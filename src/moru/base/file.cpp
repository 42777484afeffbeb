#include "moru/base/file.h"

#include "moru/base/error.h"

#include <fmt/format.h>
#include <zstd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <memory>
#include <sys/stat.h>
#include <unistd.h>

namespace moru {
namespace {

struct Descriptor {
  int value = -1;
  ~Descriptor() {
    if (value > STDERR_FILENO) {
      ::close(value);
    }
  }
};

[[noreturn]] void fail_system(const std::string& path, std::string_view action) {
  fail(fmt::format("cannot {}: {}", action, std::strerror(errno)), {path, 0, 0});
}

[[noreturn]] void fail_too_large(const std::string& path, std::size_t largest) {
  fail(fmt::format("larger than {} MiB, which is the most that is read", largest >> 20),
       {path, 0, 0});
}

std::string read_raw(const std::string& path, std::size_t largest) {
  Descriptor file;
  if (path == "-") {
    file.value = STDIN_FILENO;
  } else {
    file.value = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file.value < 0) {
      fail_system(path, "open");
    }
  }
  struct stat status = {};
  if (::fstat(file.value, &status) == 0 && S_ISDIR(status.st_mode)) {
    fail("is a folder, not a file", {path, 0, 0});
  }
  std::string text;
  if (S_ISREG(status.st_mode)) {
    if (static_cast<std::size_t>(status.st_size) > largest) {
      fail_too_large(path, largest);
    }
    text.reserve(static_cast<std::size_t>(status.st_size) + 64);
  }
  constexpr std::size_t kChunk = std::size_t{1} << 20;
  for (;;) {
    const std::size_t size = text.size();
    const std::size_t room = std::max<std::size_t>(text.capacity() - size, 4096);
    text.resize(size + std::min(room, kChunk));
    const ssize_t got = ::read(file.value, text.data() + size, text.size() - size);
    if (got < 0 && errno == EINTR) {
      text.resize(size);
      continue;
    }
    if (got < 0) {
      fail_system(path, "read");
    }
    text.resize(size + static_cast<std::size_t>(got));
    if (got == 0) {
      return text;
    }
    if (text.size() > largest) {
      fail_too_large(path, largest);
    }
  }
}

std::string decompress(const std::string& packed, const std::string& path, std::size_t largest) {
  const std::unique_ptr<ZSTD_DCtx, std::size_t (*)(ZSTD_DCtx*)> context(ZSTD_createDCtx(),
                                                                        &ZSTD_freeDCtx);
  constexpr int kLargestWindow = 27;  // zstd --long=27, the largest its tools read by default
  ZSTD_DCtx_setParameter(context.get(), ZSTD_d_windowLogMax, kLargestWindow);
  std::string text;
  std::string chunk(ZSTD_DStreamOutSize(), '\0');
  ZSTD_inBuffer input{packed.data(), packed.size(), 0};
  std::size_t state = 1;
  while (input.pos < input.size) {
    ZSTD_outBuffer output{chunk.data(), chunk.size(), 0};
    state = ZSTD_decompressStream(context.get(), &output, &input);
    if (ZSTD_isError(state) != 0) {
      fail(fmt::format("not valid zstd data: {}", ZSTD_getErrorName(state)), {path, 0, 0});
    }
    text.append(chunk.data(), output.pos);
    if (text.size() > largest) {
      fail_too_large(path, largest);
    }
  }
  if (state != 0) {
    fail("zstd data end too early; the file is truncated", {path, 0, 0});
  }
  return text;
}

}  // namespace

std::string read_file(const std::string& path, std::size_t largest) {
  std::string text = read_raw(path, largest);
  constexpr std::string_view kZstdMagic = "\x28\xB5\x2F\xFD";
  if (path.ends_with(".zst") || std::string_view(text).starts_with(kZstdMagic)) {
    return decompress(text, path, largest);
  }
  return text;
}

bool file_exists(const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }

FileWriter::FileWriter(std::string path) : path_(std::move(path)) {
  if (path_ == "-") {
    is_stdout_ = true;
    descriptor_ = STDOUT_FILENO;
    return;
  }
  struct stat status = {};
  const bool exists = ::stat(path_.c_str(), &status) == 0;
  is_direct_ = exists && !S_ISREG(status.st_mode);
  if (is_direct_ && S_ISDIR(status.st_mode)) {
    fail("is a folder; name a file to write", {path_, 0, 0});
  }
  if (exists && !is_direct_) {
    // A link keeps pointing at the file that is replaced.
    const std::unique_ptr<char, decltype(&::free)> real(::realpath(path_.c_str(), nullptr),
                                                        &::free);
    path_ = real ? real.get() : path_;
  }
  temporary_ = is_direct_ ? path_ : fmt::format("{}.{}.part", path_, ::getpid());
  descriptor_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (descriptor_ < 0) {
    fail_system(path_, "write");
  }
  if (exists && !is_direct_) {
    (void)::fchmod(descriptor_, status.st_mode & 07777U);  // best effort: the content matters more
  }
}

FileWriter::~FileWriter() {
  if (descriptor_ >= 0 && !is_stdout_) {
    ::close(descriptor_);
    if (!is_direct_) {
      ::unlink(temporary_.c_str());
    }
  }
}

void FileWriter::append(std::string_view text) {
  constexpr std::size_t kBuffer = std::size_t{1} << 16;
  buffer_.append(text);
  if (buffer_.size() >= kBuffer) {
    flush();
  }
}

void FileWriter::flush() {
  std::string_view rest = buffer_;
  while (!rest.empty()) {
    const ssize_t written = ::write(descriptor_, rest.data(), rest.size());
    if (written < 0 && errno == EINTR) {
      continue;
    }
    if (written < 0) {
      fail_system(is_stdout_ ? "standard output" : path_, "write");
    }
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
  buffer_.clear();
}

void FileWriter::commit() {
  flush();
  if (is_stdout_) {
    return;
  }
  const int descriptor = descriptor_;
  descriptor_ = -1;
  // A full disk may be reported only here.
  const bool is_synced = is_direct_ || ::fsync(descriptor) == 0;
  const bool is_closed = ::close(descriptor) == 0;
  if (is_direct_) {
    if (!is_closed) {
      fail_system(path_, "write");
    }
    return;
  }
  if (!is_synced || !is_closed || ::rename(temporary_.c_str(), path_.c_str()) != 0) {
    const int reason = errno;
    ::unlink(temporary_.c_str());
    errno = reason;
    fail_system(path_, "write");
  }
}

void write_file(const std::string& path, std::string_view content) {
  FileWriter writer(path);
  writer.append(content);
  writer.commit();
}

}  // namespace moru
