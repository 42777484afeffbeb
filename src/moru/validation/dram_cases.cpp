// Reads the golden DRAM cases. Foreign files: extra keys are ignored.
#include "moru/base/fields.h"
#include "moru/base/file.h"
#include "moru/base/node.h"
#include "moru/base/text.h"
#include "moru/validation/dram.h"

#include <fmt/format.h>

namespace moru {
namespace {

const Node& require(const Document& document, const Node& node, std::string_view key) {
  const Node* found = node.find(key);
  if (found == nullptr) {
    fail(fmt::format("'{}' is missing", key), document.place(node));
  }
  return *found;
}

std::int64_t whole_number(const Document& document, const Node& node, std::string_view key) {
  const Node& value = require(document, node, key);
  const std::optional<std::int64_t> number = parse_int64(value.text);
  if (!number || *number < 0) {
    fail(fmt::format("'{}' must be a whole number", key), document.place(value));
  }
  return *number;
}

// The first node under a key, at any depth: configurations nest differently between versions.
const Node* find_deep(const Node& node, std::string_view key) {
  for (const Node::Entry& entry : node.entries) {
    if (entry.key == key) {
      return &entry.value;
    }
    if (const Node* found = find_deep(entry.value, key)) {
      return found;
    }
  }
  for (const Node& item : node.items) {
    if (const Node* found = find_deep(item, key)) {
      return found;
    }
  }
  return nullptr;
}

void read_config(const std::string& path, ControllerOptions& options) {
  const Document config = read_document(path);
  const auto number = [&](std::string_view key, auto& value) {
    const Node* node = find_deep(config.root, key);
    const std::optional<double> parsed = node == nullptr ? std::nullopt : parse_double(node->text);
    if (parsed) {
      value = static_cast<std::remove_reference_t<decltype(value)>>(*parsed);
    }
  };
  number("read_buffer_size", options.read_queue);
  number("write_buffer_size", options.write_queue);
  number("wr_high_watermark", options.write_high);
  number("wr_low_watermark", options.write_low);
  const auto impl = [&](std::string_view key, std::string_view fallback) {
    const Node* node = find_deep(config.root, key);
    const Node* name = node == nullptr ? nullptr : node->find("impl");
    return name == nullptr ? std::string(fallback) : name->text;
  };
  const std::string refresh = impl("refresh_manager", "AllBank");
  if (refresh == "AllBank") {
    options.refresh = RefreshMode::all_bank;
  } else if (refresh == "HBM34PerBankRefresh") {
    options.refresh = RefreshMode::per_bank;
  } else {
    fail(fmt::format("refresh manager '{}' is not AllBank or HBM34PerBankRefresh", refresh),
         {path, 0, 0});
  }
  if (impl("scheduler", "FRFCFS") != "FRFCFS" || impl("row_policy", "Open") != "Open") {
    fail("only the FRFCFS scheduler with the Open row policy is compared", {path, 0, 0});
  }
}

DramCase read_case(const std::string& folder, const Document& document, const Node& node) {
  DramCase made;
  made.name = require(document, node, "name").text;
  made.standard = require(document, node, "standard").text;
  made.ticks = whole_number(document, node, "ticks");
  const Node& pattern = require(document, node, "pattern");
  const std::optional<DramPattern> known = enum_value<DramPattern>(pattern.text);
  if (!known) {
    fail(fmt::format("'{}' is not a known pattern", pattern.text), document.place(pattern));
  }
  made.pattern.pattern = *known;
  made.pattern.load_permille = whole_number(document, node, "load_permille");
  made.pattern.seed = static_cast<std::uint64_t>(whole_number(document, node, "seed"));
  made.pattern.count = static_cast<std::uint64_t>(made.ticks);
  made.pattern.last = made.ticks;
  const Node* config = node.find("config");
  read_config(folder + "/configs/" + (config == nullptr ? made.standard + ".yaml" : config->text),
              made.options);
  return made;
}

}  // namespace

DramSpec reference_spec(const std::string& standard) {
  static const std::map<std::string, std::string> kParts = {{"HBM2", "hbm2-2.0-4gb"},
                                                            {"HBM3", "hbm3-6.4"},
                                                            {"HBM4", "hbm4-8.0"},
                                                            {"LPDDR5", "lpddr5-6.4"},
                                                            {"DDR5", "ddr5-6.4-ramulator2"},
                                                            {"GDDR6", "gddr6-14-ramulator2"}};
  const auto found = kParts.find(standard);
  if (found == kParts.end()) {
    fail(
        fmt::format("no table of the reference for standard '{}'; known: HBM2, HBM3, HBM4, LPDDR5, "
                    "DDR5, GDDR6",
                    standard));
  }
  return load_dram_spec(found->second, {SpecMode::ramulator2, 0});
}

std::vector<DramCase> read_dram_cases(const std::string& folder, const std::string& only) {
  const Document document = read_document(folder + "/cases.json");
  std::vector<DramCase> cases;
  for (const Node& node : document.root.items) {
    if (only.empty() || require(document, node, "name").text == only) {
      cases.push_back(read_case(folder, document, node));
    }
  }
  if (cases.empty()) {
    fail(only.empty() ? "no cases" : fmt::format("no case '{}'", only), {document.file, 0, 0});
  }
  return cases;
}

std::vector<DramRequest> requests_of(const DramCase& dram_case, const DramSpec& spec) {
  PatternSource source(spec, dram_case.pattern);
  std::vector<DramRequest> requests;
  for (;;) {
    const std::span<const DramRequest> piece = source.next();
    if (piece.empty()) {
      return requests;
    }
    requests.insert(requests.end(), piece.begin(), piece.end());
  }
}

DramRun run_dram_case(const DramCase& dram_case, const DramSpec& spec,
                      const std::vector<DramRequest>& requests) {
  const std::unique_ptr<DramChannel> channel = DramChannel::make(spec, dram_case.options);
  DramRun run;
  MemorySource source(requests);
  channel->record_commands(&run.commands);
  channel->record_times(&run.times);
  channel->set_source(&source);
  channel->advance_until(dram_case.ticks);
  return run;
}

}  // namespace moru
