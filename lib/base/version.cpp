#include "base/version.h"

namespace mast {

const char* version() {
    return MAST_VERSION;
}

}  // namespace mast
