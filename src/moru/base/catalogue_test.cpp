#include "moru/base/catalogue.h"

#include "moru/base/testing.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace moru {
namespace {

using testing::EnvironmentVariable;
using testing::error_of;
using testing::TemporaryFolder;

class Catalogue : public ::testing::Test {
 protected:
  TemporaryFolder folder_;
  EnvironmentVariable catalogue_{"MORU_CATALOGUE", folder_.path("")};
};

TEST_F(Catalogue, ThingIsFoundByIdAliasAndSpelling) {
  folder_.write("chips/my_anvil.yaml", "name: My anvil\naliases: [AV-1, \"모루\", 'Big One']\n");
  for (const char* name :
       {"my_anvil", "MY-ANVIL", "My Anvil", "myanvil", "av1", "AV_1", "모루", "bigone"}) {
    EXPECT_EQ(find_in_catalogue(kChips, name).id, "my_anvil") << name;
  }
  EXPECT_EQ(catalogue_aliases(kChips, "my_anvil"),
            (std::vector<std::string>{"AV-1", "모루", "Big One"}));
  EXPECT_EQ(find_in_catalogue(kChips, "my_anvi").path, "");
  EXPECT_EQ(find_in_catalogue(kChips, "").path, "");
}

TEST_F(Catalogue, UserFolderWinsOverWhatIsShipped) {
  const std::string path = folder_.write("chips/h100_sxm.yaml", "name: mine\n");
  const Found found = find_in_catalogue(kChips, "h100_sxm");
  EXPECT_EQ(std::filesystem::canonical(found.path), std::filesystem::canonical(path));
}

TEST_F(Catalogue, IdsAreSortedOnceEachAndHiddenFilesAreNot) {
  folder_.write("chips/zz_test.yaml", "name: z\n");
  folder_.write("chips/vendor/aa_test.yaml", "name: a\n");
  folder_.write("chips/.hidden.yaml", "name: h\n");
  folder_.write("chips/readme.md", "no chip");
  const std::vector<std::string> ids = catalogue_ids(kChips);
  EXPECT_TRUE(std::is_sorted(ids.begin(), ids.end()));
  EXPECT_EQ(std::count(ids.begin(), ids.end(), "zz_test"), 1);
  EXPECT_EQ(std::count(ids.begin(), ids.end(), "vendor/aa_test"), 1);
  EXPECT_EQ(std::count(ids.begin(), ids.end(), ".hidden"), 0);
  EXPECT_EQ(std::adjacent_find(ids.begin(), ids.end()), ids.end());
}

TEST_F(Catalogue, UnknownNameSuggestsTheNearest) {
  folder_.write("chips/quixotic.yaml", "name: q\n");
  EXPECT_EQ(
      error_of([] { require_in_catalogue(kChips, "quixotik"); }),
      "error: no chip 'quixotik' (did you mean 'quixotic'?); `moru show chips` lists them, or "
      "give a path to a file");
}

TEST_F(Catalogue, BrokenLinksAndForeignFilesDoNotStopTheSearch) {
  folder_.write("chips/good.yaml", "name: g\naliases: [unclosed\n");
  std::filesystem::create_symlink("nowhere", folder_.path("chips/broken.yaml"));
  std::filesystem::create_symlink(".", folder_.path("chips/loop"));
  EXPECT_EQ(find_in_catalogue(kChips, "GOOD").id, "good");
}

TEST(ExpandPath, VariableHomeAndRelativePaths) {
  const EnvironmentVariable data("MORU_DATA", "/measured");
  const EnvironmentVariable home("HOME", "/home/kim");
  EXPECT_EQ(expand_path("${MORU_DATA}/traces/a.csv", "base"), "/measured/traces/a.csv");
  EXPECT_EQ(expand_path("~/a.csv", "base"), "/home/kim/a.csv");
  EXPECT_EQ(expand_path("a.csv", "base"), "base/a.csv");
  EXPECT_EQ(expand_path("a.csv", ""), "a.csv");
  EXPECT_EQ(expand_path("-", "base"), "-");
  EXPECT_EQ(expand_path("/a.csv", "base"), "/a.csv");
}

}  // namespace
}  // namespace moru
