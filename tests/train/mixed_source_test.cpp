#include "train/mixed_source.h"

#include <doctest/doctest.h>

#include <cmath>
#include <set>
#include <vector>

namespace mast::train {

TEST_SUITE("train/mixed_source") {
    TEST_CASE("each domain has its share, and each of its batches comes once") {
        const DomainOrder order({3, 1, 0.0001}, 4);
        std::vector<std::set<std::int64_t>> seen(3);
        constexpr std::int64_t kBatches = 3 * DomainOrder::kPeriod;
        for (std::int64_t b = 0; b < kBatches; ++b) {
            const auto place = order.at(b);
            CHECK(seen.at(place.domain).insert(place.number).second);
        }
        for (std::size_t d = 0; d < 3; ++d) {
            const auto count = static_cast<std::int64_t>(seen[d].size());
            CHECK(*seen[d].begin() == 0);
            CHECK(*seen[d].rbegin() == count - 1);
            CHECK(order.share(d) * kBatches == doctest::Approx(static_cast<double>(count)));
        }
        CHECK(seen[1].size() == 750);
        CHECK(seen[2].size() == 3);
    }

    TEST_CASE("domains alternate, and the order is that of the seed") {
        const DomainOrder order({1, 1}, 0);
        const DomainOrder again({1, 1}, 0);
        const DomainOrder other({1, 1}, 1);
        int changes = 0;
        int different = 0;
        for (std::int64_t b = 1; b < 1000; ++b) {
            changes += order.at(b).domain != order.at(b - 1).domain ? 1 : 0;
            different += order.at(b).domain != other.at(b).domain ? 1 : 0;
            CHECK(order.at(b).number == again.at(b).number);
        }
        CHECK(std::abs(changes - 500) < 80);
        CHECK(std::abs(different - 500) < 80);
    }
}

}  // namespace mast::train
