// SPDX-License-Identifier: Apache-2.0
// One run of a design: reset, drive, sample, until done, stuck or stopped.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "endpoint.h"
#include "model.h"
#include "probe.h"
#include "run_file.h"

namespace heddle {

class Bench {
public:
    explicit Bench(const RunSpec& run);

    /// Returns the run's status: done, deadlock, mismatch, cycle-limit, assertion or finished.
    std::string execute();

    const std::vector<Probe>& probes() const { return probes_; }
    const std::vector<uint64_t>& activityCounts() const { return activityCounts_; }
    /// Cycles since the last reset settled; cycle numbers everywhere count from there.
    uint64_t cycles() const { return cycle_; }
    uint64_t evaluations() const { return evaluations_; }
    bool sourcesDone() const;
    bool sinksDone() const;
    /// Streams inside may go on when the ends are through: what a later layer drops is made and compared all the same.
    bool probesDone() const { return incomplete_ == 0; }

private:
    void reset(uint64_t cycles);
    void step(bool rst);
    bool cycle();
    void updateTrace();
    void showProgress() const;
    std::string verdict();

    const RunSpec& run_;
    Pins pins_;
    std::vector<Probe> probes_;
    std::vector<Source> sources_;
    std::vector<Sink> sinks_;
    std::vector<uint8_t> fired_;  // per probe: a beat was accepted in this cycle
    std::vector<uint64_t> activityCounts_;
    size_t incomplete_ = 0;  // probes that still wait for beats
    bool mismatched_ = false;
    uint64_t cycle_ = 0;
    uint64_t idle_ = 0;
    uint64_t drained_ = 0;
    uint64_t evaluations_ = 0;
    bool tracing_ = false;
};

}  // namespace heddle
