#include "mask/batch_file.h"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <fstream>
#include <limits>
#include <sstream>

#include "mask/batch_json.h"
#include "mask/support.h"
#include "mask/tally.h"
#include "store/h5.h"
#include "store/hashed_dataset.h"
#include "store/header.h"
#include "support/small_store.h"
#include "support/temp_dir.h"
#include "window/loader.h"

namespace mast::mask {

namespace h5 = store::h5;

namespace {

/// Two batches of three windows of a small store, under three objectives.
struct Made {
    explicit Made(bool discrete) {
        test::SmallStore{{7, 2, 5}, discrete, {0.0, 0.0, 0}, discrete}.write(dir / "s.h5");
        const store::TrajectoryReader reader(dir / "s.h5");
        window::Loader loader(reader, store::Split::train, 4,
                              std::vector{Modality::obs, Modality::act}, 1);
        objectives = {objective_of("random:ratio=0.4", 4), objective_of("inverse:weight=2", 4),
                      objective_of("bert:ratio=0.7,mask=0.3,replace=0.4", 4)};
        channels = loader.channels();
        scaler = loader.scaler();
        for (std::int64_t b = 0; b < 2; ++b) {
            loader.load(3 * b, 3, batches[b].windows);
            mask_windows(objectives, {1, static_cast<std::uint64_t>(3 * b), 1.0}, batches[b]);
        }
    }
    void write(const BatchFileSpec& spec) const {
        BatchFileWriter writer(dir / "b.h5", store::Overwrite::allow, spec, channels, scaler,
                               objectives, {{"mast mask", "0", 1, {"s.h5 xxh3:0"}}});
        for (const auto& batch : batches)
            writer.append(batch);
        writer.finish();
    }

