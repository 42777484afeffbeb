#include "moru/base/text.h"
#include "moru/model/model.h"
#include "moru/report/catalogue_report.h"
#include "moru/report/model_text.h"
#include "moru/report/provenance.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace moru {
namespace {

// The model with nothing but `layer`, or nothing at all: differences of counts give its parts.
Model only(const Model& model, const Layer* layer) {
  Model part = model;
  part.layers.clear();
  if (layer != nullptr) {
    part.layers.push_back(*layer);
  }
  part.set_context_rules();
  return part;
}

ParameterCount minus(ParameterCount a, const ParameterCount& b) {
  a.total -= b.total;
  a.active -= b.active;
  return a;
}

struct LayerParts {
  ParameterCount mixer;
  ParameterCount feed_forward;
};

LayerParts parts_of(const Model& model, const Layer& layer) {
  const ParameterCount rest = count_parameters(only(model, nullptr));
  Layer bare = layer;
  bare.norms = 0;
  bare.feed_forward = {};
  bare.feed_forward.kind = FeedForwardKind::none;
  const ParameterCount mixer = minus(count_parameters(only(model, &bare)), rest);
  return {mixer, minus(minus(count_parameters(only(model, &layer)), rest), mixer)};
}

Cell count_cell(double count) { return {count_text(count), count}; }
Cell bytes_cell(double bytes) { return {to_string(Bytes{bytes}), bytes}; }

Section layer_section(const Model& model) {
  Section section{"layers",
                  "layers by kind",
                  {{"count", "layers", Align::right},
                   {"mixer", "mixer"},
                   {"feed_forward", "feed forward"},
                   {"mixer_parameters", "mixer each", Align::right},
                   {"feed_forward_parameters", "rest each", Align::right},
                   {"active_parameters", "active each", Align::right},
                   {"kv_bytes_per_token", "KV/token each", Align::right}},
                  {}};
  for (std::size_t i = 0; i < model.layer_kinds().size(); ++i) {
    const Layer& layer = model.layer_kinds()[i];
    const auto count =
        std::count(model.kind_of_layer().begin(), model.kind_of_layer().end(), static_cast<int>(i));
    const LayerParts parts = parts_of(model, layer);
    section.rows.push_back({{fmt::format("{}", count), count},
                            mixer_text(layer.mixer),
                            feed_forward_text(layer.feed_forward),
                            count_cell(parts.mixer.total),
                            count_cell(parts.feed_forward.total),
                            count_cell(parts.mixer.active + parts.feed_forward.active),
                            bytes_cell(kv_bytes_per_token(only(model, &layer)))});
  }
  return section;
}

Section parameter_section(const Model& model) {
  Section section{"parameters",
                  "parameters",
                  {{"part", "part"},
                   {"parameters", "parameters", Align::right},
                   {"share", "share", Align::right},
                   {"active", "active per token", Align::right}},
                  {}};
  const ParameterCount all = count_parameters(model);
  std::map<std::string, ParameterCount> parts;
  for (const Layer& layer : model.layers) {
    const LayerParts layer_parts = parts_of(model, layer);
    const auto add = [&parts](std::string_view name, const ParameterCount& count) {
      parts[std::string(name)].total += count.total;
      parts[std::string(name)].active += count.active;
    };
    if (layer.mixer.kind != MixerKind::none) {
      add(enum_name(layer.mixer.kind), layer_parts.mixer);
    }
    add(layer.feed_forward.kind == FeedForwardKind::none  ? "norms"
        : layer.feed_forward.kind == FeedForwardKind::moe ? "experts, router and norms"
                                                          : "MLP and norms",
        layer_parts.feed_forward);
  }
  ParameterCount& rest = parts["embedding, head and final norm"];
  rest = minus(all, {});
  for (const auto& [name, count] : parts) {
    if (&count != &rest) {
      rest = minus(rest, count);
    }
  }
  const auto row = [&](const std::string& name, const ParameterCount& count) {
    const double share = count.total / all.total;
    section.rows.push_back({name,
                            count_cell(count.total),
                            {fmt::format("{:.1f}%", share * 100), share},
                            count_cell(count.active)});
  };
  for (const auto& [name, count] : parts) {
    row(name, count);
  }
  row("all", all);
  return section;
}

Section figure_section(const Model& model, const Provenance& provenance) {
  Section section{
      "figures", "", {{"figure", "figure"}, {"value", "value"}, {"meaning", "meaning"}}, {}};
  const auto add = [&section](std::string_view name, Cell value, std::string_view meaning) {
    section.rows.push_back({name, std::move(value), meaning});
  };
  const ParameterCount count = count_parameters(model);
  const Parallelism alone;
  add("model_type", model.type, "architecture");
  add("hidden_size", {fmt::format("{}", model.hidden_size), model.hidden_size}, "");
  add("vocab_size", {fmt::format("{}", model.vocab_size), model.vocab_size}, "");
  add("max_position_embeddings",
      {fmt::format("{}", model.max_position_embeddings), model.max_position_embeddings},
      "longest sequence; 0 is unlimited");
  add("parameters", count_cell(count.total), "as counted from the config");
  add("active parameters", count_cell(count.active), "used for one token");
  add("published parameters", provenance.published_parameters, provenance.published_source);
  add("published active parameters", provenance.published_active_parameters,
      provenance.published_active_parameters.empty() ? "" : provenance.published_source);
  add("not modelled", provenance.parameters_not_modelled, provenance.not_modelled);
  add("weights", weight_format_text(model), "formats");
  add("weight bytes", bytes_cell(weight_bytes_per_chip(model, alone)), "on one chip");
  add("KV cache format", enum_name(model.kv), "");
  add("KV cache per token", bytes_cell(kv_bytes_per_token(model)),
      "all layers, windows counted as if full");
  if (const double state = kv_bytes_per_sequence(model, alone, 0); state > 0) {
    add("recurrent state", bytes_cell(state), "of one sequence");
  }
  for (const double tokens : {8192.0, 131072.0}) {
    add(fmt::format("KV cache of {:.0f} tokens", tokens),
        bytes_cell(kv_bytes_per_sequence(model, alone, tokens)),
        "of one sequence, windows applied");
  }
  std::erase_if(section.rows, [](const auto& row) { return row[1].text.empty(); });
  return section;
}

}  // namespace

Page model_page(const std::string& name) {
  const Model model = load_model(name);
  const Provenance provenance = provenance_of(model.id);
  std::vector<std::string> sources;
  if (!provenance.source.empty()) {
    sources.push_back(fmt::format("{}{}", provenance.source,
                                  provenance.trust.empty() ? "" : " (" + provenance.trust + ")"));
  }
  std::vector<std::string> notes = model.notes;
  for (const std::string& text :
       {provenance.exception, provenance.active_exception, provenance.note}) {
    if (!text.empty()) {
      notes.push_back(text);
    }
  }
  Page page{"model", model.id, fmt::format("{} ({} layers)", model.id, model.layers.size()), {}};
  if (!provenance.aliases.empty()) {
    page.title += "\nalso " + join(std::span<const std::string>(provenance.aliases), ", ");
  }
  page.sections = {figure_section(model, provenance),
                   layer_section(model),
                   parameter_section(model),
                   line_section("aliases", "", provenance.aliases),
                   line_section("sources", "config read from", sources),
                   line_section("notes", "notes", notes)};
  return page;
}

}  // namespace moru
