// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

#include "bench.h"

namespace heddle {

struct Timing {
    double wallSeconds;
    double cpuSeconds;
};

/// The result of a run as one JSON document, written whole or not at all.
void writeResult(const RunSpec& run, const Bench& bench, const std::string& status, const Timing& timing);

}  // namespace heddle
