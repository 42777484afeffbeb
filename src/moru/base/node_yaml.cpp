// YAML -> Node through yaml-cpp's event interface, which keeps every mark and builds no graph.
#include "moru/base/node_builder.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

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
    const bool is_quoted = tag == "!";  // yaml-cpp's tag of quoted scalars
    if (!is_quoted && (value == "null" || value == "~")) {
      builder_.null(mark.line + 1, mark.column + 1);
    } else {
      builder_.scalar(value, is_quoted, mark.line + 1, mark.column + 1);
    }
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    refuse_anchor(mark, anchor);
    builder_.begin_sequence(mark.line + 1, mark.column + 1);
  }
  void OnSequenceEnd() override { builder_.end(); }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    refuse_anchor(mark, anchor);
    builder_.begin_map(mark.line + 1, mark.column + 1);
  }
  void OnMapEnd() override { builder_.end(); }

 private:
  void refuse_anchor(const YAML::Mark& mark, YAML::anchor_t anchor) {
    if (anchor != YAML::NullAnchor) {
      builder_.fail_at(mark.line + 1, mark.column + 1,
                       "YAML anchors are not supported; write the value out");
    }
  }

  NodeBuilder& builder_;
};

}  // namespace

Document parse_yaml(std::string_view text, std::string name) {
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
