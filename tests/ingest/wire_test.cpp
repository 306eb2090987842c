#include "ingest/wire.h"

#include <doctest/doctest.h>

#include <array>
#include <limits>
#include <string>
#include <vector>

using namespace mast;
using ingest::Description;
using ingest::WireError;
using ingest::WireReader;
using ingest::WireWriter;
using ingest::wire::Head;
using ingest::wire::Record;
using store::End;

namespace {

/// Both ends of a wire. What a test sends must fit into the stream.
class Wire {
  public:
    WireWriter writer() { return WireWriter(stream_); }
    WireReader reader() {
        return {stream_, [] {}};
    }
    void raw(const Head& head, const std::string& bytes = "") {
        stream_.send(std::as_bytes(std::span(&head, 1)));
        stream_.send(std::as_bytes(std::span(bytes)));
    }
    void hang_up() {
        stream_.flush();
        stream_.keep_receiver();
    }

  private:
    SharedStream stream_;
};

class Tape : public ingest::EpisodeSink {
  public:
    void append(const store::StepBlock& block) override {
        steps += block.steps;
        obs.insert(obs.end(), block.obs.begin(), block.obs.end());
        act.insert(act.end(), block.act.begin(), block.act.end());
        rew.insert(rew.end(), block.rew.begin(), block.rew.end());
        classes.insert(classes.end(), block.classes.begin(), block.classes.end());
        may.insert(may.end(), block.may.begin(), block.may.end());
    }
    void end_episode(End end, std::span<const float> final_obs) override {
        ends.push_back(end);
        last.assign(final_obs.begin(), final_obs.end());
    }
    std::int64_t steps = 0;
    std::vector<float> obs, act, rew, last;
    std::vector<std::int32_t> classes;
    std::vector<std::uint8_t> may;
    std::vector<End> ends;
};

Description two_columns(store::ActionKind kind = store::ActionKind::continuous) {
    Description description{"d4rl", {}, 3, {"x: has no rewards"}};
    description.spec.obs_dim = 2;
    description.spec.act_dim = kind == store::ActionKind::discrete ? 4 : 1;
    description.spec.action_kind = kind;
    description.spec.components = {{"a", 0, 1}, {"b", 1, 1}};
    return description;
}

const std::array<float, 6> kObs{1, 2, 3, 4, 5, 6};
const std::array<float, 3> kAct{7, 8, 9};
const std::array<float, 3> kRew{-1, 0, 1};

/// What the reader says to records that `write` makes after this description.
template <class Write>
std::string answer(const Write& write, const Description& description) {
    Wire wire;
    write(wire);
    wire.hang_up();
    Tape tape;
    try {
        wire.reader().read(description, tape);
    } catch (const Error& error) {
        return error.what();
    } catch (const SharedStream::Closed&) {
        return "closed";
    } catch (const WireReader::OutOfMemory&) {
        return "out of memory";
    }
    return "nothing";
}

template <class Write>
std::string answer(const Write& write, store::ActionKind kind = store::ActionKind::continuous) {
    return answer(write, two_columns(kind));
}

std::string answer_to_description(const std::string& json) {
    Wire wire;
    wire.raw({Record::description, 0, 0, static_cast<std::int64_t>(json.size())}, json);
    wire.hang_up();
    std::optional<std::string> unconfined;
    try {
        wire.reader().describe(unconfined);
    } catch (const WireError& error) {
        return error.what();
    }
    return "nothing";
}

}  // namespace

