#include "moru/cli/options.h"

#include "moru/base/error.h"
#include "moru/base/registry.h"
#include "moru/base/text.h"
#include "moru/cli/version.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <csignal>
#include <cstdio>
#include <map>
#include <new>

namespace moru {

void Options::text(const std::string& names, std::string& value, const std::string& doc) {
  auto* option = app_.add_option(names, value, doc);
  if (!value.empty()) {
    option->capture_default_str();
  }
}
void Options::required_text(const std::string& names, std::string& value, const std::string& doc) {
  app_.add_option(names, value, doc)->required();
}
void Options::list(const std::string& names, std::vector<std::string>& values,
                   const std::string& doc) {
  app_.add_option(names, values, doc)->delimiter(',');
}
void Options::repeated(const std::string& names, std::vector<std::string>& values,
                       const std::string& doc) {
  app_.add_option(names, values, doc)->delimiter(',')->allow_extra_args(false);
}
void Options::number(const std::string& names, double& value, const std::string& doc) {
  app_.add_option(names, value, doc)->capture_default_str();
}
void Options::count(const std::string& names, std::int64_t& value, const std::string& doc) {
  app_.add_option(names, value, doc)->capture_default_str();
}
void Options::flag(const std::string& names, bool& value, const std::string& doc) {
  app_.add_flag(names, value, doc);
}
void Options::choice(const std::string& names, std::string& value,
                     const std::vector<std::string>& choices, const std::string& doc) {
  app_.add_option(names, value, doc)->check(CLI::IsMember(choices))->capture_default_str();
}
void Options::example(const std::string& text) { app_.footer("Example:\n  " + text); }
bool Options::given(const std::string& name) const {
  const auto* option = app_.get_option_no_throw(name);
  return option != nullptr && option->count() > 0;
}

namespace {

void on_interrupt(int) { std::_Exit(kExitInterrupted); }

// CLI11 has no suggestions; a word that begins no command most often is a slip of the hand.
void check_command_word(int argc, char** argv) {
  const std::vector<std::string> names = Registry<Command>::names();
  if (argc < 2) {
    fail(fmt::format("which command? One of {}; `moru --help` tells what they do",
                     join(std::span<const std::string>(names), ", ")));
  }
  const std::string word = argv[1];
  if (word.starts_with('-')) {
    return;
  }
  if (Registry<Command>::entries().count(word) == 0) {
    fail(fmt::format("'{}' is not a command{}; known: {}", word,
                     did_you_mean(word, std::span<const std::string>(names)),
                     join(std::span<const std::string>(names), ", ")));
  }
}

std::string suggest_option(const CLI::App& app, const std::string& message) {
  std::vector<std::string> known;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) {
      known.push_back("--" + name);
    }
  }
  const std::size_t at = message.find("--");
  if (message.find("not expected") == std::string::npos || at == std::string::npos) {
    return "";
  }
  const std::string word = message.substr(at, message.find_first_of(" =,", at) - at);
  return did_you_mean(word, std::span<const std::string>(known));
}

int run_command(int argc, char** argv) {
  CLI::App app{"moru: a ChatGPT-class service on a chip, from first principles", "moru"};
  app.set_version_flag("--version", version_text());
  app.require_subcommand(1);
  std::map<std::string, std::unique_ptr<Command>> commands;
  bool is_quiet = false;
  for (const auto& [name, entry] : Registry<Command>::entries()) {
    CLI::App* sub = app.add_subcommand(name, entry.doc);
    sub->add_flag("-q,--quiet", is_quiet, "no notes and no progress on stderr");
    std::unique_ptr<Command> command = entry.make();
    Options options(*sub);
    command->declare(options);
    commands[name] = std::move(command);
  }
  const CLI::App* chosen = &app;
  try {
    check_command_word(argc, argv);
    app.parse(argc, argv);
    chosen = app.get_subcommands().front();
  } catch (const CLI::Success& request) {  // --help, --version
    return app.exit(request);
  } catch (const CLI::ParseError& error) {
    if (!app.get_subcommands().empty()) {
      chosen = app.get_subcommands().front();
    }
    const std::string message = error.what();
    fail(fmt::format("{}{}; `moru{} --help` shows the options", message,
                     suggest_option(*chosen, message),
                     chosen == &app ? "" : " " + chosen->get_name()));
  }
  set_quiet(is_quiet);
  const Options options(*const_cast<CLI::App*>(chosen));
  return commands[chosen->get_name()]->run(options);
}

}  // namespace

int run_program(int argc, char** argv) {
  std::signal(SIGINT, on_interrupt);
  std::signal(SIGPIPE, SIG_IGN);
  try {
    const int code = run_command(argc, argv);
    if (std::fflush(stdout) != 0) {
      fail("cannot write to standard output");
    }
    return code;
  } catch (const Error& error) {
    fmt::print(stderr, "{}\n", error.what());
    switch (error.kind()) {
      case ErrorKind::input:
        return kExitBadInput;
      case ErrorKind::infeasible:
        return kExitInfeasible;
      case ErrorKind::internal:
        return kExitInternal;
    }
    return kExitInternal;
  } catch (const std::bad_alloc&) {
    fmt::print(stderr, "error: out of memory; use a shorter trace or fewer requests\n");
    return kExitBadInput;
  } catch (const std::exception& error) {
    fmt::print(stderr, "error: {} (this is a bug in moru)\n", error.what());
    return kExitInternal;
  }
}

}  // namespace moru
