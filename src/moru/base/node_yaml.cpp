// YAML -> Node through yaml-cpp's event interface, which keeps every mark and builds no graph.
#include "moru/base/node_builder.h"
#include "moru/base/text.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <sstream>

namespace moru {
namespace {

class YamlEvents final : public YAML::EventHandler {
 public:
  explicit YamlEvents(NodeBuilder& builder) : builder_(builder) {}

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    refuse_anchor(mark, anchor);
    builder_.null(mark.line + 1, mark.column + 1);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    builder_.fail_at(mark.line + 1, mark.column + 1,
                     "YAML aliases are not supported; write the value out");
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    refuse_anchor(mark, anchor);
    refuse_tag(mark, tag);
    const bool is_quoted = tag == "!";  // yaml-cpp's tag of quoted scalars
    if (!is_quoted && (value == "null" || value == "~")) {
      builder_.null(mark.line + 1, mark.column + 1);
    } else {
      builder_.scalar(value, is_quoted, mark.line + 1, mark.column + 1);
    }
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    refuse_anchor(mark, anchor);
    refuse_tag(mark, tag);
    builder_.begin_sequence(mark.line + 1, mark.column + 1);
  }
  void OnSequenceEnd() override { builder_.end(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    refuse_anchor(mark, anchor);
    refuse_tag(mark, tag);
    builder_.begin_map(mark.line + 1, mark.column + 1);
  }
  void OnMapEnd() override { builder_.end(); }

 private:
  // "?" is yaml-cpp's tag of plain nodes.
  void refuse_tag(const YAML::Mark& mark, const std::string& tag) {
    if (!tag.empty() && tag != "!" && tag != "?") {
      builder_.fail_at(mark.line + 1, mark.column + 1,
                       fmt::format("YAML tags such as '{}' are not supported", tag));
    }
  }
  void refuse_anchor(const YAML::Mark& mark, YAML::anchor_t anchor) {
    if (anchor != YAML::NullAnchor) {
      builder_.fail_at(mark.line + 1, mark.column + 1,
                       "YAML anchors are not supported; write the value out");
    }
  }

  NodeBuilder& builder_;
};

// yaml-cpp takes byte 0x04 for the end of the file and passes other binary through.
void refuse_binary(std::string_view text, const std::string& name) {
  const auto is_binary = [](unsigned char c) {
    return c < 0x20 && c != '\t' && c != '\n' && c != '\r';
  };
  const auto found = std::find_if(text.begin(), text.end(), is_binary);
  const std::size_t at =
      std::min(static_cast<std::size_t>(found - text.begin()), find_invalid_utf8(text));
  if (at < text.size()) {
    const TextPosition place = position_of(text, at);
    fail(fmt::format("byte 0x{:02x} is not text; save the file as UTF-8",
                     static_cast<unsigned char>(text[at])),
         {name, place.line, place.column});
  }
}

}  // namespace

Document parse_yaml(std::string_view text, std::string name) {
  refuse_binary(text, name);
  NodeBuilder builder(name);
  YamlEvents events(builder);
  std::istringstream stream{std::string(text)};
  try {
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(events)) {
    }
  } catch (const YAML::Exception& error) {
    fail(fmt::format("not valid YAML: {}", error.msg),
         {name, error.mark.line + 1, error.mark.column + 1});
  }
  return {std::move(name), builder.take()};
}

}  // namespace moru