TEST_SUITE("ingest/wire") {
    TEST_CASE("a description arrives as it was sent") {
        Wire wire;
        wire.writer().describe(two_columns(), "no filter");
        std::optional<std::string> unconfined;
        const auto got = wire.reader().describe(unconfined);
        CHECK(got.format == "d4rl");
        CHECK(got.steps == 3);
        CHECK(got.spec.obs_dim == 2);
        CHECK(got.spec.components[1].name == "b");
        CHECK(got.warnings == std::vector<std::string>{"x: has no rewards"});
        CHECK(unconfined == "no filter");
    }

    TEST_CASE("steps and ends of episodes arrive as they were sent") {
        for (const auto kind : {store::ActionKind::continuous, store::ActionKind::discrete}) {
            const bool discrete = kind == store::ActionKind::discrete;
            const std::array<std::int32_t, 3> classes{3, 0, 2};
            Wire wire;
            store::StepBlock block{3, kObs, {}, {}, kRew};
            if (discrete) {
                block.classes = classes;
            } else {
                block.act = kAct;
            }
            wire.writer().append(block);
            wire.writer().end_episode(End::truncated, std::span(kObs).first(2));
            wire.writer().done();
            wire.hang_up();
            Tape tape;
            wire.reader().read(two_columns(kind), tape);
            CHECK(tape.obs == std::vector<float>(kObs.begin(), kObs.end()));
            CHECK(tape.rew == std::vector<float>(kRew.begin(), kRew.end()));
            CHECK(tape.act.size() == (discrete ? 0 : 3));
            CHECK(tape.classes.size() == (discrete ? 3 : 0));
            CHECK(tape.ends == std::vector<End>{End::truncated});
            CHECK(tape.last == std::vector<float>{1, 2});
        }
    }

    TEST_CASE("a text may stand behind the steps, once") {
        const auto told = [](int times) {
            Wire wire;
            wire.writer().append({3, kObs, kAct, {}, kRew});
            wire.writer().end_episode(End::terminated, {});
            for (int i = 0; i < times; ++i)
                wire.writer().text("x: is odd");
            wire.writer().done();
            wire.hang_up();
            Tape tape;
            return wire.reader().read(two_columns(), tape);
        };
        CHECK(told(0).empty());
        CHECK(told(1) == "x: is odd");
        CHECK_THROWS_AS(told(2), WireError);
    }

    TEST_CASE("a failure of the other side is raised here") {
        using ingest::wire::Failure;
        const auto failing = [](Failure failure) {
            return answer([&](Wire& wire) { wire.writer().fail(failure, "f: is bad"); });
        };
        CHECK(failing(Failure::data) == "f: is bad");
        CHECK(failing(Failure::io) == "f: is bad");
        CHECK(failing(Failure::memory) == "out of memory");
        CHECK(answer([](Wire&) {}) == "closed");
    }

    TEST_CASE("a failure is never raised in silence") {
        for (const std::string& reason : {std::string(), std::string("\0f: is bad", 10)}) {
            const Head head{Record::failure, 0, 0, static_cast<std::int64_t>(reason.size())};
            CHECK(answer([&](Wire& wire) { wire.raw(head, reason); }) ==
                  "a failure without a reason");
        }
    }

    TEST_CASE("sizes are refused before memory is taken for them") {
        constexpr auto kHuge = std::numeric_limits<std::int64_t>::max();
        const auto raw = [](const Head& head) {
            return answer([&](Wire& wire) { wire.raw(head); });
        };
        CHECK(raw({Record::steps, 0, kHuge, 0}) == "more steps than it described");
        CHECK(raw({Record::steps, 0, 4, 4 * 16}) == "more steps than it described");
        CHECK(raw({Record::steps, 0, 0, 0}) == "more steps than it described");
        CHECK(raw({Record::steps, 0, -1, -16}) == "more steps than it described");
        CHECK(raw({Record::steps, 0, 1, kHuge}) == "steps of another size");
        CHECK(raw({Record::failure, 1, 0, kHuge}) == "too long a text");
        CHECK(raw({Record::failure, 1, 0, -1}) == "too long a text");
        CHECK(raw({Record{77}, 0, 0, 0}) == "an unknown record");
        CHECK(raw({Record::episode_end, 0, 0, 0}) == "an end of no episode");
        CHECK(raw({Record::done, 0, 0, 0}) == "fewer steps than it described");
    }

    TEST_CASE("values are looked at again") {
        constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
        const auto with_reward = [](float reward) {
            return answer([&](Wire& wire) {
                const std::array<float, 3> rew{0, reward, 0};
                wire.writer().append({3, kObs, kAct, {}, rew});
                wire.writer().end_episode(End::terminated, {});
                wire.writer().done();
            });
        };
        CHECK(with_reward(1) == "nothing");
        CHECK(with_reward(kNan) == "values out of range");
        const auto with_class = [](std::int32_t number) {
            return answer(
                [&](Wire& wire) {
                    const std::array<std::int32_t, 3> classes{0, number, 0};
                    wire.writer().append({3, kObs, {}, classes, kRew});
                    wire.writer().end_episode(End::terminated, {});
                    wire.writer().done();
                },
                store::ActionKind::discrete);
        };
        CHECK(with_class(3) == "nothing");
        CHECK(with_class(4) == "values out of range");
        CHECK(with_class(-1) == "values out of range");
    }

    TEST_CASE("masks of actions arrive as they were sent, and are looked at again") {
        auto description = two_columns(store::ActionKind::discrete);
        description.spec.action_masks = true;
        const std::array<std::int32_t, 3> classes{3, 0, 2};
        const auto send = [&](Wire& wire, const std::vector<std::uint8_t>& may) {
            wire.writer().append({3, kObs, {}, classes, kRew, may});
            wire.writer().end_episode(End::terminated, {});
            wire.writer().done();
        };
        const std::vector<std::uint8_t> good{0, 0, 0, 1, 1, 1, 0, 0, 1, 1, 1, 1};
        Wire wire;
        send(wire, good);
        wire.hang_up();
        Tape tape;
        wire.reader().read(description, tape);
        CHECK(tape.may == good);
        const auto with = [&](std::size_t place, std::uint8_t mark) {
            auto may = good;
            may[place] = mark;
            return answer([&](Wire& other) { send(other, may); }, description);
        };
        CHECK(with(5, 0) == "nothing");
        CHECK(with(4, 0) == "a mask that forbids what was done");
        CHECK(with(5, 2) == "a mask that forbids what was done");
        CHECK(answer([&](Wire& other) { send(other, {}); }, description) ==
              "steps of another size");
        std::optional<std::string> unconfined;
        Wire described;
        described.writer().describe(description, unconfined);
        CHECK(described.reader().describe(unconfined).spec.action_masks);
    }

    TEST_CASE("a description that no reader sends is refused") {
        const std::string good =
            R"({"format":"d4rl","obs_dim":2,"act_dim":1,"discrete":false,"steps":3,"warnings":[],)"
            R"("action_masks":false,"components":[["a",0,2]]})";
        CHECK(answer_to_description(good) == "nothing");
        const auto with = [&](const std::string& from, const std::string& to) {
            auto text = good;
            return answer_to_description(text.replace(text.find(from), from.size(), to));
        };
        CHECK(with("d4rl", "pickle") == "an unknown layout");
        CHECK(with("\"obs_dim\":2", "\"obs_dim\":0") == "too many observation columns");
        CHECK(with("\"obs_dim\":2", "\"obs_dim\":2000000") == "too many observation columns");
        CHECK(with("\"obs_dim\":2", "\"obs_dim\":3") == "parts that do not fill the columns");
        CHECK(with("\"act_dim\":1", "\"act_dim\":-1") == "too many action columns");
        CHECK(with("\"steps\":3", "\"steps\":18446744073709551615") ==
              "a number that is not whole");
        CHECK(with("_masks\":false", "_masks\":true") == "masks of continuous actions");
        CHECK(with("\"steps\":3", "\"steps\":2.5") == "a number that is not whole");
        CHECK(with("[\"a\",0,2]", "[\"a\",1,1]") == "parts with gaps");
        CHECK(with("[\"a\",0,2]", "[\"a\",0,9]") == "parts that are too wide");
        CHECK(with("[\"a\",0,2]", "[7]") == "a description of another form");
        CHECK(answer_to_description("[") == "a description of another form");
    }

    TEST_CASE("names that are no UTF-8 become UTF-8") {
        Wire wire;
        auto description = two_columns();
        description.spec.components[0].name = "a\xff";
        wire.writer().describe(description, std::nullopt);
        std::optional<std::string> unconfined;
        CHECK(wire.reader().describe(unconfined).spec.components[0].name == "a\xEF\xBF\xBD");
        CHECK(!unconfined);
    }
}
