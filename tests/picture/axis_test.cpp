#include "picture/axis.h"

#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <vector>

namespace mast::picture {

namespace {

std::vector<std::string> labels(const Axis& axis, int about) {
    std::vector<std::string> labels;
    for (const auto& tick : axis.ticks(about))
        labels.push_back(tick.label);
    return labels;
}

using Labels = std::vector<std::string>;

}  // namespace

TEST_CASE("steps between ticks are 1, 2 or 5 times a power of ten") {
    CHECK(round_step(10, 5) == doctest::Approx(2));
    CHECK(round_step(10, 3) == doctest::Approx(5));
    CHECK(round_step(0.07, 7) == doctest::Approx(0.01));
    CHECK(round_step(1e6, 4) == doctest::Approx(5e5));
}

TEST_CASE("labels are short, and part neighbours") {
    CHECK(label_of(0, 1) == "0");
    CHECK(label_of(0.25, 0.05) == "0.25");
    CHECK(label_of(1500, 500) == "1.5k");
    CHECK(label_of(2'000'000, 1'000'000) == "2M");
    CHECK(label_of(1'250'000, 50'000) == "1.25M");
    CHECK(label_of(1002, 2) == "1002");
    CHECK(label_of(12'000, 10) == "12k");
    CHECK(label_of(12'010, 10) == "12.01k");
    CHECK(label_of(-3e-4, 1e-4) == "-3e-4");
    CHECK(label_of(3e-4, 5e-5) == "3e-4");
    CHECK(label_of(3.5e-4, 5e-5) == "3.5e-4");
    CHECK(label_of(1000, 0) == "1k");
    CHECK(label_of(100.1234, 0.0001) == "100.1234");
}

TEST_CASE("a linear axis has round ticks between its ends") {
    CHECK(labels(Axis(0, 1000, Scale::linear), 5) == Labels{"0", "200", "400", "600", "800", "1k"});
    CHECK(labels(Axis(-0.35, 0.4, Scale::linear), 4) == Labels{"-0.2", "0", "0.2", "0.4"});
    const Axis axis(-5, 5, Scale::linear);
    CHECK(axis.place(-5) == 0);
    CHECK(axis.place(0) == doctest::Approx(0.5));
    CHECK(axis.place(5) == doctest::Approx(1));
}

TEST_CASE("a logarithmic axis has powers of ten, and what lies between where they are few") {
    CHECK(labels(Axis(1e-5, 1, Scale::logarithmic), 10) ==
          Labels{"1e-5", "1e-4", "0.001", "0.01", "0.1", "1"});
    CHECK(labels(Axis(0.015, 0.3, Scale::logarithmic), 5) == Labels{"0.02", "0.05", "0.1", "0.2"});
    const Axis axis(0.01, 100, Scale::logarithmic);
    CHECK(axis.place(1) == doctest::Approx(0.5));
}

TEST_CASE("an axis of both signs parts small values and still holds large ones") {
    const Axis axis(-1000, 1000, Scale::both_signs, 1);
    CHECK(axis.place(0) == doctest::Approx(0.5));
    CHECK(axis.place(1) - axis.place(0) > 0.04);
    CHECK(axis.place(1000) == doctest::Approx(1));
    CHECK(labels(axis, 8) == Labels{"-1k", "-100", "-10", "0", "10", "100", "1k"});
}

TEST_CASE("a single value has an axis around it") {
    for (const auto scale : {Scale::linear, Scale::logarithmic, Scale::both_signs}) {
        const Axis axis(7, 7, scale);
        CHECK(axis.place(7) > 0.1);
        CHECK(axis.place(7) < 0.9);
    }
    CHECK(std::isfinite(Axis(0, 0, Scale::linear).place(0)));
}

}  // namespace mast::picture
