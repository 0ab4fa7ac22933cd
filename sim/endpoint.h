// SPDX-License-Identifier: Apache-2.0
// The two ends that the harness plays: a source that drives tvalid/tlast/tdata, a sink that drives tready.
#pragma once
#include <cstdint>

#include "elements.h"
#include "probe.h"
#include "random.h"

namespace heddle {

/// Raises tvalid with probability 1 - stall in each cycle; once raised, holds it with its payload until accepted.
class Source {
public:
    Source(const SourceSpec& spec, const ProbeSpec& stream, uint64_t frames, double stall, Random random, uint32_t* slot);
    void restart();
    void drive();
    /// The beat on offer was taken at this clock edge.
    void accepted();
    bool done() const { return next_ == totalBeats_; }

private:
    void present();
    void retract();

    ProbeSpec stream_;
    ElementFile data_;
    uint64_t totalBeats_;
    double stall_;
    Random random_;
    uint32_t* slot_;  // flags, then payload
    size_t words_;
    uint64_t next_ = 0;
    bool offering_ = false;
};

/// Draws tready anew in each cycle, whatever tvalid does.
class Sink {
public:
    Sink(double stall, Random random, uint32_t* slot) : stall_(stall), random_(random), slot_(slot) {}
    void drive() { slot_[0] = random_.chance(stall_) ? 0U : 1U; }
    void block() { slot_[0] = 0U; }

private:
    double stall_;
    Random random_;
    uint32_t* slot_;
};

}  // namespace heddle
