#include "moru/planning/norms_frontier_text.h"

#include "moru/base/json_writer.h"
#include "moru/base/table.h"
#include "moru/norms/text_parts.h"

#include <fmt/format.h>

#include <algorithm>

namespace moru {
namespace {

std::string lever_text(NormsLever lever) {
  std::string text(enum_name(lever));
  std::replace(text.begin(), text.end(), '_', ' ');
  return text;
}

std::string cost_text(const std::optional<DiePriceRange>& cost) {
  return cost ? fmt::format("{:+.0f} ({:+.0f}..{:+.0f})", cost->mid, cost->low, cost->high) : "-";
}

double change(const NormsFrontier& frontier, const NormsMove& move) {
  return *move.tokens_per_second / *frontier.tokens_per_second - 1;
}

std::string tokens_text(const NormsFrontier& frontier, const NormsMove& move) {
  if (!frontier.tokens_per_second || !move.tokens_per_second) {
    return "-";
  }
  return fmt::format("{:.0f} ({:+.1f}%)", *move.tokens_per_second, 100 * change(frontier, move));
}

std::string answer(const NormsFrontier& frontier) {
  if (frontier.moves.empty()) {
    return fmt::format("{} is {}; no change of one resource within reach frees it further.\n",
                       frontier.chip, frontier.now.name());
  }
  const NormsMove& best = frontier.moves.front();
  std::string text =
      fmt::format("{} is {}. The cheapest change: {} {} -> {} ({:+.1f}%) makes it {}",
                  frontier.chip, frontier.now.name(), lever_text(best.lever), best.from, best.to,
                  100 * (best.factor - 1), best.target.name());
  if (best.added_cost) {
    text += fmt::format(", at {:+.0f} USD a chip ({:+.0f}..{:+.0f})", best.added_cost->mid,
                        best.added_cost->low, best.added_cost->high);
  }
  if (frontier.tokens_per_second && best.tokens_per_second) {
    text += fmt::format(" and {:+.1f}% tokens/s", 100 * change(frontier, best));
  }
  return wrapped_text(text + (best.is_buildable ? "." : fmt::format("; but {}.", best.obstacle)),
                      0) +
         "\n";
}

void write_range(JsonWriter& json, const std::optional<DiePriceRange>& range) {
  if (!range) {
    json.null();
    return;
  }
  json.begin_object()
      .field("low", range->low)
      .field("mid", range->mid)
      .field("high", range->high)
      .end_object();
}

}  // namespace

std::string frontier_text(const NormsFrontier& frontier, const FrontierQuestion& question,
                          bool explains) {
  std::string text = answer(frontier);
  if (!frontier.moves.empty()) {
    Table table({"lever", "from", "to", "change", "becomes", "USD a chip", "tokens/s", "crosses"},
                {Align::left, Align::left, Align::left, Align::right, Align::left, Align::right,
                 Align::right, Align::left});
    for (const NormsMove& move : frontier.moves) {
      table.row({lever_text(move.lever), move.from, move.to,
                 fmt::format("{:+.1f}%", 100 * (move.factor - 1)), move.target.name(),
                 cost_text(move.added_cost), tokens_text(frontier, move),
                 move.is_buildable ? move.crossed : move.obstacle});
    }
    text += "\n" + table.text();
  }
  text +=
      fmt::format("\n{}: {}\n", date_text(frontier.date),
                  frontier.tokens_per_second
                      ? fmt::format("{:.0f} tokens/s as it is ({}, {} requests at a time, "
                                    "{} + {} tokens each, {})",
                                    *frontier.tokens_per_second, question.model, question.batch,
                                    question.prompt_tokens, question.output_tokens, frontier.mapper)
                      : "tokens/s not known: " + frontier.no_tokens_because);
  if (explains) {
    append_labelled(
        text, "USD",
        "good die = wafer / (dies per wafer x yield); dies per wafer = pi (d/2)^2 / A - "
        "pi d / sqrt(2 A), d = 300 mm; yield = (1 + A D0 / 3)^-3");
    append_labelled(text, "tokens/s",
                    "requests x output / (requests x prefill step + output x decode step), the "
                    "steps by the mapper; area and links change none of it on one chip");
    append_labelled(text, "HBM",
                    "faster memory: capacity x 10.3..16.9 USD/GB x the rise of its rate (D)");
    append_labelled(text, "prices", frontier.die_price_source);
    append_labelled(text, "order",
                    fmt::format("dollars as a share of the chip's {:.0f} USD ({}) plus the share "
                                "of tokens/s lost",
                                frontier.chip_price, frontier.price_source));
    append_labelled(text, "levers",
                    "one at a time, from the chip as it is; area and rates as an engineer would "
                    "write them (1 mm2, 1 MHz, 1 GB/s), units whole");
  }
  return text + "\n" + kNotLegalAdvice + "\n";
}

std::string frontier_json(const NormsFrontier& frontier, const FrontierQuestion& question) {
  JsonWriter json;
  json.begin_object()
      .field("schema", "moru/norms-frontier/1")
      .field("chip", frontier.chip)
      .field("date", date_text(frontier.date))
      .field("class", frontier.now.name())
      .field("model", question.model)
      .field("batch", question.batch)
      .field("prompt_tokens", question.prompt_tokens)
      .field("output_tokens", question.output_tokens)
      .field("mapper", frontier.mapper);
  json.key("tokens_per_second");
  frontier.tokens_per_second ? json.value(*frontier.tokens_per_second) : json.null();
  json.key("moves").begin_array();
  for (const NormsMove& move : frontier.moves) {
    json.begin_object()
        .field("lever", enum_name(move.lever))
        .field("from", move.from)
        .field("to", move.to)
        .field("factor", move.factor)
        .field("class", move.target.name())
        .field("crosses", move.crossed)
        .field("is_buildable", move.is_buildable);
    json.key("added_usd");
    write_range(json, move.added_cost);
    json.key("tokens_per_second");
    move.tokens_per_second ? json.value(*move.tokens_per_second) : json.null();
    json.end_object();
  }
  json.end_array().end_object();
  return json.take();
}

}  // namespace moru
