#include "moru/validation/ops_scatter.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

namespace moru {
namespace {

constexpr double kPanel = 240;  // pixels of a panel, frame included
constexpr double kMargin = 24;  // around the axes
constexpr double kLow = 0;      // 1 us
constexpr double kHigh = 6;     // 1 s
constexpr std::size_t kPerRow = 4;

double position(double us) {
  const double share = (std::clamp(std::log10(us), kLow, kHigh) - kLow) / (kHigh - kLow);
  return kMargin + share * (kPanel - 2 * kMargin);
}

std::string line(double factor, std::string_view colour) {
  const double low = std::pow(10, kLow);
  const double high = std::pow(10, kHigh);
  return fmt::format("<line x1='{:.1f}' y1='{:.1f}' x2='{:.1f}' y2='{:.1f}' stroke='{}'/>\n",
                     position(low), kPanel - position(low * factor), position(high),
                     kPanel - position(high * factor), colour);
}

std::string panel(const std::string& op, const std::vector<const OpsRow*>& rows,
                  std::size_t points) {
  std::string svg = fmt::format(
      "<rect x='{0}' y='{0}' width='{1}' height='{1}' fill='none' stroke='#888'/>\n"
      "<text x='{0}' y='16' font-size='12'>{2}, {3} rows, 1 us to 1 s</text>\n",
      kMargin, kPanel - 2 * kMargin, op, rows.size());
  svg += line(1, "#000") + line(1.5, "#ccc") + line(1 / 1.5, "#ccc");
  const std::size_t stride =
      std::max<std::size_t>(1, rows.size() / std::max<std::size_t>(points, 1));
  for (std::size_t i = 0; i < rows.size(); i += stride) {
    svg += fmt::format("<circle cx='{:.1f}' cy='{:.1f}' r='1' fill='#06c'/>\n",
                       position(rows[i]->measured_us), kPanel - position(rows[i]->predicted_us));
  }
  return svg;
}

}  // namespace

std::string ops_scatter_svg(const OpsValidation& result, std::size_t points) {
  std::map<std::string, std::vector<const OpsRow*>> by_op;
  for (const OpsRow& row : result.rows) {
    by_op[row.op].push_back(&row);
  }
  const std::size_t lines = (by_op.size() + kPerRow - 1) / kPerRow;
  std::string svg = fmt::format(
      "<svg xmlns='http://www.w3.org/2000/svg' width='{}' height='{}' "
      "font-family='sans-serif'>\n<!-- across: measured; up: predicted -->\n",
      kPanel * kPerRow, kPanel * static_cast<double>(std::max<std::size_t>(lines, 1)));
  std::size_t index = 0;
  for (const auto& [op, rows] : by_op) {
    svg += fmt::format("<g transform='translate({},{})'>\n{}</g>\n",
                       kPanel * static_cast<double>(index % kPerRow),
                       kPanel * static_cast<double>(index / kPerRow), panel(op, rows, points));
    ++index;
  }
  return svg + "</svg>\n";
}

}  // namespace moru
