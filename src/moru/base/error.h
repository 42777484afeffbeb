// Errors that end a command: what, where, and the way out. Printed like a compiler's:
//   chips/a.yaml:14:7: error: 'bandwith' is not a field of memory (did you mean 'bandwidth'?)
//
// Thrown only when the command cannot go on; caught at four borders (CLI, HTTP handler, Python,
// explore worker). Loaders collect all Diagnostics of a file first. Expected outcomes such as "does
// not fit" are values, not exceptions.
#pragma once

#include <cstddef>
#include <exception>
#include <string>
#include <vector>

namespace moru {

// A place in an input file; line and column count from 1, 0 means unknown.
struct SourcePlace {
  std::string file;
  int line = 0;
  int column = 0;
};

enum class ErrorKind {
  input,       // bad file, flag or value: exit code 2
  infeasible,  // the question has no answer under its constraints: exit code 3
  internal,    // our bug: exit code 70
};

class Error : public std::exception {
 public:
  Error(ErrorKind error_kind, const std::string& what_is_wrong, const SourcePlace& place = {});
  // From lines that already name their places.
  static Error from_lines(std::string text);
  const char* what() const noexcept override { return text_.c_str(); }
  ErrorKind kind() const { return kind_; }

 private:
  Error() = default;
  ErrorKind kind_ = ErrorKind::input;
  std::string text_;  // one line per diagnostic, place first
};

// An Error of kind input. `message` says what is wrong and what to do.
[[noreturn]] void fail(const std::string& message, const SourcePlace& place = {});

// Everything wrong with one input, each thing once, in the order found.
class Diagnostics {
 public:
  void error(const SourcePlace& place, const std::string& message);
  bool has_errors() const { return !lines_.empty(); }
  std::size_t count() const { return lines_.size(); }
  // Whether further errors would not be shown, so that looking for them is in vain.
  bool is_full() const { return lines_.size() > kMostReported; }
  // Throws one Error with all lines if there are any.
  void throw_if_any() const;

 private:
  static constexpr std::size_t kMostReported = 20;
  std::vector<std::string> lines_;
};

// "file:line:column: error: message" as far as the place is known.
std::string format_diagnostic(const SourcePlace& place, const std::string& message);

// A line on stderr that does not end the command ("moru: note: …"); said once per distinct text.
void note(const std::string& text);
// Silences note(), for --quiet and for tests.
void set_quiet(bool quiet);
bool is_quiet();

}  // namespace moru
