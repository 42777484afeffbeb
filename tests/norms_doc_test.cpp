// Every answer that docs/norms.md shows in a ```console block is what the program says. A block
// begins with "$ moru …"; MORU_REFRESH=1 writes the answers anew: read the difference before
// committing it.
#include "moru/base/file.h"

#include "program.h"
#include <gtest/gtest.h>

#include <cstdlib>

namespace moru::testing {
namespace {

const std::string kPath = std::string(MORU_SOURCE_DIR) + "/docs/norms.md";

// A command, and where its answer stands in the page.
struct Block {
  std::string arguments;
  std::size_t begin = 0;
  std::size_t end = 0;
};

std::vector<Block> blocks_of(const std::string& page) {
  const std::string fence = "```console\n$ moru ";
  std::vector<Block> blocks;
  for (std::size_t at = page.find(fence); at != std::string::npos; at = page.find(fence, at + 1)) {
    const std::size_t command = at + fence.size();
    const std::size_t line_end = page.find('\n', command);
    blocks.push_back(
        {page.substr(command, line_end - command), line_end + 1, page.find("```", line_end)});
  }
  return blocks;
}

TEST(NormsPage, ShowsWhatTheProgramSays) {
  std::string page = read_file(kPath);
  const std::vector<Block> blocks = blocks_of(page);
  ASSERT_GE(blocks.size(), 6U);
  const bool is_refresh = std::getenv("MORU_REFRESH") != nullptr;
  for (auto block = blocks.rbegin(); block != blocks.rend(); ++block) {
    const Ran ran = run_moru(words(block->arguments), MORU_SOURCE_DIR);
    EXPECT_EQ(ran.code, 0) << block->arguments << "\n" << ran.err;
    if (is_refresh) {
      page.replace(block->begin, block->end - block->begin, ran.out);
    } else {
      EXPECT_EQ(page.substr(block->begin, block->end - block->begin), ran.out) << block->arguments;
    }
  }
  if (is_refresh) {
    write_file(kPath, page);
  }
}

}  // namespace
}  // namespace moru::testing
