#include "moru/base/catalogue.h"
#include "moru/base/fields_parse.h"
#include "moru/base/file.h"
#include "moru/model/model.h"
#include "moru/report/catalogue_report.h"

#include <algorithm>
#include <filesystem>
#include <map>

namespace moru {
namespace {

// The provenance.yaml beside a config.json.
struct Provenance {
  static constexpr std::string_view kTypeName = "provenance";
  std::vector<std::string> aliases;
  std::string source;
  std::string trust;
  std::string published_parameters;
  std::string published_active_parameters;
  std::string published_source;
  std::string exception;
  std::string active_exception;
  std::string not_modelled;
  std::string parameters_not_modelled;
  std::string note;

  template <class V>
  static void fields(V& v, auto& x) {
    v.optional("aliases", x.aliases, "other names it answers to, on one line");
    v.optional("source", x.source, "where the config was read");
    v.optional("trust", x.trust, "of the config: S V T M E D");
    v.optional("published_parameters", x.published_parameters, "as its maker states them");
    v.optional("published_active_parameters", x.published_active_parameters,
               "used for one token, as its maker states them");
    v.optional("published_source", x.published_source, "where the maker states them");
    v.optional("exception", x.exception, "why the count differs from the published one");
    v.optional("active_exception", x.active_exception, "the same for the active parameters");
    v.optional("not_modelled", x.not_modelled, "parts of the checkpoint that are not run");
    v.optional("parameters_not_modelled", x.parameters_not_modelled, "and their size");
    v.optional("note", x.note, "what a reader should know");
  }
};

Provenance provenance_of(const std::string& id) {
  const Found found = find_in_catalogue(kModels, id);
  const std::string path =
      found.path.empty()
          ? ""
          : (std::filesystem::path(found.path).parent_path() / "provenance.yaml").string();
  return file_exists(path) ? parse_document<Provenance>(read_document(path)) : Provenance{};
}

// Notes of a whole list of models would drown it; each model's page has its own.
class QuietWhile {
 public:
  QuietWhile() : was_quiet_(is_quiet()) { set_quiet(true); }
  ~QuietWhile() { set_quiet(was_quiet_); }
  QuietWhile(const QuietWhile&) = delete;
  QuietWhile& operator=(const QuietWhile&) = delete;

