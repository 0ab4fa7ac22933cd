// SPDX-License-Identifier: Apache-2.0
// Data files (1, 2 or 4 bytes an element, little endian) and elements inside the packed words of a stream.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace heddle {

inline unsigned bytesPerElement(unsigned elementBits) { return elementBits <= 8 ? 1 : elementBits <= 16 ? 2 : 4; }

inline uint32_t elementMask(unsigned elementBits) {
    return elementBits >= 32 ? 0xffffffffU : (1U << elementBits) - 1U;
}

/// The element at `lane` of a payload whose lanes stand side by side, lane 0 lowest. 1..32 bits.
inline uint32_t extractLane(const uint32_t* words, unsigned lane, unsigned elementBits) {
    const size_t bit = static_cast<size_t>(lane) * elementBits;
    const unsigned shift = bit % 32;
    uint64_t window = words[bit / 32];
    if (shift + elementBits > 32) window |= static_cast<uint64_t>(words[bit / 32 + 1]) << 32;
    return static_cast<uint32_t>(window >> shift) & elementMask(elementBits);
}

/// Or-s an element into a payload that is zero there.
inline void insertLane(uint32_t* words, unsigned lane, unsigned elementBits, uint32_t value) {
    const size_t bit = static_cast<size_t>(lane) * elementBits;
    const unsigned shift = bit % 32;
    const uint64_t window = static_cast<uint64_t>(value & elementMask(elementBits)) << shift;
    words[bit / 32] |= static_cast<uint32_t>(window);
    if (shift + elementBits > 32) words[bit / 32 + 1] |= static_cast<uint32_t>(window >> 32);
}

inline size_t payloadWords(unsigned lanes, unsigned elementBits) {
    return (static_cast<size_t>(lanes) * elementBits + 31) / 32;
}

/// Elements of a file, as raw bits (a signed element is masked to its width).
class ElementFile {
public:
    /// Throws std::runtime_error when the file does not hold exactly `count` elements.
    ElementFile(const std::string& path, unsigned elementBits, uint64_t count);

    uint32_t at(uint64_t index) const {
        const uint8_t* p = bytes_.data() + index * size_;
        uint32_t value = p[0];
        if (size_ > 1) value |= static_cast<uint32_t>(p[1]) << 8;
        if (size_ > 2) value |= static_cast<uint32_t>(p[2]) << 16 | static_cast<uint32_t>(p[3]) << 24;
        return value & mask_;
    }

    const uint8_t* bytes() const { return bytes_.data(); }

private:
    std::vector<uint8_t> bytes_;
    unsigned size_;
    uint32_t mask_;
};

}  // namespace heddle
