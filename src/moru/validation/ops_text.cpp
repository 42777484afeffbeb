#include "moru/validation/ops_text.h"

#include "moru/base/json_writer.h"
#include "moru/base/table.h"
#include "moru/base/text.h"

#include <fmt/format.h>

namespace moru {
namespace {

void add_group(Table& table, const OpsGroup& group, std::vector<std::string> names) {
  names.push_back(with_thousands(group.rows));
  names.push_back(with_thousands(group.refused));
  for (const double value :
       {group.median_ape, group.mean_ape, group.p90_ape, group.bias, group.coverage90}) {
    names.push_back(group.predicted > 0 ? fmt::format("{:.1f}", value) : "-");
  }
  table.row(std::move(names));
}

Table group_table(std::vector<std::string> names) {
  std::vector<Align> align(names.size(), Align::left);
  for (const char* column : {"rows", "refused", "median", "mean", "p90", "bias", "in 90%"}) {
    names.emplace_back(column);
    align.push_back(Align::right);
  }
  return Table(std::move(names), std::move(align));
}

void write_group(JsonWriter& json, const OpsGroup& group) {
  json.begin_object()
      .field("chip", group.chip)
      .field("op", group.op)
      .field("dtype", group.dtype)
      .field("backend", group.backend)
      .field("rows", group.rows)
      .field("predicted", group.predicted)
      .field("refused", group.refused)
      .field("median_ape", group.median_ape)
      .field("mean_ape", group.mean_ape)
      .field("p90_ape", group.p90_ape)
      .field("bias", group.bias)
      .field("coverage90", group.coverage90)
      .end_object();
}

void write_groups(JsonWriter& json, std::string_view key, const std::vector<OpsGroup>& groups) {
  json.key(key).begin_array();
  for (const OpsGroup& group : groups) {
    write_group(json, group);
  }
  json.end_array();
}

// What mapping/interval.cpp should state, in the form that it states it.
std::string widths_text(const std::vector<DerivedWidth>& widths) {
  Table table({"90% interval", "rows", "elsewhere", "stated", "derived", "covers"},
              {Align::left, Align::right, Align::right, Align::right, Align::right, Align::right});
  for (const DerivedWidth& one : widths) {
    table.row({fmt::format("{{\"{}\", {:.2f}}},", one.name, one.derived), with_thousands(one.rows),
               with_thousands(one.elsewhere), fmt::format("{:.2f}", one.stated),
               fmt::format("{:.2f}", one.derived),
               fmt::format("{:.0f} to {:.0f}%", 100 * one.least_covered, 100 * one.most_covered)});
  }
  return widths.empty() ? "" : "\n" + table.text();
}

}  // namespace

std::string ops_text(const OpsValidation& result) {
  Table groups = group_table({"chip", "op", "dtype", "backend"});
  for (const OpsGroup& group : result.groups) {
    add_group(groups, group, {group.chip, group.op, group.dtype, group.backend});
  }
  Table by_chip_op = group_table({"chip", "op"});
  for (const OpsGroup& group : result.by_chip_op) {
    add_group(by_chip_op, group, {group.chip, group.op});
  }
  Table by_op = group_table({"op"});
  for (const OpsGroup& group : result.by_op) {
    add_group(by_op, group, {group.op});
  }
  std::string text = groups.text() + "\n" + by_chip_op.text() + "\n" + by_op.text();
  for (const auto& [reason, rows] : result.refusals) {
    text += fmt::format("refused {} rows, {}\n", with_thousands(rows), reason);
  }
  for (const OpsRow& row : result.worst) {
    text += fmt::format("{:+8.0f}%  measured {:.5g} us, predicted {:.5g} us  {}: {}\n",
                        100 * (row.predicted_us / row.measured_us - 1), row.measured_us,
                        row.predicted_us, row.op, row.text);
  }
  return text + widths_text(result.widths);
}

std::string ops_json(const OpsValidation& result) {
  JsonWriter json;
  json.begin_object().field("schema", "moru/validate-ops/1");
  write_groups(json, "groups", result.groups);
  write_groups(json, "by_op", result.by_op);
  write_groups(json, "by_chip_op", result.by_chip_op);
  json.key("refusals").begin_array();
  for (const auto& [reason, rows] : result.refusals) {
    json.begin_object().field("reason", reason).field("rows", rows).end_object();
  }
  json.end_array();
  if (!result.widths.empty()) {
    json.key("intervals").begin_array();
    for (const DerivedWidth& one : result.widths) {
      json.begin_object()
          .field("class", std::string(one.name))
          .field("rows", one.rows)
          .field("elsewhere", one.elsewhere)
          .field("stated", one.stated)
          .field("derived", one.derived)
          .field("least_covered", one.least_covered)
          .field("most_covered", one.most_covered)
          .end_object();
    }
    json.end_array();
  }
  json.end_object();
  return json.take();
}

std::string calibration_text(const Calibration& calibration) {
  std::string text = fmt::format("calibrated on {} rows: loss {:.4f} -> {:.4f}\n",
                                 with_thousands(calibration.rows), calibration.loss_before,
                                 calibration.loss_after);
  for (const GpuConstant& one : gpu_constants()) {
    if (one.is_estimated) {
      text += fmt::format("  {} = {:.4g};\n", one.name, calibration.constants.*one.member);
    }
  }
  return text;
}

std::string ops_rows_csv(const OpsValidation& result) {
  std::string text;
  for (const OpsRow& row : result.rows) {
    text +=
        fmt::format("{},{:.5g},{:.5g},{}\n", row.op, row.measured_us, row.predicted_us, row.text);
  }
  return text;
}

}  // namespace moru
