#include "store/header.h"

#include "base/error.h"
#include "base/version.h"
#include "store/checksum.h"

namespace mast::store {

void begin_header(h5::File& file, const std::string& kind, const History& history) {
    auto root = file.root();
    root.set_attribute("mast_kind", kind);
    root.set_attribute("mast_version", version());
    root.set_attribute("history", to_json(history));
}

void complete_header(h5::File& file) {
    auto root = file.root();
    record_attributes(root);
    root.set_attribute(kComplete, std::int64_t{1});
}

Header read_header(const h5::File& file, const std::string& kind) {
    const auto root = file.root();
    if (!root.has_attribute("mast_kind")) {
        fail<DataError>("{}: is not a file of mast, expected {} (make one with mast {})",
                        file.name(), kind.empty() ? "a store or batches" : kind,
                        kind == kBatches ? "mask" : "ingest");
    }
    Header header{root.text_attribute("mast_kind"), root.text_attribute("mast_version"), {}};
    if (!kind.empty() && header.kind != kind) {
        fail<DataError>("{}: holds {}, expected {} (make it with mast {})", file.name(),
                        header.kind, kind, kind == kBatches ? "mask" : "ingest");
    }
    expect_readable(header.version, file.name());
    if (!root.has_attribute(kComplete)) {
        fail<DataError>("{}: was not written to its end, expected a complete file (make it again)",
                        file.name());
    }
    header.history = history_from_json(root.text_attribute("history"), file.name());
    return header;
}

}  // namespace mast::store
