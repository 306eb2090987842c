// Any layout: the fields come from --map alone.
#include "ingest/format.h"

namespace mast::ingest {

const Format kMapped{"mapped", "any layout, told by --map",
                     [](const store::h5::Group& /*root*/) { return false; },
                     [](const store::h5::Group& /*root*/) { return FieldMap{}; }, nullptr};

}  // namespace mast::ingest
