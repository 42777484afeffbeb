#include "moru/base/catalogue.h"
#include "moru/base/error.h"
#include "moru/report/catalogue_report.h"
#include "moru/report/model_text.h"
#include "moru/report/provenance.h"

#include <fmt/format.h>

namespace moru {
namespace {

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
    const double kv_bytes = kv_bytes_per_token(model);
    const Provenance provenance = provenance_of(id);
    section.rows.push_back({id,
                            {fmt::format("{}", model.layers.size()), model.layers.size()},
                            {fmt::format("{}", model.hidden_size), model.hidden_size},
                            heads_text(model),
                            experts_text(model),
                            Cell(count_text(count.total), count.total),
                            count.active < count.total
                                ? Cell(count_text(count.active), count.active)
                                : Cell("", count.active),
                            provenance.published_parameters,
                            provenance.published_active_parameters,
                            Cell(to_string(Bytes{kv_bytes}), kv_bytes),
                            weight_format_text(model),
                            mixers_text(model)});
  }
  return {"models", "", "", {std::move(section)}};
}

}  // namespace moru
