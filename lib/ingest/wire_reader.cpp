// The receiving half of the wire.
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

#include "ingest/format.h"
#include "ingest/part.h"
#include "ingest/wire.h"
#include "store/action_mask.h"

namespace mast::ingest {

namespace {

constexpr std::int64_t kMostText = std::int64_t{64} << 20U;
constexpr int kTurn_ms = 100;  ///< between looks at what else there is to do

[[noreturn]] void refuse(const char* what) {
    throw WireError(what);
}

void expect_between(std::int64_t value, std::int64_t least, std::int64_t most, const char* what) {
    if (value < least || value > most) refuse(what);
}

std::int64_t whole(const nlohmann::json& number) {
    if (!number.is_number_integer() ||
        (number.is_number_unsigned() && number.get<std::uint64_t>() > kMostSteps)) {
        refuse("a number that is not whole");
    }
    return number.get<std::int64_t>();
}

/// Parts that stand side by side and fill the columns.
std::vector<store::Component> components_from(const nlohmann::json& json, std::int64_t columns) {
    std::vector<store::Component> components;
    std::int64_t next = 0;
    for (const auto& part : json) {
        components.push_back({part.at(0).get<std::string>(), whole(part.at(1)), whole(part.at(2))});
        if (components.back().first != next) refuse("parts with gaps");
        expect_between(components.back().width, 1, columns - next, "parts that are too wide");
        next += components.back().width;
    }
    if (next != columns) refuse("parts that do not fill the columns");
    return components;
}

Description description_from(const nlohmann::json& json, std::optional<std::string>& unconfined) {
    Description result;
    result.format = find_format(json.at("format").get<std::string>()).name;
    auto& spec = result.spec;
    spec.obs_dim = whole(json.at("obs_dim"));
    spec.act_dim = whole(json.at("act_dim"));
    expect_between(spec.obs_dim, 1, kMostColumns, "too many observation columns");
    expect_between(spec.act_dim, 1, kMostColumns, "too many action columns");
    if (json.at("discrete").get<bool>()) spec.action_kind = store::ActionKind::discrete;
    spec.action_masks = json.at("action_masks").get<bool>();
    if (spec.action_masks && spec.action_kind != store::ActionKind::discrete)
        refuse("masks of continuous actions");
    spec.components = components_from(json.at("components"), spec.obs_dim);
    result.steps = whole(json.at("steps"));
    expect_between(result.steps, 1, kMostSteps, "too many steps");
    result.warnings = json.at("warnings").get<std::vector<std::string>>();
    if (json.contains("unconfined")) unconfined = json["unconfined"].get<std::string>();
    return result;
}

bool all_finite(std::span<const float> values) {
    return std::all_of(values.begin(), values.end(), [](float v) { return std::isfinite(v); });
}

}  // namespace

WireReader::WireReader(SharedStream& stream, std::function<void()> between)
    : stream_(stream), between_(std::move(between)) {}

void WireReader::receive(void* out, std::size_t bytes) {
    std::span left(static_cast<std::byte*>(out), bytes);
    while (!left.empty()) {
        const auto got = stream_.receive(left, kTurn_ms);
        if (got == 0) between_();
        left = left.subspan(got);
    }
}

wire::Head WireReader::receive_head() {
    between_();
    wire::Head head{};
    receive(&head, sizeof(head));
    if (head.record == wire::Record::failure) raise(head);
    return head;
}

std::string WireReader::receive_text(std::int64_t bytes, std::int64_t most) {
    expect_between(bytes, 0, most, "too long a text");
    std::string text(static_cast<std::size_t>(bytes), '\0');
    receive(text.data(), text.size());
    return text;
}

void WireReader::raise(const wire::Head& head) {
    const auto text = receive_text(head.bytes, kMostText);
    // What is caught is shown up to its first zero byte: that must not be nothing.
    const bool silent = text.empty() || text.front() == '\0';
    if (silent && wire::Failure{head.code} != wire::Failure::memory)
        refuse("a failure without a reason");
    switch (wire::Failure{head.code}) {
        case wire::Failure::io:
            throw IoError(text);
        case wire::Failure::usage:
            throw UsageError(text);
        case wire::Failure::memory:
            throw OutOfMemory{};
        case wire::Failure::data:
            break;
    }
    throw DataError(text);
}

std::string WireReader::text() {
    const auto head = receive_head();
    if (head.record != wire::Record::text) refuse("no text");
    return receive_text(head.bytes, kMostText);
}

Description WireReader::describe(std::optional<std::string>& unconfined) {
    const auto head = receive_head();
    if (head.record != wire::Record::description) refuse("no description");
    const auto text = receive_text(head.bytes, kMostText);
    try {
        return description_from(nlohmann::json::parse(text), unconfined);
    } catch (const nlohmann::json::exception&) {
        refuse("a description of another form");
    } catch (const UsageError&) {
        refuse("an unknown layout");
    }
}

std::string WireReader::read(const Description& description, EpisodeSink& sink) {
    std::string text;
    for (;;) {
        const auto head = receive_head();
        if (head.record == wire::Record::steps) {
            receive_steps(head, description, sink);
        } else if (head.record == wire::Record::episode_end) {
            receive_end(head, description, sink);
        } else if (head.record == wire::Record::text && text.empty()) {
            text = receive_text(head.bytes, kMostText);
        } else if (head.record == wire::Record::done) {
            break;
        } else {
            refuse("an unknown record");
        }
    }
    if (steps_ != description.steps || pending_ != 0) refuse("fewer steps than it described");
    return text;
}

void WireReader::receive_steps(const wire::Head& head, const Description& description,
                               EpisodeSink& sink) {
    const auto& spec = description.spec;
    const bool discrete = spec.action_kind == store::ActionKind::discrete;
    expect_between(head.steps, 1, std::min(block_steps(spec), description.steps - steps_),
                   "more steps than it described");
    const auto steps = static_cast<std::size_t>(head.steps);
    const auto obs = steps * static_cast<std::size_t>(spec.obs_dim);
    const auto act = discrete ? 0 : steps * static_cast<std::size_t>(spec.act_dim);
    values_.resize(obs + steps + act);
    classes_.resize(discrete ? steps : 0);
    may_.resize(spec.action_masks ? steps * static_cast<std::size_t>(spec.act_dim) : 0);
    if (head.bytes !=
        static_cast<std::int64_t>(values_.size() * sizeof(float) +
                                  classes_.size() * sizeof(std::int32_t) + may_.size())) {
        refuse("steps of another size");
    }
    receive(values_.data(), values_.size() * sizeof(float));
    receive(classes_.data(), classes_.size() * sizeof(std::int32_t));
    receive(may_.data(), may_.size());
    const auto legal = [&](std::int32_t number) { return number >= 0 && number < spec.act_dim; };
    if (!all_finite(values_) || !std::all_of(classes_.begin(), classes_.end(), legal)) {
        refuse("values out of range");
    }
    if (!store::allows(may_, classes_)) refuse("a mask that forbids what was done");
    const std::span<const float> all = values_;
    steps_ += head.steps;
    pending_ += head.steps;
    sink.append({head.steps, all.first(obs), all.subspan(obs + steps), classes_,
                 all.subspan(obs, steps), may_});
}

void WireReader::receive_end(const wire::Head& head, const Description& description,
                             EpisodeSink& sink) {
    const auto row = description.spec.obs_dim * static_cast<std::int64_t>(sizeof(float));
    if (pending_ == 0 || head.code > static_cast<std::uint32_t>(store::End::truncated) ||
        (head.bytes != 0 && head.bytes != row)) {
        refuse("an end of no episode");
    }
    std::vector<float> final_obs(static_cast<std::size_t>(head.bytes) / sizeof(float));
    receive(final_obs.data(), final_obs.size() * sizeof(float));
    if (!all_finite(final_obs)) refuse("values out of range");
    pending_ = 0;
    sink.end_episode(store::End{static_cast<std::uint8_t>(head.code)}, final_obs);
}

}  // namespace mast::ingest
