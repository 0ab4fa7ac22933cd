// SPDX-License-Identifier: Apache-2.0
#include "bench.h"

#include <cstdio>
#include <stdexcept>

namespace heddle {
namespace {

constexpr uint64_t SECOND_RESET_CYCLES = 3;
constexpr uint64_t PROGRESS_EVERY_CYCLES = 1U << 14;

void checkSlot(const std::string& name, size_t end, size_t words) {
    if (end > words) throw std::runtime_error(name + " lies outside of the design's vectors");
}

double pick(double own, double common) { return own < 0.0 ? common : own; }

}  // namespace

Bench::Bench(const RunSpec& run) : run_(run), pins_(createModel(run.seed)) {
    for (const ProbeSpec& spec : run.probes) {
        checkSlot(spec.name, spec.observeWord + 1 + (spec.dataBits + 31) / 32, pins_.observeWords);
        probes_.emplace_back(spec, run.frames, pins_.observe + spec.observeWord);
    }
    uint64_t stream = 0;
    for (const SourceSpec& spec : run.sources) {
        const ProbeSpec& probe = run.probes[spec.probe];
        checkSlot(spec.name, spec.driveWord + 1 + payloadWords(probe.lanes, probe.elementBits), pins_.driveWords);
        sources_.emplace_back(spec, probe, run.frames, pick(spec.stall, run.sourceStall), Random(run.seed, ++stream),
                              pins_.drive + spec.driveWord);
    }
    for (const SinkSpec& spec : run.sinks) {
        checkSlot(spec.name, spec.driveWord + 1, pins_.driveWords);
        sinks_.emplace_back(pick(spec.stall, run.sinkStall), Random(run.seed, ++stream), pins_.drive + spec.driveWord);
    }
    for (const ActivitySpec& spec : run.activities) checkSlot(spec.name, spec.observeWord + 1, pins_.observeWords);
    fired_.resize(probes_.size());
    activityCounts_.resize(run.activities.size());
    if (!run.traceFile.empty() && !openTrace(run.traceFile)) {
        throw std::runtime_error("cannot trace to " + run.traceFile + " (is this build made for tracing?)");
    }
}

bool Bench::sourcesDone() const {
    for (const Source& source : sources_) {
        if (!source.done()) return false;
    }
    return true;
}

bool Bench::sinksDone() const {
    for (const SinkSpec& sink : run_.sinks) {
        if (!probes_[sink.probe].complete()) return false;
    }
    return true;
}

void Bench::step(bool rst) {
    evaluate(false, rst);
    evaluate(true, rst);
    evaluations_ += 2;
}

/// Nothing is offered or checked until the design had time to bring a synchronised reset in and out again. Nothing is
/// taken either, so that a beat which survives the reset is still there to be found.
void Bench::reset(uint64_t cycles) {
    for (Source& source : sources_) source.restart();
    for (Sink& sink : sinks_) sink.block();
    for (uint64_t i = 0; i < cycles; ++i) step(true);
    for (uint64_t i = 0; i < run_.settleCycles; ++i) step(false);
    for (Probe& probe : probes_) probe.restart();
    incomplete_ = probes_.size();
    mismatched_ = false;
    activityCounts_.assign(activityCounts_.size(), 0);
    cycle_ = 0;
    idle_ = 0;
    drained_ = 0;
}

/// One clock cycle; true when a beat moved anywhere.
bool Bench::cycle() {
    for (Source& source : sources_) source.drive();
    for (Sink& sink : sinks_) sink.drive();
    evaluate(false, false);
    bool moved = false;
    for (size_t i = 0; i < probes_.size(); ++i) {
        fired_[i] = probes_[i].sample(cycle_);
        if (!fired_[i]) continue;
        moved = true;
        const ProbeCounts& counts = probes_[i].counts();
        if (counts.beats == probes_[i].expectedBeats()) --incomplete_;
        mismatched_ |= counts.mismatches > 0;
    }
    for (size_t i = 0; i < activityCounts_.size(); ++i) {
        const ActivitySpec& spec = run_.activities[i];
        activityCounts_[i] += pins_.observe[spec.observeWord] >> spec.bit & 1U;
    }
    evaluate(true, false);
    evaluations_ += 2;
    for (size_t i = 0; i < sources_.size(); ++i) {
        if (fired_[run_.sources[i].probe]) sources_[i].accepted();
    }
    ++cycle_;
    return moved;
}

void Bench::updateTrace() {
    if (run_.traceFile.empty()) return;
    const bool on = cycle_ >= run_.traceFrom && (run_.traceCycles == 0 || cycle_ < run_.traceFrom + run_.traceCycles);
    if (on != tracing_) enableTrace(on);
    tracing_ = on;
}

void Bench::showProgress() const {
    uint64_t beats = 0;
    uint64_t total = 0;
    for (const Probe& probe : probes_) {
        beats += probe.counts().beats;
        total += probe.expectedBeats();
    }
    const uint64_t in = run_.sources.empty() ? 0 : probes_[run_.sources[0].probe].counts().beats;
    std::fprintf(stderr, "progress %llu %llu %llu %llu\n", static_cast<unsigned long long>(cycle_),
                 static_cast<unsigned long long>(beats), static_cast<unsigned long long>(total),
                 static_cast<unsigned long long>(in));
}

/// Empty while the run goes on.
std::string Bench::verdict() {
    if (modelStopped()) return modelFailed() ? "assertion" : "finished";
    if (run_.stopOnMismatch && mismatched_) return "mismatch";
    if (probesDone() && sourcesDone()) {
        if (drained_++ >= run_.drainCycles) return "done";
    } else if (idle_ >= run_.maxIdleCycles) {
        return "deadlock";
    }
    if (run_.maxCycles != 0 && cycle_ >= run_.maxCycles) return "cycle-limit";
    return {};
}

std::string Bench::execute() {
    updateTrace();
    reset(run_.resetCycles);
    bool resetDue = run_.resetAfterCycles != 0;
    for (;;) {
        const std::string status = verdict();
        if (!status.empty() && !(resetDue && status == "done")) return status;
        if (resetDue && (cycle_ >= run_.resetAfterCycles || !status.empty())) {
            resetDue = false;
            reset(SECOND_RESET_CYCLES);
            continue;
        }
        updateTrace();
        idle_ = cycle() ? 0 : idle_ + 1;
        if (run_.progress && cycle_ % PROGRESS_EVERY_CYCLES == 0) showProgress();
    }
}

}  // namespace heddle
