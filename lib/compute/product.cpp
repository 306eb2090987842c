#include "compute/product.h"

#include "base/assert.h"
#include "compute/isa.h"
#include "compute/parallel.h"
#include "compute/product_kernel.h"

namespace mast::compute {

namespace {

MAST_KERNEL(product_pieces, ProductArgs);

}  // namespace

void product(const Strips& a, const Panels& b, const Addends& addends, Matrix<float> out) {
    MAST_ASSERT(a.depth == b.depth && out.rows == a.rows && out.cols == b.cols);
    MAST_ASSERT(addends.bias.empty() || static_cast<std::int64_t>(addends.bias.size()) == b.cols);
    MAST_ASSERT(!addends.to || (addends.to.rows == out.rows && addends.to.cols == out.cols));
    const ProductArgs args{a, b, addends, out};
    const auto run = product_pieces_here();
    parallel_for(count_pieces(out.rows, out.cols), 1,
                 [&](std::int64_t first, std::int64_t last) { run(args, first, last); });
}

}  // namespace mast::compute
