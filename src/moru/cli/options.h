// The options of one command. A thin face over CLI11 so that one file pays for its headers.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace moru {

// Names are CLI11's: "-o,--output", "--model", or a bare word for a positional argument. Values
// left out keep what the variable held, which the help prints as the default.
class Options {
 public:
  explicit Options(CLI::App& app) : app_(app) {}

  void text(const std::string& names, std::string& value, const std::string& doc);
  void required_text(const std::string& names, std::string& value, const std::string& doc);
  // "a,b" and repeated options both give several values.
  void list(const std::string& names, std::vector<std::string>& values, const std::string& doc);
  // The same, but it leaves the words behind its value to the positional arguments.
  void repeated(const std::string& names, std::vector<std::string>& values, const std::string& doc);
  void number(const std::string& names, double& value, const std::string& doc);
  void count(const std::string& names, std::int64_t& value, const std::string& doc);
  // true and --no-… false where `names` is "--x,!--no-x".
  void flag(const std::string& names, bool& value, const std::string& doc);
  void choice(const std::string& names, std::string& value, const std::vector<std::string>& choices,
              const std::string& doc);
  // Shown after the options in --help.
  void example(const std::string& text);
  // Whether the option was given on the command line.
  bool given(const std::string& name) const;

 private:
  CLI::App& app_;
};

// A command of the program, registered by the file that holds it.
class Command {
 public:
  virtual ~Command() = default;
  virtual void declare(Options& options) = 0;
  // The exit code: 0 answered, 1 an asserted condition is false. Throws Error for the others.
  virtual int run(const Options& options) = 0;
};

// Exit codes of every command.
inline constexpr int kExitAnswered = 0;
inline constexpr int kExitAssertionFalse = 1;
inline constexpr int kExitBadInput = 2;
inline constexpr int kExitInfeasible = 3;
inline constexpr int kExitInternal = 70;
inline constexpr int kExitInterrupted = 130;

// Parses the command line, runs the command, turns exceptions into messages and exit codes.
int run_program(int argc, char** argv);

}  // namespace moru
