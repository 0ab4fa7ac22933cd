// SPDX-License-Identifier: Apache-2.0
// Small deterministic generators: SplitMix64 makes seeds, xoshiro256** (Blackman and Vigna, 2018) makes the streams.
#pragma once
#include <cstdint>

namespace heddle {

inline uint64_t splitMix64(uint64_t& state) {
    uint64_t z = (state += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
}

class Random {
public:
    /// Streams of one seed with different numbers are independent.
    Random(uint64_t seed, uint64_t stream) {
        uint64_t mixer = stream;
        uint64_t state = seed ^ splitMix64(mixer);
        for (uint64_t& word : words_) word = splitMix64(state);
    }

    uint64_t next() {
        const uint64_t result = rotate(words_[1] * 5, 7) * 9;
        const uint64_t shifted = words_[1] << 17;
        words_[2] ^= words_[0];
        words_[3] ^= words_[1];
        words_[1] ^= words_[2];
        words_[0] ^= words_[3];
        words_[2] ^= shifted;
        words_[3] = rotate(words_[3], 45);
        return result;
    }

    /// True with the given probability; draws nothing at 0 and 1.
    bool chance(double probability) {
        if (probability <= 0.0) return false;
        if (probability >= 1.0) return true;
        return static_cast<double>(next() >> 11) * 0x1p-53 < probability;
    }

private:
    static uint64_t rotate(uint64_t x, int k) { return (x << k) | (x >> (64 - k)); }
    uint64_t words_[4];
};

}  // namespace heddle
