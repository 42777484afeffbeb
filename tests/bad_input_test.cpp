// Bad input ends with one clear line and the exit code that belongs to it, and touches no output.
//
// The cases stand in bad_inputs/*.txt. Each gets a folder with the files of bad_inputs/base and an
// `out` that must stay as it is:
//
//   --- title
//   edit FILE          then lines "- old" and "+ new": each old text stands in FILE exactly once
//   file FILE          then lines "| text"; "\n", "\xHH" and "\\" are escapes, the end has no
//   newline folder NAME input FILE         standard input run ARGUMENTS      'quoted' where they
//   have spaces exit CODE error REGEX        the whole first line of standard error, notes aside
#include "moru/base/testing.h"

#include "program.h"
#include <gtest/gtest.h>

#include <algorithm>
#include <regex>
#include <set>
#include <sstream>
#include <tuple>

namespace moru::testing {
namespace {
namespace fs = std::filesystem;

constexpr const char* kUntouched = "as it was\n";

struct Case {
  std::string title;
  std::vector<std::pair<std::string, std::string>> files;
  std::vector<std::string> folders;
  std::string input = "/dev/null";
  std::string arguments;
  int exit = 2;
  std::string error;
};

fs::path table_folder() { return fs::path(MORU_SOURCE_DIR) / "tests" / "bad_inputs"; }

std::string unescaped(const std::string& text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      plain += text[i];
    } else if (text[++i] == 'n') {
      plain += '\n';
    } else if (text[i] == 'x') {
      plain += static_cast<char>(std::stoi(text.substr(i + 1, 2), nullptr, 16));
      i += 2;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

// Reads the table; a line that it does not understand is a failure of the test.
class TableReader {
 public:
  std::vector<Case> read(const fs::path& path) {
    std::ifstream in(path);
    for (std::string line; std::getline(in, line);) {
      if (!line.empty() && line.front() != '#') {
        take(line);
      }
    }
    return std::move(cases_);
  }

 private:
  void take(const std::string& line) {
    const std::size_t space = std::min(line.find(' '), line.size());
    const std::string word = line.substr(0, space);
    const std::string rest = space < line.size() ? line.substr(space + 1) : "";
    if (word == "---") {
      cases_.emplace_back().title = rest;
    } else if (word == "run") {
      cases_.back().arguments = rest;
    } else if (word == "exit") {
      cases_.back().exit = std::stoi(rest);
    } else if (word == "error") {
      cases_.back().error = rest;
    } else if (word == "input") {
      cases_.back().input = rest;
    } else if (word == "folder") {
      cases_.back().folders.push_back(rest);
    } else {
      take_content(word, rest);
    }
  }

  void take_content(const std::string& word, const std::string& rest) {
    auto& files = cases_.back().files;
    if (word == "file") {
      files.emplace_back(rest, "");
    } else if (word == "edit") {
      files.emplace_back(rest, content_of(table_folder() / "base" / rest));
    } else if (word == "|") {
      std::string& text = files.back().second;
      text += (text.empty() ? "" : "\n") + unescaped(rest);
    } else if (word == "-") {
      old_ = unescaped(rest);
    } else if (word == "+") {
      std::string& text = files.back().second;
      const std::size_t at = text.find(old_);
      ASSERT_NE(at, std::string::npos) << cases_.back().title << ": nothing to replace: " << old_;
      ASSERT_EQ(text.find(old_, at + 1), std::string::npos) << cases_.back().title << ": " << old_;
      text.replace(at, old_.size(), unescaped(rest));
    } else {
      ADD_FAILURE() << "not a line of the table: " << word << " " << rest;
    }
  }

  std::vector<Case> cases_;
  std::string old_;
};

struct Complaint {
  std::string first;  // the first line that is not a note
  int errors = 0;
};

Complaint complaint_of(const std::string& err) {
  Complaint complaint;
  std::istringstream in(err);
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("moru: note: ")) {
      continue;
    }
    if (complaint.first.empty()) {
      complaint.first = line;
    }
    complaint.errors += line.find("error: ") != std::string::npos ? 1 : 0;
  }
  return complaint;
}

void check(const Case& one) {
  SCOPED_TRACE(one.title + ": moru " + one.arguments);
  const TemporaryFolder folder;
  for (const auto& entry : fs::directory_iterator(table_folder() / "base")) {
    fs::copy_file(entry.path(), folder.path(entry.path().filename().string()));
  }
  folder.write("out", kUntouched);
  for (const auto& [name, text] : one.files) {
    folder.write(name, text);
  }
  for (const std::string& name : one.folders) {
    fs::create_directories(folder.path(name));
  }
  std::set<std::string> before;
  for (const auto& entry : fs::directory_iterator(folder.path(""))) {
    before.insert(entry.path().filename().string());
  }
  const Ran ran = run_moru(words(one.arguments), folder.path(""), one.input);
  const Complaint complaint = complaint_of(ran.err);
  EXPECT_EQ(ran.signal, 0) << ran.err;
  EXPECT_EQ(ran.code, one.exit) << ran.err;
  EXPECT_TRUE(std::regex_match(complaint.first, std::regex(one.error)))
      << complaint.first << "\nis not\n"
      << one.error;
  EXPECT_EQ(complaint.errors, 1) << ran.err;
  EXPECT_EQ(ran.out, "");
  EXPECT_EQ(content_of(folder.path("out")), kUntouched);
  for (const auto& entry : fs::directory_iterator(folder.path(""))) {
    EXPECT_TRUE(before.contains(entry.path().filename().string())) << entry.path() << " was left";
  }
}

// A few cases of one table: together they stay below a second under the sanitizers.
struct Part {
  std::string table;
  std::size_t first = 0;
};
constexpr std::size_t kCasesOfAPart = 10;

class BadInput : public ::testing::TestWithParam<Part> {};

TEST_P(BadInput, EndsWithOneClearLineAndTouchesNoOutput) {
  const std::vector<Case> cases = TableReader().read(table_folder() / GetParam().table);
  ASSERT_LT(GetParam().first, cases.size());
  for (std::size_t i = GetParam().first;
       i < std::min(GetParam().first + kCasesOfAPart, cases.size()); ++i) {
    check(cases[i]);
  }
}

std::vector<Part> parts() {
  std::vector<Part> all;
  for (const auto& entry : fs::directory_iterator(table_folder())) {
    if (entry.path().extension() == ".txt") {
      const std::size_t cases = TableReader().read(entry.path()).size();
      for (std::size_t first = 0; first < cases; first += kCasesOfAPart) {
        all.push_back({entry.path().filename().string(), first});
      }
    }
  }
  std::sort(all.begin(), all.end(), [](const Part& a, const Part& b) {
    return std::tie(a.table, a.first) < std::tie(b.table, b.first);
  });
  return all;
}

INSTANTIATE_TEST_SUITE_P(Tables, BadInput, ::testing::ValuesIn(parts()), [](const auto& part) {
  return fmt::format("{}_{}", fs::path(part.param.table).stem().string(), part.param.first);
});

}  // namespace
}  // namespace moru::testing
