// The sending half of the wire.
#include <nlohmann/json.hpp>

#include <algorithm>

#include "ingest/wire.h"

namespace mast::ingest {

using nlohmann::ordered_json;

namespace {

std::span<const std::byte> bytes_of(const std::string& text) {
    return std::as_bytes(std::span(text));
}

}  // namespace

void WireWriter::send(wire::Head head,
                      std::initializer_list<std::span<const std::byte>> parts) const {
    for (const auto& part : parts)
        head.bytes += static_cast<std::int64_t>(part.size());
    stream_.send(std::as_bytes(std::span(&head, 1)));
    for (const auto& part : parts)
        stream_.send(part);
}

void WireWriter::describe(const Description& description,
                          const std::optional<std::string>& unconfined) {
    const auto& spec = description.spec;
    auto components = ordered_json::array();
    for (const auto& part : spec.components)
        components.push_back({part.name, part.first, part.width});
    ordered_json json{{"format", description.format},
                      {"obs_dim", spec.obs_dim},
                      {"act_dim", spec.act_dim},
                      {"discrete", spec.action_kind == store::ActionKind::discrete},
                      {"action_masks", spec.action_masks},
                      {"components", components},
                      {"steps", description.steps},
                      {"warnings", description.warnings}};
    if (unconfined) json["unconfined"] = *unconfined;
    // Names inside the file need not be UTF-8, but all that is made of them is.
    const auto text = json.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
    send({wire::Record::description, 0, 0, 0}, {bytes_of(text)});
    stream_.flush();
}

void WireWriter::append(const store::StepBlock& block) {
    send({wire::Record::steps, 0, block.steps, 0},
         {std::as_bytes(block.obs), std::as_bytes(block.rew), std::as_bytes(block.act),
          std::as_bytes(block.classes), std::as_bytes(block.may)});
}

void WireWriter::end_episode(store::End end, std::span<const float> final_obs) {
    send({wire::Record::episode_end, static_cast<std::uint32_t>(end), 0, 0},
         {std::as_bytes(final_obs)});
}

void WireWriter::text(const std::string& text) {
    send({wire::Record::text, 0, 0, 0}, {bytes_of(text)});
}

void WireWriter::done() {
    send({wire::Record::done, 0, 0, 0}, {});
}

void WireWriter::fail(wire::Failure failure, const std::string& text) {
    constexpr std::size_t kLongest = 16 * 1024;
    send({wire::Record::failure, static_cast<std::uint32_t>(failure), 0, 0},
         {bytes_of(text).first(std::min(text.size(), kLongest))});
}

}  // namespace mast::ingest
