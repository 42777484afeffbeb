#include "moru/base/file.h"

#include "moru/base/testing.h"

#include <gtest/gtest.h>
#include <zstd.h>

#include <csignal>
#include <filesystem>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

namespace moru {
namespace {

namespace fs = std::filesystem;
using testing::error_of;
using testing::TemporaryFolder;

std::string compressed(const std::string& text) {
  std::string packed(ZSTD_compressBound(text.size()), '\0');
  packed.resize(ZSTD_compress(packed.data(), packed.size(), text.data(), text.size(), 1));
  return packed;
}

std::size_t count_files(const TemporaryFolder& folder) {
  return static_cast<std::size_t>(
      std::distance(fs::directory_iterator(folder.path("")), fs::directory_iterator()));
}

TEST(File, WrittenTextIsReadBack) {
  const TemporaryFolder folder;
  const std::string path = folder.path("가나 다.txt");
  const std::string text("a\0\xFF\n", 4);
  write_file(path, text);
  EXPECT_EQ(read_file(path), text);
  write_file(path, "");
  EXPECT_EQ(read_file(path), "");
  EXPECT_EQ(count_files(folder), 1U);
}

TEST(File, UnfinishedWriterLeavesTheOldFileUntouched) {
  const TemporaryFolder folder;
  const std::string path = folder.write("out.json", "old");
  {
    FileWriter writer(path);
    writer.append(std::string(200'000, 'x'));
  }
  EXPECT_EQ(read_file(path), "old");
  EXPECT_EQ(count_files(folder), 1U);
}

TEST(File, FullDeviceIsAnErrorNotASilentLoss) {
  if (!file_exists("/dev/full")) {
    GTEST_SKIP() << "SKIP no /dev/full on this system";
  }
  EXPECT_EQ(error_of([] { write_file("/dev/full", "text"); }),
            "/dev/full: error: cannot write: No space left on device");
  EXPECT_NE(error_of([] { write_file("/dev/full", std::string(1 << 20, 'x')); }), "");
}

// A file size limit stands for a disk that fills up half-way.
TEST(File, DiskThatFillsUpLeavesTheOldFileUntouched) {
  const TemporaryFolder folder;
  const std::string path = folder.write("out.json", "old");
  struct rlimit old_limit = {};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &old_limit), 0);
  const struct rlimit small_limit = {100'000, old_limit.rlim_max};
  const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small_limit), 0);
  const std::string error = error_of([&] { write_file(path, std::string(1 << 20, 'x')); });
  ::setrlimit(RLIMIT_FSIZE, &old_limit);
  std::signal(SIGXFSZ, old_handler);
  EXPECT_EQ(error, path + ": error: cannot write: File too large");
  EXPECT_EQ(read_file(path), "old");
  EXPECT_EQ(count_files(folder), 1U);
}

TEST(File, ReplacedFileKeepsItsModeAndLinksKeepPointing) {
  const TemporaryFolder folder;
  const std::string path = folder.write("real.txt", "old");
  ::chmod(path.c_str(), 0640);
  fs::create_symlink("real.txt", folder.path("link.txt"));
  write_file(folder.path("link.txt"), "new");
  EXPECT_TRUE(fs::is_symlink(folder.path("link.txt")));
  EXPECT_EQ(read_file(path), "new");
  struct stat status = {};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0640U);
}

TEST(File, WhatCannotBeReadIsNamed) {
  const TemporaryFolder folder;
  EXPECT_EQ(error_of([&] { read_file(folder.path("none")); }),
            folder.path("none") + ": error: cannot open: No such file or directory");
  EXPECT_NE(error_of([&] { read_file(folder.path("")); }).find("is a folder"), std::string::npos);
  EXPECT_NE(error_of([&] { write_file(folder.path(""), "x"); }).find("is a folder"),
            std::string::npos);
  EXPECT_NE(error_of([&] { write_file(folder.path("no/such/folder/x"), "x"); }), "");
}

TEST(File, LargestIsHeldBeforeAndAfterDecompression) {
  const TemporaryFolder folder;
  const std::string text(3 << 20, 'a');
  EXPECT_NE(
      error_of([&] { read_file(folder.write("a", text), 1 << 20); }).find("larger than 1 MiB"),
      std::string::npos);
  EXPECT_NE(error_of([&] {
              read_file(folder.write("a.zst", compressed(text)), 1 << 20);
            }).find("larger than 1 MiB"),
            std::string::npos);
  // A sparse file says it is huge without being it.
  const std::string sparse = folder.write("sparse", "");
  fs::resize_file(sparse, std::uintmax_t{1} << 40);
  EXPECT_NE(error_of([&] { read_file(sparse); }).find("larger than"), std::string::npos);
}

TEST(File, ZstdIsReadByNameOrContentAlsoInSeveralFrames) {
  const TemporaryFolder folder;
  std::string text;
  for (int i = 0; i < 100'000; ++i) {
    text += std::to_string(i);
  }
  EXPECT_EQ(read_file(folder.write("a.csv.zst", compressed(text))), text);
  EXPECT_EQ(read_file(folder.write("a.csv", compressed(text))), text);
  EXPECT_EQ(read_file(folder.write("b.zst", compressed(text) + compressed("tail"))), text + "tail");
}

TEST(File, DamagedZstdIsAnError) {
  const TemporaryFolder folder;
  std::string packed = compressed(std::string(100'000, 'a') + "b");
  const std::string cut = packed.substr(0, packed.size() - 3);
  EXPECT_NE(error_of([&] { read_file(folder.write("cut.zst", cut)); }).find("truncated"),
            std::string::npos);
  EXPECT_NE(error_of([&] {
              read_file(folder.write("text.zst", "plain text"));
            }).find("not valid zstd data"),
            std::string::npos);
  EXPECT_NE(error_of([&] { read_file(folder.write("empty.zst", "")); }), "");
}

}  // namespace
}  // namespace moru
