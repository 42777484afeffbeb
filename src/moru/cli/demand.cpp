// moru demand: users and growth to chips, memory, wafers and power by month.
#include "moru/planning/demand.h"

#include "moru/base/file.h"
#include "moru/base/registry.h"
#include "moru/cli/options.h"

namespace moru {
namespace {

class Demand final : public Command {
 public:
  void declare(Options& options) override {
    options.required_text("--plan", plan_, "a plan's name (`moru show plans`) or YAML file");
    options.text("--without", without_, "leave out a supplier or country: TSMC, KR");
    options.text("--explain", explain_, "one cell: 2026-03.chips, chips_per_user, …");
    options.text("--prices", prices_, "file of facts that replace shipped prices and capacities");
    options.flag("--json", json_, "moru/demand/1 on stdout");
    options.text("-o,--output", output_, "write there instead of stdout");
    options.example("moru demand --plan chatgpt-world --without TW");
  }

  int run(const Options&) override {
    const DemandPlan plan = load_plan(plan_);
    const FactBook facts = load_facts(prices_);
    if (!without_.empty() && plan.wafers) {
      fail("--without goes with a plan of users: this one states wafers");
    }
    const DemandPlan rest = without_.empty() ? plan : without(plan, without_);
    const std::vector<ReplicaSize> sizes = size_replicas(plan);
    const DemandResult base = plan_demand(plan, sizes, facts);
    std::optional<DemandResult> lost;
    std::optional<Loss> loss;
    if (!without_.empty()) {
      lost = plan_demand(rest, sizes, facts);
      loss = loss_of(base, *lost, without_);
    }
    const DemandResult& shown = lost ? *lost : base;
    if (!explain_.empty()) {
      write_file(output_, explain(shown.estimates, explain_));
    } else {
      write_file(output_, json_ ? demand_json(shown, loss) : demand_text(shown, loss));
    }
    return kExitAnswered;
  }

 private:
  std::string plan_;
  std::string without_;
  std::string explain_;
  std::string prices_;
  bool json_ = false;
  std::string output_ = "-";
};

MORU_REGISTER(
    Command, Demand, "demand",
    "users and growth -> chips, HBM stacks, wafers, packages, MW by month; what binds first");

}  // namespace
}  // namespace moru
