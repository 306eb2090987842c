// The types of elements that datasets are made of (see Element in h5.h), for what is instantiated
// for each of them.
#pragma once

#include <cstdint>

#include "store/h5.h"

/// WHAT(T) for each of them.
#define MAST_FOR_EACH_ELEMENT(WHAT) \
    WHAT(float)                     \
    WHAT(double)                    \
    WHAT(std::uint8_t)              \
    WHAT(std::int32_t)              \
    WHAT(std::int64_t)              \
    WHAT(Flag)
