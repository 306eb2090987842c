#include "ingest/confined_source.h"

#include <utility>

#include "ingest/confinement.h"
#include "ingest/source.h"

namespace mast::ingest {

ConfinedSource::ConfinedSource(const InputFile& file, const Format* format, const FieldMap& map,
                               const ChildLimits& limits, std::function<void()> between)
    : file_(file),
      limits_(limits),
      child_({file.descriptor()}, limits,
             [&](const ChildDesk& desk) {
                 send_from_child(desk, [&](WireWriter& wire) {
                     Source source(file, format, map, desk.progress);
                     wire.describe(source.description(), desk.unconfined);
                     source.read(wire);
                     if (const auto remark = source.remark(); !remark.empty()) wire.text(remark);
                 });
             }),
      wire_(child_.output(), std::move(between)) {
    receive([this] { description_ = wire_.describe(unconfined_); });
}

std::string ConfinedSource::read(EpisodeSink& sink) {
    std::string remark;
    receive([&] { remark = wire_.read(description_, sink); });
    return remark;
}

void ConfinedSource::receive(const std::function<void()>& from_child) {
    receive_from_child(file_.path().string(), child_, limits_, from_child);
}

}  // namespace mast::ingest