 private:
  bool was_quiet_;
};

std::string context_text(const ContextRule& rule) {
  switch (rule.kind) {
    case ContextKind::full:
      return "";
    case ContextKind::window:
      return fmt::format(", window {}", rule.span);
    case ContextKind::chunk:
      return fmt::format(", chunks of {}", rule.span);
    case ContextKind::sparse:
      return fmt::format(", sparse top {}", rule.span);
  }
  return "";
}

std::string mixer_text(const Mixer& mixer) {
  switch (mixer.kind) {
    case MixerKind::attention:
      return fmt::format("attention, {} heads, {} kv, head_dim {}{}{}", mixer.heads, mixer.kv_heads,
                         mixer.head_dim, context_text(mixer.rule),
                         mixer.shares_kv ? ", reads another layer's KV" : "");
    case MixerKind::latent_attention:
      return fmt::format(
          "latent attention, {} heads, kv_lora_rank {} + rope {}{}{}", mixer.heads,
          mixer.kv_lora_rank, mixer.qk_rope_head_dim, context_text(mixer.rule),
          mixer.index_heads > 0
              ? fmt::format(", indexer of {} heads x {}", mixer.index_heads, mixer.index_head_dim)
              : "");
    case MixerKind::gated_delta:
      return fmt::format("gated delta rule, {} key heads x {}, {} value heads x {}",
                         mixer.key_heads, mixer.key_head_dim, mixer.value_heads,
                         mixer.value_head_dim);
    case MixerKind::mamba2:
      return fmt::format("Mamba-2, inner {}, state {}, {} groups", mixer.inner, mixer.key_head_dim,
                         mixer.groups);
    case MixerKind::mamba1:
      return fmt::format("Mamba, inner {}, state {}", mixer.inner, mixer.key_head_dim);
    case MixerKind::none:
      return "";
  }
  return "";
}

std::string feed_forward_text(const FeedForward& part) {
  switch (part.kind) {
    case FeedForwardKind::dense:
      return fmt::format("{}{}", part.is_gated ? "gated MLP " : "MLP ", part.inter);
    case FeedForwardKind::moe:
      return fmt::format(
          "{} experts of {}, top {}{}", part.experts, part.inter, part.topk,
          part.shared_inter > 0 ? fmt::format(", shared {}", part.shared_inter) : "");
    case FeedForwardKind::none:
      return "";
  }
  return "";
}

// "bf16", or "mxfp4 experts, bf16 attention".
std::string format_text(const Model& model) {
  bool has_dense = false;
  bool has_experts = false;
  for (const Layer& layer : model.layer_kinds()) {
    has_dense = has_dense || layer.feed_forward.kind == FeedForwardKind::dense ||
                layer.feed_forward.shared_inter > 0;
    has_experts = has_experts || layer.feed_forward.kind == FeedForwardKind::moe;
  }
  const DType largest = has_experts ? model.weights.experts : model.weights.mlp;
  std::string text(enum_name(largest));
  if (has_experts && has_dense && model.weights.mlp != largest) {
    text += fmt::format(", MLP {}", enum_name(model.weights.mlp));
  }
  if (model.weights.attention != largest) {
    text += fmt::format(", attention {}", enum_name(model.weights.attention));
  }
  return text;
}

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
  add("weights", format_text(model), "formats");
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

std::string mixers_text(const Model& model) {
  std::vector<std::pair<std::string, int>> counts;
  for (const Layer& layer : model.layers) {
    std::string name(enum_name(layer.mixer.kind));
    name += layer.mixer.rule.kind == ContextKind::full || layer.mixer.rule.span == 0
                ? ""
                : fmt::format("/{}", layer.mixer.rule.span);
    const auto found = std::find_if(counts.begin(), counts.end(),
                                    [&](const auto& entry) { return entry.first == name; });
    if (found == counts.end()) {
      counts.emplace_back(name, 1);
    } else {
      ++found->second;
    }
  }
  std::string text;
  for (const auto& [name, count] : counts) {
    text += text.empty() ? "" : " + ";
    text += counts.size() == 1 ? name : fmt::format("{} {}", count, name);
  }
  return text;
}

// "32/8", "128 latent", "" for a model without attention.
std::string heads_text(const Model& model) {
  for (const Layer& layer : model.layers) {
    if (layer.mixer.kind == MixerKind::attention) {
      return fmt::format("{}/{}", layer.mixer.heads, layer.mixer.kv_heads);
    }
    if (layer.mixer.kind == MixerKind::latent_attention) {
      return fmt::format("{} latent", layer.mixer.heads);
    }
  }
  return "";
}

std::string experts_text(const Model& model) {
  for (const Layer& layer : model.layers) {
    if (layer.feed_forward.kind == FeedForwardKind::moe) {
      return fmt::format("{} top {}", layer.feed_forward.experts, layer.feed_forward.topk);
    }
  }
  return "";
}

}  // namespace

Page model_list() {
  const QuietWhile quiet;
  Section section{"items",
                  "",
                  {{"id", "id"},
                   {"layers", "layers", Align::right},
                   {"hidden_size", "hidden", Align::right},
                   {"heads", "heads/kv", Align::right},
                   {"experts", "experts", Align::right},
                   {"parameters", "parameters", Align::right},
                   {"active_parameters", "active", Align::right},
                   {"published_parameters", "published", Align::right},
                   {"published_active_parameters", "active", Align::right},
                   {"kv_bytes_per_token", "KV/token", Align::right},
                   {"weights", "weights"},
                   {"mixers", "mixers"}},
                  {}};
  for (const std::string& id : catalogue_ids(kModels)) {
    const Model model = load_model(id);
    const ParameterCount count = count_parameters(model);
    const Provenance provenance = provenance_of(id);
    section.rows.push_back(
        {id,
         {fmt::format("{}", model.layers.size()), model.layers.size()},
         {fmt::format("{}", model.hidden_size), model.hidden_size},
         heads_text(model),
         experts_text(model),
         count_cell(count.total),
         count.active < count.total ? count_cell(count.active) : Cell("", count.active),
         provenance.published_parameters,
         provenance.published_active_parameters,
         bytes_cell(kv_bytes_per_token(model)),
         format_text(model),
         mixers_text(model)});
  }
  return {"models", "", "", {std::move(section)}};
}

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
