// SPDX-License-Identifier: Apache-2.0
#include "probe.h"

#include <cstring>
#include <stdexcept>

namespace heddle {
namespace {
constexpr uint32_t LAST = 4U;
constexpr uint32_t USER = 8U;
}  // namespace

const char* violationName(Violation kind) {
    switch (kind) {
        case Violation::validDropped: return "valid-dropped";
        case Violation::payloadChanged: return "payload-changed";
        case Violation::earlyLast: return "early-last";
        case Violation::missingLast: return "missing-last";
        case Violation::extraBeat: return "extra-beat";
    }
    return "unknown";
}

Probe::Probe(const ProbeSpec& spec, uint64_t frames, const uint32_t* slot)
    : spec_(spec),
      slot_(slot),
      expectedBeats_(frames * spec.beatsPerFrame),
      words_((spec.dataBits + 31) / 32),
      captureFile_(nullptr, std::fclose),
      held_(1 + words_) {
    if (!spec.expectedFile.empty()) {
        expected_ = std::make_unique<ElementFile>(spec.expectedFile, spec.elementBits, expectedBeats_ * spec.lanes);
    }
    restart();
}

void Probe::restart() {
    counts_ = ProbeCounts();
    frame_ = 0;
    beatInFrame_ = 0;
    waiting_ = false;
    if (spec_.captureFile.empty()) return;
    captureFile_.reset(std::fopen(spec_.captureFile.c_str(), "wb"));
    if (!captureFile_) throw std::runtime_error("cannot write " + spec_.captureFile);
}

void Probe::violate(Violation kind, uint64_t cycle) {
    if (counts_.protocolErrors++ == 0) counts_.firstProtocolError.push_back({kind, cycle, counts_.beats});
}

void Probe::hold() {
    waiting_ = true;
    std::memcpy(held_.data(), slot_, held_.size() * sizeof(uint32_t));
}

void Probe::checkHeld(uint64_t cycle) {
    if (!valid_) {
        violate(Violation::validDropped, cycle);
        return;
    }
    const bool sameFlags = ((held_[0] ^ slot_[0]) & (LAST | USER)) == 0;
    if (sameFlags && std::memcmp(held_.data() + 1, slot_ + 1, words_ * sizeof(uint32_t)) == 0) return;
    violate(Violation::payloadChanged, cycle);
    hold();
}

void Probe::accept(uint64_t cycle) {
    if (complete()) {
        violate(Violation::extraBeat, cycle);
        ++counts_.beats;
        return;
    }
    if (beatInFrame_ == 0) counts_.frameFirstCycles.push_back(cycle);
    if (spec_.hasLast) checkLast(cycle);
    if (expected_) compare(cycle);
    if (captureFile_) capture();
    counts_.userBeats += (slot_[0] & USER) != 0;
    ++counts_.beats;
    if (++beatInFrame_ < spec_.beatsPerFrame) return;
    counts_.frameLastCycles.push_back(cycle);
    beatInFrame_ = 0;
    ++frame_;
}

void Probe::checkLast(uint64_t cycle) {
    const bool last = (slot_[0] & LAST) != 0;
    const bool due = beatInFrame_ + 1 == spec_.beatsPerFrame;
    if (last && !due) violate(Violation::earlyLast, cycle);
    if (!last && due) violate(Violation::missingLast, cycle);
}

/// Lanes that carry channels; the last beat of a pixel may have fewer.
unsigned Probe::lanesInBeat() const {
    if (spec_.channels == 0) return spec_.lanes;
    const uint64_t beatsPerPixel = (spec_.channels + spec_.lanes - 1) / spec_.lanes;
    const uint64_t before = beatInFrame_ % beatsPerPixel * spec_.lanes;
    const uint64_t left = spec_.channels - before;
    return left < spec_.lanes ? static_cast<unsigned>(left) : spec_.lanes;
}

void Probe::compare(uint64_t cycle) {
    const unsigned lanes = lanesInBeat();
    const uint64_t base = counts_.beats * spec_.lanes;
    counts_.compared += lanes;
    // Bytes of a payload lie as in the file on a little-endian host, which Verilator's word order asks for anyway.
    if (spec_.elementBits == 8 && std::memcmp(slot_ + 1, expected_->bytes() + base, lanes) == 0) return;
    for (unsigned lane = 0; lane < lanes; ++lane) {
        const uint32_t got = extractLane(slot_ + 1, lane, spec_.elementBits);
        const uint32_t want = expected_->at(base + lane);
        if (got == want) continue;
        if (counts_.mismatches++ == 0) counts_.firstMismatch.push_back({frame_, beatInFrame_, lane, cycle, want, got});
    }
}

void Probe::capture() {
    const unsigned size = bytesPerElement(spec_.elementBits);
    for (unsigned lane = 0; lane < spec_.lanes; ++lane) {
        const uint32_t value = extractLane(slot_ + 1, lane, spec_.elementBits);
        for (unsigned byte = 0; byte < size; ++byte) std::fputc(static_cast<int>(value >> (8 * byte) & 0xffU), captureFile_.get());
    }
}

}  // namespace heddle
