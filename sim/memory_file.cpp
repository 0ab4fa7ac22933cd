// SPDX-License-Identifier: Apache-2.0
#include "memory_file.h"

#include <array>
#include <cstdint>
#include <cstdio>
#include <vector>

namespace heddle {
namespace {

constexpr unsigned NO_DIGIT = 16;
constexpr unsigned DIGITS_OF_WORD = 8;

std::array<uint8_t, 256> makeDigits() {
    std::array<uint8_t, 256> digits{};
    digits.fill(NO_DIGIT);
    for (unsigned i = 0; i < 10; ++i) digits['0' + i] = static_cast<uint8_t>(i);
    for (unsigned i = 0; i < 6; ++i) digits['a' + i] = digits['A' + i] = static_cast<uint8_t>(10 + i);
    return digits;
}

bool readWhole(const std::string& file, std::vector<uint8_t>& text) {
    std::FILE* const stream = std::fopen(file.c_str(), "rb");
    if (stream == nullptr) return false;
    bool complete = std::fseek(stream, 0, SEEK_END) == 0;
    const long size = complete ? std::ftell(stream) : -1;
    complete = size >= 0 && std::fseek(stream, 0, SEEK_SET) == 0;
    if (complete) {
        text.resize(static_cast<size_t>(size));
        complete = std::fread(text.data(), 1, text.size(), stream) == text.size();
    }
    std::fclose(stream);
    return complete;
}

/// One memory row from its digits, highest first: plain integers up to 64 bits, above that 32-bit words, lowest first.
/// False where a digit is none, or the word does not fit.
bool storeRow(const uint8_t* text, size_t length, int bits, void* memory, uint64_t row) {
    static const std::array<uint8_t, 256> digits = makeDigits();
    const size_t words = (static_cast<size_t>(bits) + 31) / 32;
    uint64_t low = 0;  // rows of up to 64 bits
    uint32_t* const wide = bits > 64 ? static_cast<uint32_t*>(memory) + row * words : nullptr;
    if (length > words * DIGITS_OF_WORD) return false;
    size_t left = length;
    for (size_t word = 0; word < words; ++word) {
        const size_t count = left < DIGITS_OF_WORD ? left : DIGITS_OF_WORD;
        uint32_t value = 0;
        unsigned seen = 0;
        for (const uint8_t* p = text + left - count; p != text + left; ++p) {
            value = value << 4 | (digits[*p] & 15U);
            seen |= digits[*p];
        }
        if ((seen & NO_DIGIT) != 0) return false;
        left -= count;
        const unsigned used = static_cast<unsigned>(bits) - 32 * static_cast<unsigned>(word);
        if (used < 32 && value >> used != 0) return false;
        if (wide != nullptr) wide[word] = value;
        else low |= static_cast<uint64_t>(value) << (32 * word);
    }
    if (bits <= 8) static_cast<uint8_t*>(memory)[row] = static_cast<uint8_t>(low);
    else if (bits <= 16) static_cast<uint16_t*>(memory)[row] = static_cast<uint16_t>(low);
    else if (bits <= 32) static_cast<uint32_t*>(memory)[row] = static_cast<uint32_t>(low);
    else if (bits <= 64) static_cast<uint64_t*>(memory)[row] = low;
    return true;
}

/// True when the text is exactly `depth` lines of one word each, all of which were stored.
bool storeLines(const std::vector<uint8_t>& text, int bits, uint64_t depth, void* memory) {
    size_t at = 0;
    for (uint64_t row = 0; row < depth; ++row) {
        const size_t begin = at;
        while (at < text.size() && text[at] != '\n') ++at;
        if (at == text.size() || at == begin) return false;
        if (!storeRow(text.data() + begin, at - begin, bits, memory, row)) return false;
        ++at;
    }
    return at == text.size();
}

}  // namespace

void readMemory(bool hex, int bits, QData depth, int arrayLsb, const std::string& file, void* memory, QData start,
                QData end) {
    std::vector<uint8_t> text;
    const bool whole = hex && arrayLsb == 0 && start == 0 && end == ~QData{0};
    if (whole && readWhole(file, text) && storeLines(text, bits, depth, memory)) return;
    VL_READMEM_N(hex, bits, depth, arrayLsb, file, memory, start, end);
}

}  // namespace heddle
