// An expression of a custom objective, evaluated for each pair of tokens.
#include <string>

#include "fuzz/target.h"
#include "mask/expression.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace mast;
    const std::string text(test::text_of(data, size));
    return test::reads_or_refuses([&] {
        const mask::Layout layout("obs,act");
        constexpr std::int64_t kSteps = 3;
        const mask::Spec spec("custom");
        const mask::Expression expression(spec, "hide", text, layout, kSteps);
        for (std::int64_t q = 0; q < layout.tokens(kSteps); ++q) {
            for (std::int64_t k = 0; k < layout.tokens(kSteps); ++k)
                expression(q, k);
            expression(q, {kSteps - 1, 1}, 0.5);
        }
    });
}
