// SPDX-License-Identifier: Apache-2.0
#include "endpoint.h"

#include <algorithm>

namespace heddle {
namespace {
constexpr uint32_t VALID = 1U;
constexpr uint32_t LAST = 2U;
}  // namespace

Source::Source(const SourceSpec& spec, const ProbeSpec& stream, uint64_t frames, double stall, Random random,
               uint32_t* slot)
    : stream_(stream),
      data_(spec.dataFile, stream.elementBits, frames * stream.beatsPerFrame * stream.lanes),
      totalBeats_(frames * stream.beatsPerFrame),
      stall_(stall),
      random_(random),
      slot_(slot),
      words_(payloadWords(stream.lanes, stream.elementBits)) {}

void Source::restart() {
    next_ = 0;
    retract();
}

void Source::drive() {
    if (offering_ || done() || random_.chance(stall_)) return;
    present();
}

void Source::present() {
    offering_ = true;
    const bool last = (next_ + 1) % stream_.beatsPerFrame == 0;
    slot_[0] = VALID | (last ? LAST : 0U);
    std::fill_n(slot_ + 1, words_, 0U);
    const uint64_t base = next_ * stream_.lanes;
    for (unsigned lane = 0; lane < stream_.lanes; ++lane) {
        insertLane(slot_ + 1, lane, stream_.elementBits, data_.at(base + lane));
    }
}

/// Between beats the payload is noise, so that a design which reads it without tvalid is found out.
void Source::retract() {
    offering_ = false;
    slot_[0] = static_cast<uint32_t>(random_.next()) & LAST;
    for (size_t i = 0; i < words_; ++i) slot_[1 + i] = static_cast<uint32_t>(random_.next());
}

void Source::accepted() {
    ++next_;
    offering_ = false;
    if (stall_ > 0.0 || done()) {
        retract();
    }
}

}  // namespace heddle