    test::TempDir dir;
    std::vector<Objective> objectives;
    window::Channels channels;
    window::Scaler scaler;
    Batch batches[2];
};

template <class T>
std::vector<T> dataset(const Made& made, const std::string& path, const Shape& shape) {
    const auto file = h5::File::open(made.dir / "b.h5");
    const auto found = file.root().dataset(path);
    REQUIRE(found.shape() == shape);
    std::vector<T> values(static_cast<std::size_t>(element_count(shape)));
    found.read(0, found.rows(), values.data());
    return values;
}

/// A dataset that holds one value everywhere.
template <class T>
void fill(h5::Group& group, const std::string& name, const Shape& shape, T value) {
    const std::vector<T> values(static_cast<std::size_t>(element_count(shape)), value);
    store::write_whole<T>(group, name, shape, values);
}

void fill_kind(h5::Group& root, h5::Group& objective, const std::string& kind) {
    auto tokens = root.group("tokens");
    fill<float>(tokens, kind, {1, 1, 1}, 0.5F);
    tokens.dataset(kind).set_attribute("kind", "continuous");
    auto stats = root.group("stats").create_group(kind);
    fill<float>(stats, "mean", {1}, 0);
    fill<float>(stats, "scale", {1}, 1);
    const bool hidden = kind == "obs";
    objective.set_attribute("hidden_asked_" + kind, hidden ? 1.0 : 0.0);
    fill<std::int64_t>(objective, "readout_" + kind, {1}, hidden ? 0 : 1);
    fill<std::uint8_t>(objective, "visible_" + kind, {1, 1}, hidden ? 0 : 1);
    fill<std::uint8_t>(objective, "predict_" + kind, {1, 1}, hidden ? 1 : 0);
}

/// One window of one step, whose observation is hidden, by hand: mast mask writes the sources of
/// all kinds of token. Those that it has here show the token itself.
void write_by_hand(const std::filesystem::path& path, const std::vector<std::string>& sources) {
    auto file = h5::File::create(path, path);
    store::begin_header(file, store::kBatches, {});
    {
        auto root = file.root();
        root.set_attribute("layout", "obs,act");
        root.set_attribute("context", std::int64_t{1});
        root.set_attribute("batch_size", std::int64_t{1});
        fill<std::uint8_t>(root, "valid", {1, 1}, 1);
        fill<std::int64_t>(root, "episode", {1}, 0);
        fill<std::int64_t>(root, "start", {1}, 0);
        root.create_group("tokens");
        root.create_group("stats");
        auto objective = root.create_group("objectives").create_group("0");
        for (const auto* name : {"name", "spec", "role"})
            objective.set_attribute(name, "bert");
        objective.set_attribute("weight", 1.0);
        objective.set_attribute("target", "when_hidden");
        objective.set_attribute("aim", "value");
        fill<std::uint8_t>(objective, "attend", {2, 2}, 1);
        for (const auto* kind : {"obs", "act"})
            fill_kind(root, objective, kind);
        for (const auto& kind : sources)
            fill<std::int64_t>(objective, "source_" + kind, {1, 1}, 0);
    }
    store::complete_header(file);
    file.close();
}

}  // namespace

TEST_SUITE("mask/batch_file") {
    TEST_CASE("what was written reads back, one batch or more at a time") {
        for (const bool discrete : {false, true}) {
            const Made made(discrete);
            made.write({6, 3, -1.0F, false, 1});
            const BatchFileReader reader(made.dir / "b.h5");
            CHECK(reader.samples() == 6);
            CHECK(reader.batch_size() == 3);
            CHECK(reader.channels()[1].discrete == discrete);
            CHECK(reader.channels()[1].dim == (discrete ? 3 : 1));
            CHECK(reader.history().back().command == "mast mask");
            CHECK(reader.damage().empty());
            REQUIRE(reader.objectives().size() == 3);
            for (std::size_t i = 0; i < 3; ++i) {
                CHECK(reader.objectives()[i].name == made.objectives[i].name);
                CHECK(reader.objectives()[i].role == made.objectives[i].role);
                CHECK(reader.objectives()[i].weight == made.objectives[i].weight);
                CHECK(reader.objectives()[i].attend == made.objectives[i].attend);
                CHECK(reader.objectives()[i].readout == made.objectives[i].readout);
                CHECK(reader.objectives()[i].target == made.objectives[i].target);
                CHECK(reader.objectives()[i].aim == made.objectives[i].aim);
                CHECK(reader.objectives()[i].hidden_asked == made.objectives[i].hidden_asked);
                CHECK(reader.objectives()[i].replaces == made.objectives[i].replaces);
                CHECK(reader.objectives()[i].layout == made.objectives[i].layout);
            }
            const auto m = store::index_of(Modality::obs);
            CHECK(std::ranges::equal(reader.scaler().mean(Modality::obs),
                                     made.scaler.mean(Modality::obs)));
            Batch batch;
            for (std::size_t b = 0; b < 2; ++b) {
                const auto& expected = made.batches[b];
                reader.read(static_cast<std::int64_t>(3 * b), 3, batch);
                CHECK(batch.windows.values[m] == expected.windows.values[m]);
                CHECK(batch.windows.values[1] == expected.windows.values[1]);
                CHECK(batch.windows.classes == expected.windows.classes);
                CHECK(batch.windows.may == expected.windows.may);
                CHECK(batch.windows.may.empty() == !discrete);
                CHECK(batch.windows.valid == expected.windows.valid);
                CHECK(batch.windows.episode == expected.windows.episode);
                CHECK(batch.windows.start == expected.windows.start);
                REQUIRE(batch.views.size() == 3);
                for (std::size_t v = 0; v < 3; ++v) {
                    CHECK(batch.views[v].hidden == expected.views[v].hidden);
                    CHECK(batch.views[v].predict == expected.views[v].predict);
                    CHECK(batch.views[v].source == expected.views[v].source);
                    CHECK(batch.views[v].objective == &reader.objectives()[v]);
                }
            }
            reader.read(0, 6, batch);
            CHECK(batch.windows.episode[2] == made.batches[0].windows.episode[2]);
            CHECK(batch.windows.episode[3] == made.batches[1].windows.episode[0]);
        }
    }

    TEST_CASE("inputs show the mask value where a token is hidden, and the token elsewhere") {
        const Made made(true);
        made.write({6, 3, -1.0F, false, 1});
        const auto visible = dataset<std::uint8_t>(made, "objectives/0/visible_act", {6, 4});
        const auto valid = dataset<std::uint8_t>(made, "valid", {6, 4});
        const auto inputs = dataset<float>(made, "objectives/0/inputs_act", {6, 4, 3});
        const auto classes = dataset<std::int32_t>(made, "tokens/act", {6, 4});
        int hidden = 0;
        for (std::size_t r = 0; r < 24; ++r) {
            for (int c = 0; c < 3; ++c) {
                const float one_hot = classes[r] == c ? 1.0F : 0.0F;
                const float expected = valid[r] == 0 ? 0.0F : visible[r] == 0 ? -1.0F : one_hot;
                CHECK(inputs[r * 3 + static_cast<std::size_t>(c)] == expected);
            }
            if (valid[r] == 0) CHECK(visible[r] == 0);
            hidden += valid[r] != 0 && visible[r] == 0 ? 1 : 0;
        }
        CHECK(hidden > 0);
        CHECK(dataset<std::int64_t>(made, "objectives/1/readout_act", {4}) ==
              std::vector<std::int64_t>{2, 4, 6, -1});
        CHECK(dataset<std::uint8_t>(made, "objectives/1/attend", {8, 8}) ==
              made.objectives[1].attend);
    }

    TEST_CASE("compact leaves the inputs out") {
        const Made made(false);
        made.write({6, 3, -1.0F, true, 1});
        const auto file = h5::File::open(made.dir / "b.h5");
        CHECK(!file.root().has_dataset("objectives/0/inputs_obs"));
        CHECK(BatchFileReader(made.dir / "b.h5").samples() == 6);
    }

    TEST_CASE("a flipped byte is found and named") {
        const Made made(false);
        made.write({6, 3, -1.0F, false, 1});
        const auto hash = BatchFileReader(made.dir / "b.h5").content_hash();
        CHECK(hash == BatchFileReader(made.dir / "b.h5").content_hash());
        // Somewhere in the file lies the row of /tokens/obs of the first window.
        const auto path = made.dir / "b.h5";
        std::ifstream in(path, std::ios::binary);
        std::string bytes((std::istreambuf_iterator<char>(in)), {});
        const auto& values = made.batches[0].windows.values[0];
        const std::string row(reinterpret_cast<const char*>(values.data()), 16);
        const auto place = bytes.find(row);
        REQUIRE(place != std::string::npos);
        bytes[place + 1] = static_cast<char>(bytes[place + 1] ^ 1);
        std::ofstream(path, std::ios::binary) << bytes;
        const auto damage = BatchFileReader(path).damage();
        REQUIRE(damage.size() == 1);
        CHECK((damage[0].find("/tokens/obs: content has hash") != std::string::npos ||
               damage[0].find("/objectives/0/inputs_obs: content has hash") != std::string::npos ||
               damage[0].find("/objectives/1/inputs_obs: content has hash") != std::string::npos));
    }

    TEST_CASE("a target at the row of padding is refused") {
        Made made(false);
        auto& batch = made.batches[0];
        std::int64_t padded = 0;
        for (std::size_t r = 0; r + 1 < batch.windows.valid.size(); ++r) {
            if (r % 4 == 3 || batch.windows.valid[r] == 0 || batch.windows.valid[r + 1] != 0)
                continue;
            // The inverse objective reads the last action of the window from the step after it.
            CHECK(batch.views[1].predict[2 * r + 1] == 0);
            batch.views[1].predict[2 * r + 1] = 1;
            ++padded;
        }
        REQUIRE(padded > 0);
        made.write({6, 3, -1.0F, true, 1});
        const BatchFileReader reader(made.dir / "b.h5");
        Batch read;
        CHECK_THROWS_WITH_AS(reader.read(0, 3, read),
                             doctest::Contains("/objectives/1/predict_act: predicts padding"),
                             DataError);
        CHECK_NOTHROW(reader.read(3, 3, read));
    }

    TEST_CASE("a visible target is refused where targets are what is hidden") {
        Made made(false);
        auto& batch = made.batches[1];
        REQUIRE(made.objectives[0].target == Target::when_hidden);
        // Tokens are o_0 a_0 o_1 ... of sample after sample, and steps of padding come last.
        std::size_t action = 1;
        while (batch.windows.valid[action / 2] == 0 || batch.views[0].hidden[action] != kVisible)
            action += 2;
        batch.views[0].predict[action] = 1;
        made.write({6, 3, -1.0F, true, 1});
        const BatchFileReader reader(made.dir / "b.h5");
        Batch read;
        CHECK_NOTHROW(reader.read(0, 3, read));
        CHECK_THROWS_WITH_AS(
            reader.read(3, 3, read),
            doctest::Contains("/objectives/0/predict_act: predicts a visible token"), DataError);
    }

    TEST_CASE("sources are those of every kind of token, or of none") {
        const test::TempDir dir;
        Batch batch;
        write_by_hand(dir / "both.h5", {"obs", "act"});
        const BatchFileReader both(dir / "both.h5");
        both.read(0, 1, batch);
        CHECK(batch.views[0].hidden == std::vector<std::uint8_t>{kKept, kVisible});
        CHECK(batch.views[0].source == std::vector<std::int32_t>{0, 0});
        write_by_hand(dir / "none.h5", {});
        const BatchFileReader none(dir / "none.h5");
        none.read(0, 1, batch);
        CHECK(batch.views[0].hidden == std::vector<std::uint8_t>{kMasked, kVisible});
        CHECK(batch.views[0].source.empty());
        write_by_hand(dir / "obs.h5", {"obs"});
        CHECK_THROWS_WITH_AS(BatchFileReader(dir / "obs.h5"),
                             doctest::Contains("/objectives/0/source_act: is missing"), DataError);
        write_by_hand(dir / "act.h5", {"act"});
        CHECK_THROWS_WITH_AS(BatchFileReader(dir / "act.h5"),
                             doctest::Contains("/objectives/0/source_obs: is missing"), DataError);
    }

    TEST_CASE("a source outside of its batch is refused") {
        Made made(false);
        auto& view = made.batches[1].views[2];
        const auto hidden = std::find_if(view.hidden.begin(), view.hidden.end(),
                                         [](auto token) { return token != kVisible; });
        REQUIRE(hidden != view.hidden.end());
        auto& source = view.source[static_cast<std::size_t>(hidden - view.hidden.begin())];
        // Of the batch, which has 12 rows: of the file it has rows 12 to 23.
        for (const std::int32_t row : {-12, -2, 12}) {
            CAPTURE(row);
            source = row;
            made.write({6, 3, -1.0F, true, 1});
            const BatchFileReader reader(made.dir / "b.h5");
            Batch read;
            CHECK_THROWS_WITH_AS(reader.read(3, 3, read),
                                 doctest::Contains("expected -1 or a row of the same batch"),
                                 DataError);
        }
    }

    TEST_CASE("what a policy needs of the data reads back, where it is there") {
        const Made made(false);
        made.write({6, 3, -1.0F, true, 1, {}, {0.9, {-0.5F}, {0.75F}}});
        const BatchFileReader reader(made.dir / "b.h5");
        CHECK(reader.recorded().discount == 0.9);
        CHECK(reader.recorded().least == std::vector{-0.5F});
        CHECK(reader.recorded().most == std::vector{0.75F});
        CHECK(dataset<float>(made, "stats/act/min", {1}) == std::vector{-0.5F});
        CHECK(dataset<float>(made, "stats/act/max", {1}) == std::vector{0.75F});
        // As an earlier version wrote it.
        write_by_hand(made.dir / "old.h5", {});
        const BatchFileReader old(made.dir / "old.h5");
        CHECK(old.recorded().discount == 1);
        CHECK(old.recorded().least.empty());
        CHECK(old.recorded().most.empty());
    }

    TEST_CASE("a discount or a range of actions that cannot be is refused by name") {
        const Made made(false);
        const auto refused = [&](const window::Recorded& recorded, const char* expected) {
            CAPTURE(expected);
            made.write({6, 3, -1.0F, true, 1, {}, recorded});
            CHECK_THROWS_WITH_AS(BatchFileReader(made.dir / "b.h5"), doctest::Contains(expected),
                                 DataError);
        };
        constexpr auto kNan = std::numeric_limits<float>::quiet_NaN();
        constexpr auto kInfinity = std::numeric_limits<float>::infinity();
        refused({std::numeric_limits<double>::quiet_NaN(), {}, {}}, "discount is nan");
        refused({2, {}, {}}, "attribute discount is 2, expected 0 to 1");
        refused({-0.5, {}, {}}, "discount is -0.5");
        refused({1, {1}, {0.5F}}, "/stats/act: has min 1 and max 0.5, expected finite numbers");
        refused({1, {kNan}, {1}}, "/stats/act: has min nan");
        refused({1, {0}, {kNan}}, "/stats/act: has min 0 and max nan");
        refused({1, {-kInfinity}, {kInfinity}}, "/stats/act: has min -inf");
    }

    TEST_CASE("a file cut anywhere is refused, never believed") {
        const Made made(false);
        made.write({6, 3, -1.0F, true, 1});
        std::ifstream in(made.dir / "b.h5", std::ios::binary);
        const std::string bytes((std::istreambuf_iterator<char>(in)), {});
        for (std::size_t size = 0; size < bytes.size(); size += 97) {
            CAPTURE(size);
            std::ofstream(made.dir / "cut.h5", std::ios::binary)
                .write(bytes.data(), static_cast<std::streamsize>(size));
            CHECK_THROWS_AS(BatchFileReader(made.dir / "cut.h5"), DataError);
        }
    }

    TEST_CASE("an unfinished file leaves nothing behind") {
        const Made made(false);
        {
            BatchFileWriter writer(made.dir / "n.h5", store::Overwrite::refuse,
                                   {6, 3, -1.0F, false, 1}, made.channels, made.scaler,
                                   made.objectives, {});
            writer.append(made.batches[0]);
        }
        std::vector<std::string> names;
        for (const auto& entry : std::filesystem::directory_iterator(made.dir.path()))
            names.push_back(entry.path().filename().string());
        CHECK(names == std::vector<std::string>{"s.h5"});
    }

    TEST_CASE("other kinds of file are refused") {
        const Made made(false);
        CHECK_THROWS_AS(BatchFileReader(made.dir / "s.h5"), DataError);
        CHECK_THROWS_AS(BatchFileReader(made.dir / "none.h5"), IoError);
    }

    TEST_CASE("lines of JSON say the same as the file") {
        const Made made(true);
        std::string text;
        append_json_lines(made.batches[0], -1.0F, true, text);
        std::istringstream lines(text);
        std::string line;
        const auto& windows = made.batches[0].windows;
        for (std::size_t b = 0; b < 3; ++b) {
            REQUIRE(std::getline(lines, line));
            const auto json = nlohmann::json::parse(line);
            CHECK(json["episode"] == windows.episode[b]);
            CHECK(json["start"] == windows.start[b]);
            const auto obs = json["tokens"]["obs"].get<std::vector<std::vector<float>>>();
            for (std::size_t t = 0; t < 4; ++t) {
                CHECK(json["valid"][t] == windows.valid[b * 4 + t]);
                CHECK(json["tokens"]["act"][t] == windows.classes[b * 4 + t]);
                for (std::size_t c = 0; c < 2; ++c)
                    CHECK(obs[t][c] == windows.values[0][(b * 4 + t) * 2 + c]);
            }
            const auto& first = json["objectives"][0];
            CHECK(first["name"] == "random:ratio=0.4");
            std::vector<int> hidden(8, 0);
            for (const int token : first["hidden"])
                hidden[static_cast<std::size_t>(token)] = 1;
            for (std::size_t i = 0; i < 8; ++i)
                CHECK(hidden[i] == made.batches[0].views[0].hidden[b * 8 + i]);
            CHECK(first["hidden"] == first["predict"]);
            CHECK(first["rows"] == first["predict"]);
            for (std::size_t t = 0; t < 4; ++t) {
                if (hidden[2 * t] != 0)
                    CHECK(first["inputs"]["obs"][t] == nlohmann::json{-1.0, -1.0});
            }
            CHECK(json["objectives"][1]["hidden"].empty());
        }
        CHECK(!std::getline(lines, line));
    }
}

TEST_SUITE("mask/tally") {
    TEST_CASE("counts are those of the valid tokens") {
        const std::vector<Objective> objectives{objective_of("steps:actions=0+1", 4),
                                                objective_of("inverse", 4)};
        Batch batch;
        batch.windows.resize(2, 4, {{{1, false}, {1, false}}},
                             std::vector{Modality::obs, Modality::act});
        // The second window has one step only.
        batch.windows.valid = {1, 1, 1, 1, 1, 0, 0, 0};
        mask_windows(objectives, {}, batch);
        Tally steps;
        Tally inverse;
        steps.add(batch, batch.views[0]);
        inverse.add(batch, batch.views[1]);
        // 5 valid actions, of which 2 + 1 are hidden; 10 valid tokens.
        CHECK(steps.hidden_fraction() == doctest::Approx(0.6));
        CHECK(objectives[0].mean_hidden_asked() == doctest::Approx(0.5));
        CHECK(steps.targets() == 3);
        CHECK(steps.predicted_fraction() == doctest::Approx(0.3));
        CHECK(steps.nothing_predicted == 0);
        CHECK(steps.nothing_visible == 0);
        CHECK(inverse.hidden_fraction() == 0);
        CHECK(inverse.targets() == 3);
        CHECK(inverse.nothing_predicted == 1);
        CHECK(inverse.samples == 2);
    }
}

}  // namespace mast::mask
