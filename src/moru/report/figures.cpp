#include "moru/report/serving_report.h"

#include <algorithm>

namespace moru {

ReportFigures figures_of(const Report& report) {
  ReportFigures figures;
  figures.duration = report.metrics.duration_seconds();
  double busy = 0;
  double used = 0;
  double running = 0;
  std::int64_t peak = 0;
  for (const ReplicaTotals& replica : report.replicas) {
    busy += to_seconds(replica.busy);
    used += replica.used_block_time * 1e-9;
    running += replica.running_time * 1e-9;
    peak = std::max(peak, replica.peak_used_blocks);
  }
  if (busy <= 0 || figures.duration <= 0) {
    return figures;
  }
  // Every chip of a replica is busy as long as the replica is.
  const double replicas = report.mean_replicas();
  const double blocks = static_cast<double>(report.engine.blocks) *
                        static_cast<double>(report.engine.parallelism.data);
  figures.busy_share = busy / (figures.duration * replicas);
  figures.mean_running = running / busy;
  figures.mean_kv_usage = used / (busy * blocks);
  figures.peak_kv_usage = static_cast<double>(peak) / blocks;
  const DType dtype =
      report.chip.compute_dtype(report.model.weights.mlp, report.model.weights.activation);
  // With pipeline stages the summed work is that of all stages; each has its own chip.
  const double stages = report.engine.parallelism.pipeline;
  if (const auto rate = report.chip.matrix_rate(dtype)) {
    figures.matrix_utilisation = report.work.flops / (busy * rate->value * stages);
  }
  if (const MemoryLevel* memory = report.chip.main_memory(); memory && memory->bandwidth) {
    figures.memory_utilisation =
        report.work.memory_bytes / (busy * memory->bandwidth->value.value * stages);
  }
  if (const Link* link = report.chip.link(LinkScope::scale_up)) {
    figures.link_utilisation =
        report.work.link_bytes / (busy * link->bandwidth.value.value * stages);
  }
  figures.host_share = std::max(0.0, 1 - report.work.seconds / (busy * stages));
  return figures;
}

}  // namespace moru
