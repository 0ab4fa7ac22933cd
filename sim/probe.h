// SPDX-License-Identifier: Apache-2.0
// Watches one valid/ready stream: counts, compares with expected elements, checks the handshake rules.
#pragma once
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "elements.h"
#include "run_file.h"

namespace heddle {

struct Mismatch {
    uint64_t frame, beat, lane, cycle;
    uint32_t expected, got;
};

enum class Violation { validDropped, payloadChanged, earlyLast, missingLast, extraBeat };
const char* violationName(Violation kind);

struct ProtocolError {
    Violation kind;
    uint64_t cycle, beat;
};

/// Everything counted since the last reset.
struct ProbeCounts {
    uint64_t beats = 0;
    uint64_t stalls = 0;   // cycles with valid and not ready
    uint64_t starves = 0;  // cycles with ready and not valid
    uint64_t compared = 0;
    uint64_t mismatches = 0;
    uint64_t protocolErrors = 0;
    uint64_t userBeats = 0;  // beats with the user bit set
    std::vector<Mismatch> firstMismatch;           // none or one
    std::vector<ProtocolError> firstProtocolError;  // none or one
    std::vector<uint64_t> frameFirstCycles;
    std::vector<uint64_t> frameLastCycles;
};

class Probe {
public:
    Probe(const ProbeSpec& spec, uint64_t frames, const uint32_t* slot);

    /// Forgets all counts and starts from frame 0 again.
    void restart();

    /// One cycle, before the clock's rising edge. True when a beat is accepted in it.
    bool sample(uint64_t cycle) {
        const uint32_t flags = slot_[0];
        const bool valid = flags & 1U;
        const bool ready = flags & 2U;
        valid_ = valid;
        ready_ = ready;
        if (waiting_) checkHeld(cycle);
        if (!valid) {
            counts_.starves += ready;
            waiting_ = false;
            return false;
        }
        if (!ready) {
            ++counts_.stalls;
            if (!waiting_) hold();
            return false;
        }
        waiting_ = false;
        accept(cycle);
        return true;
    }

    const ProbeSpec& spec() const { return spec_; }
    const ProbeCounts& counts() const { return counts_; }
    uint64_t expectedBeats() const { return expectedBeats_; }
    bool complete() const { return counts_.beats >= expectedBeats_; }
    bool valid() const { return valid_; }
    bool ready() const { return ready_; }

private:
    void hold();
    void checkHeld(uint64_t cycle);
    void accept(uint64_t cycle);
    void compare(uint64_t cycle);
    void checkLast(uint64_t cycle);
    void capture();
    void violate(Violation kind, uint64_t cycle);
    unsigned lanesInBeat() const;

    ProbeSpec spec_;
    const uint32_t* slot_;  // flags, then payload
    uint64_t expectedBeats_;
    size_t words_;
    std::unique_ptr<ElementFile> expected_;
    std::unique_ptr<FILE, int (*)(FILE*)> captureFile_;
    ProbeCounts counts_;
    uint64_t frame_ = 0;
    uint64_t beatInFrame_ = 0;
    bool valid_ = false;
    bool ready_ = false;
    bool waiting_ = false;
    std::vector<uint32_t> held_;  // flags and payload of the beat that waits
};

}  // namespace heddle
