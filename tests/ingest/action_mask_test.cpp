// Masks of invalid actions, from foreign files into the store.
#include <doctest/doctest.h>

#include "base/error.h"
#include "ingest/foreign_file.h"

using namespace mast;
using test::ForeignFile;

namespace {

constexpr const char* kMap = "observations=obs,actions=act,action_mask=may,terminals=ends";

/// A flat file of three steps with actions 2, 0, 1 whose mask, and perhaps more, `fill` writes.
template <class Fill>
std::string message(const Fill& fill) {
    const test::TempDir scratch;
    {
        ForeignFile file(scratch / "x.hdf5");
        file.floats("obs", {3, 1}, {1, 2, 3});
        file.flags("ends", {0, 0, 1});
        fill(file);
    }
    try {
        test::ingest_all({scratch / "x.hdf5"}, kMap);
    } catch (const Error& error) {
        std::string text = error.what();
        const auto path = (scratch / "x.hdf5").string() + ": ";
        for (auto at = text.find(path); at != std::string::npos; at = text.find(path))
            text.erase(at, path.size());
        return text;
    }
    return "nothing";
}

void whole_actions(ForeignFile& file) {
    file.whole("act", {3}, {2, 0, 1});
}

}  // namespace

TEST_SUITE("ingest/action_mask") {
    TEST_CASE("flat: the mask tells the number of classes, whatever its type") {
        const std::vector<std::uint8_t> may{0, 1, 1, 0, 1, 0, 0, 0, 1, 1, 1, 1};
        for (const bool floats : {false, true}) {
            const test::TempDir scratch;
            {
                ForeignFile file(scratch / "x.hdf5");
                file.floats("obs", {3, 1}, {1, 2, 3});
                file.flags("ends", {0, 1, 1});
                whole_actions(file);
                if (floats) {
                    file.floats("may", {3, 4}, {may.begin(), may.end()});
                } else {
                    file.whole("may", {3, 4}, {may.begin(), may.end()}, H5T_STD_U8LE);
                }
            }
            const auto got = test::ingest_all({scratch / "x.hdf5"}, kMap);
            CHECK(got.spec.action_masks);
            CHECK(got.spec.act_dim == 4);
            CHECK(got.classes == std::vector<std::int32_t>{2, 0, 1});
            CHECK(got.may == may);
            CHECK(got.lengths() == std::vector<std::int64_t>{2, 1});
        }
    }

    TEST_CASE("a group for each episode: a mask may be known after the last action, too") {
        const test::TempDir scratch;
        {
            ForeignFile file(scratch / "x.hdf5");
            file.attribute("action_space", R"({"type": "Discrete", "start": 1, "n": 2})");
            for (const std::string episode : {"episode_0/", "episode_1/"}) {
                file.floats(episode + "observations", {3, 1}, {1, 2, 3});
                file.whole(episode + "actions", {2}, {1, 2});
                file.whole(episode + "infos/may", {3, 2}, {1, 0, 0, 1, 0, 0});
            }
        }
        const auto got =
            test::ingest_all({scratch / "x.hdf5"}, "action_mask=episode_*/infos/may", "minari");
        CHECK(got.spec.act_dim == 2);
        CHECK(got.classes == std::vector<std::int32_t>{0, 1, 0, 1});
        CHECK(got.may == std::vector<std::uint8_t>{1, 0, 0, 1, 1, 0, 0, 1});
        CHECK_FALSE(test::ingest_all({scratch / "x.hdf5"}).spec.action_masks);
    }

    TEST_CASE("what cannot be a mask is refused with its place") {
        const auto with = [](const std::vector<std::int64_t>& may, hsize_t columns) {
            return message([&](ForeignFile& file) {
                whole_actions(file);
                file.whole("may", {may.size() / columns, columns}, may);
            });
        };
        CHECK(with({1, 1, 1, 1, 0, 0, 0, 1, 0}, 3) == "nothing");
        CHECK(with({1, 1, 1, 1, 0, 0, 1, 0, 0}, 3) ==
              "/act: row 2 is 1, which /may calls invalid there, expected an action that is valid "
              "(mend the mask, or remove that episode)");
        CHECK(with({1, 1, 1, 1, 0, 2, 0, 1, 0}, 3) ==
              "/may: row 1 column 2 is 2, expected 1 where an action is valid, or 0");
        CHECK(with({1, 1, 1, 1, 1, 1}, 2) ==
              "/may: has 2 columns, expected 3, one for each action");
        CHECK(with({1, 1, 1, 1, 1, 1}, 3) ==
              "/may: has 2 rows, expected 3 or 4 for the 3 actions (is the file whole?)");
        CHECK(message(whole_actions) ==
              "/may: is missing, expected a dataset (say where it is with --map)");
        CHECK(message([](ForeignFile& file) {
                  file.floats("act", {3, 1}, {0.5, 0.5, 0.5});
                  file.whole("may", {3, 2}, {1, 1, 1, 1, 1, 1});
              }) ==
              "/may: is a mask of continuous actions, expected discrete ones (leave action_mask "
              "out)");
    }
}
