// A measured row as the question it answers.
#pragma once

#include "moru/mapping/engine.h"
#include "moru/mapping/task.h"
#include "moru/validation/ops_rows.h"

#include <tl/expected.hpp>

#include <string_view>

namespace moru {

// `op`: the file's stem. The reason why a row cannot be asked, otherwise.
tl::expected<Task, Infeasible> task_of(std::string_view op, const MeasuredOp& row,
                                       const Engine& engine);

}  // namespace moru
