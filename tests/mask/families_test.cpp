// What each objective that draws its masks hides, sample by sample.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <map>
#include <numeric>
#include <string>
#include <vector>

#include "mask/batch.h"
#include "mask/leak.h"
#include "mask/support.h"
#include "mask/tally.h"

namespace mast::mask {

namespace {

/// One sample as text, a letter for each token: capital where it is shown, small where it is
/// hidden,
/// '*' where it is hidden and predicted.
std::string picture(const Objective& objective, std::uint64_t sample, double progress = 1.0,
                    std::int64_t length = 0) {
    const auto n = static_cast<std::size_t>(objective.tokens());
    std::vector<std::uint8_t> valid(static_cast<std::size_t>(objective.steps), 1);
    for (auto t = static_cast<std::size_t>(length); length > 0 && t < valid.size(); ++t)
        valid[t] = 0;
    std::vector<std::uint8_t> hidden(n);
    std::vector<std::uint8_t> predict(n);
    draw(objective, {4, sample, progress}, valid, hidden, predict);
    std::string text;
    for (std::size_t i = 0; i < n; ++i) {
        const char letter = objective.layout.token_name(static_cast<std::int64_t>(i))[0];
        const bool is_obs = letter == 'o';
        const bool is_act = letter == 'a';
        if (predict[i] != 0) {
            text += '*';
        } else {
            const char shown = is_obs ? 'O' : is_act ? 'A' : 'R';
            const char gone = is_obs ? 'o' : is_act ? 'a' : 'r';
            text += hidden[i] == kVisible ? shown : gone;
        }
    }
    return text;
}

/// All pictures that come up, with how often.
std::map<std::string, int> pictures(const std::string& spec, std::int64_t steps, int samples,
                                    const std::string& layout = "obs,act", double progress = 1.0) {
    const auto objective = objective_of(spec, steps, layout);
    std::map<std::string, int> seen;
    for (int s = 0; s < samples; ++s)
        ++seen[picture(objective, static_cast<std::uint64_t>(s), progress)];
    return seen;
}

std::vector<std::string> names(const std::map<std::string, int>& seen) {
    std::vector<std::string> names;
    for (const auto& [name, count] : seen)
        names.push_back(name);
    return names;
}

/// Chi square of equal chances.
double unevenness(const std::map<std::string, int>& seen) {
    double total = 0;
    for (const auto& [name, count] : seen)
        total += count;
    const double expected = total / static_cast<double>(seen.size());
    double chi2 = 0;
    for (const auto& [name, count] : seen)
        chi2 += (count - expected) * (count - expected) / expected;
    return chi2;
}

/// Fractions hidden by kind, over many samples spread over a training, of windows without padding.
Tally tally_of(const Objective& objective, int batches) {
    constexpr std::int64_t kBatch = 64;
    Tally tally;
    Batch batch;
    window::Channels channels;
    for (auto& channel : channels)
        channel = {1, false};
    batch.windows.resize(kBatch, objective.steps, channels, objective.layout.modalities());
    std::fill(batch.windows.valid.begin(), batch.windows.valid.end(), 1);
    const std::vector<Objective> objectives{objective};
    for (int b = 0; b < batches; ++b) {
        mask_windows(objectives, {9, static_cast<std::uint64_t>(b * kBatch), (b + 0.5) / batches},
                     batch);
        tally.add(batch, batch.views[0]);
    }
    return tally;
}

}  // namespace

TEST_SUITE("mask/families") {
    TEST_CASE("id shows every observation and asks for every action") {
        CHECK(names(pictures("id", 3, 5)) == std::vector<std::string>{"O*O*O*"});
        CHECK(names(pictures("id", 3, 5, "rtg,obs,act")) == std::vector<std::string>{"rO*rO*rO*"});
    }

    TEST_CASE("fd shows all actions and a drawn number of observations") {
        const auto seen = pictures("fd", 4, 3000);
        CHECK(names(seen) == std::vector<std::string>{"OA*A*A*A", "OAOA*A*A", "OAOAOA*A"});
        CHECK(unevenness(seen) < 13.8);  // 0.1 % of chi square with 2 degrees of freedom
        CHECK(names(pictures("fd:next=true", 3, 100)) ==
              std::vector<std::string>{"OA*AoA", "OAOA*A"});
    }

    TEST_CASE("bc shows the past up to an observation") {
        CHECK(names(pictures("bc", 3, 100)) ==
              std::vector<std::string>{"O*****", "OAO***", "OAOAO*"});
        CHECK(names(pictures("bc:next=true", 3, 100)) ==
              std::vector<std::string>{"O*oaoa", "OAO*oa", "OAOAO*"});
    }

    TEST_CASE("rcbc shows returns as well, those to come only when asked") {
        CHECK(names(pictures("rcbc", 2, 100, "rtg,obs,act")) ==
              std::vector<std::string>{"RO*r**", "ROARO*"});
        CHECK(names(pictures("rcbc:future=true,next=true", 2, 100, "rtg,obs,act")) ==
              std::vector<std::string>{"RO*Roa", "ROARO*"});
        CHECK(refused_spec("rcbc") ==
              "objective \"rcbc\": goes by returns, but the layout is obs,act, expected rtg in it "
              "(e.g. --tokens rtg,obs,act)");
    }

    TEST_CASE("goal and waypoint show some observations and no action") {
        CHECK(names(pictures("goal", 4, 200)) ==
              std::vector<std::string>{"O*****O*", "O***O*O*", "O*O***O*"});
        CHECK(names(pictures("waypoint:every=2", 4, 5)) == std::vector<std::string>{"O***O*O*"});
        CHECK(names(pictures("waypoint", 9, 5)) == std::vector<std::string>{"O***O***O***O***O*"});
    }

    TEST_CASE("future and past are each other's complement") {
        CHECK(names(pictures("future", 3, 100)) == std::vector<std::string>{"OA****", "OAOA**"});
        CHECK(names(pictures("past", 3, 100)) == std::vector<std::string>{"****OA", "**OAOA"});
        CHECK(names(pictures("future:next=true", 3, 100)) ==
              std::vector<std::string>{"OA**oa", "OAOA**"});
    }

    TEST_CASE("patterns end with the episode, not with the window") {
        CHECK(picture(objective_of("goal", 4), 0, 1.0, 2) == "O*O*OAOA");
        for (std::uint64_t s = 0; s < 20; ++s) {
            const auto text = picture(objective_of("future", 4), s, 1.0, 2);
            CHECK(text == "OA**OAOA");
        }
    }

    TEST_CASE("blocks have their length, lie anywhere, and fill the ratio") {
        // 2 of 5 steps in one span: 4 places.
        const auto seen = pictures("block:length=2,ratio=0.4,of=act", 5, 4000);
        CHECK(names(seen) ==
              std::vector<std::string>{"O*O*OAOAOA", "OAO*O*OAOA", "OAOAO*O*OA", "OAOAOAO*O*"});
        CHECK(unevenness(seen) < 16.3);
        // 3 of 5 steps: a span of two and one of one, in either order, side by side or apart.
        const auto three = pictures("block:length=2,ratio=0.6,of=act", 5, 6000);
        CHECK(three.size() == 9);
        for (const auto& [text, count] : three)
            CHECK(std::count(text.begin(), text.end(), '*') == 3);
        // Whole steps where more kinds are hidden.
        CHECK(pictures("block:length=3,ratio=0.5", 6, 2000).size() == 4);
        CHECK(refused_spec("block:length=2.5") ==
              "objective \"block:length=2.5\": column 14: length is \"2.5\", expected whole steps, "
              "or a range of them such as 2..5");
    }

    TEST_CASE("hindsight grows in ten stages to all actions and half of the observations") {
        const auto objective = objective_of("hindsight", 30);
        // SMART's numbers for 10 epochs of windows of 30 steps.
        const std::array<int, 10> actions{3, 6, 9, 12, 15, 18, 21, 24, 27, 30};
        const std::array<int, 10> obs{3, 6, 9, 12, 15, 15, 15, 15, 15, 15};
        for (std::size_t stage = 0; stage < 10; ++stage) {
            const auto text = picture(objective, stage, static_cast<double>(stage) / 10 + 0.05);
            CHECK(std::count(text.begin(), text.end(), '*') == actions[stage]);
            CHECK(std::count(text.begin(), text.end(), 'o') == obs[stage]);
            CHECK(text.front() == 'O');
            CHECK(text[58] == 'O');
        }
        CHECK(names(pictures("hindsight:actions=1,obs=1", 3, 100)) ==
              std::vector<std::string>{"O*oAOA", "OAo*OA", "OAoAO*"});
    }

    TEST_CASE("autoregressive hides all from a drawn place on, and never everything") {
        const auto plain = pictures("autoregressive:ratio=0", 3, 4000);
        CHECK(names(plain) ==
              std::vector<std::string>{"O*****", "OA****", "OAO***", "OAOA**", "OAOAO*"});
        // A place at an action is 0.7 / 0.9 of all.
        CHECK(std::abs(plain.at("OAO***") + plain.at("OAOAO*") - 4000 * 2 * 0.7 / 0.9 / 3) < 160);
        for (const auto& [text, count] : pictures("autoregressive:ratio=1", 4, 300))
            CHECK(std::count(text.begin(), text.end(), '*') < 8);
    }

    TEST_CASE("bert masks most, replaces some and keeps some, and predicts all of them") {
        const auto objective = objective_of("bert:ratio=0.5", 20);
        const std::vector<std::uint8_t> valid(20, 1);
        std::vector<std::uint8_t> hidden(40);
        std::vector<std::uint8_t> predict(40);
        std::array<int, 4> counts{};
        for (std::uint64_t s = 0; s < 2000; ++s) {
            draw(objective, {1, s, 1.0}, valid, hidden, predict);
            for (std::size_t i = 0; i < 40; ++i) {
                ++counts[hidden[i]];
                CHECK((predict[i] != 0) == (hidden[i] != kVisible));
            }
        }
        CHECK(counts[kVisible] == 40000);
        // Deviations of 40,000 draws: 80, 60 and 60; five of them.
        CHECK(std::abs(counts[kMasked] - 32000) < 400);
        CHECK(std::abs(counts[kReplaced] - 4000) < 300);
        CHECK(std::abs(counts[kKept] - 4000) < 300);
        CHECK(refused_spec("bert:mask=0.9,replace=0.2") ==
              "objective \"bert:mask=0.9,replace=0.2\": column 23: replace is \"0.2\", expected no "
              "more than 1 together with mask: the rest is kept");
    }

    TEST_CASE("bert's targets are not shown for certain, nor known where some are shown") {
        CHECK(refused_spec("bert:mask=0,replace=0") ==
              "objective \"bert:mask=0,replace=0\": column 11: mask is \"0\", expected more than 0 "
              "together with replace: else every target shows itself");
        CHECK(refused_spec("bert:mask=0").empty());
        CHECK(refused_spec("bert:replace=0").empty());
        CHECK(
            refused_spec("bert:ratio=1,of=act") ==
            "objective \"bert:ratio=1,of=act\": column 12: ratio is \"1\", expected less than 1 "
            "where mask and replace keep tokens: the model would know that all are asked for, and "
            "copy those (lower it, or let mask and replace add up to 1)");
        CHECK(refused_spec("bert:ratio=1..1,of=act,mask=0.5").find("ratio is \"1..1\"") !=
              std::string::npos);
        CHECK(refused_spec("bert:ratio=0.9..1,of=act").empty());
        for (const char* shares : {"mask=0.9", "mask=1,replace=0", "mask=0.7,replace=0.3"}) {
            CAPTURE(shares);
            CHECK(refused_spec(std::string("bert:ratio=1,of=act,") + shares).empty());
        }
    }

    TEST_CASE("a replaced token is one of another sample, at a valid step") {
        const std::vector<Objective> objectives{objective_of("bert:ratio=0.9,mask=0,replace=1", 4)};
        Batch batch;
        batch.windows.resize(3, 4, {{{1, false}, {1, false}}},
                             std::vector{Modality::obs, Modality::act});
        batch.windows.valid = {1, 1, 1, 1, 1, 0, 0, 0, 1, 1, 0, 0};
        for (std::uint64_t s = 0; s < 200; ++s) {
            mask_windows(objectives, {2, s, 1.0}, batch);
            const auto& view = batch.views[0];
            for (std::size_t i = 0; i < 24; ++i) {
                const auto own = static_cast<std::int32_t>(i / 2);
                const bool other = view.source[i] / 4 != own / 4;
                CHECK(other == (view.hidden[i] == kReplaced));
                CHECK(batch.windows.valid[static_cast<std::size_t>(view.source[i])] ==
                      (other ? 1 : batch.windows.valid[static_cast<std::size_t>(own)]));
            }
        }
    }

    TEST_CASE("without another sample a replaced token is masked") {
        const std::vector<Objective> objectives{objective_of("bert:ratio=0.9,mask=0,replace=1", 4)};
        Batch batch;
        batch.windows.resize(1, 4, {{{1, false}, {1, false}}},
                             std::vector{Modality::obs, Modality::act});
        std::fill(batch.windows.valid.begin(), batch.windows.valid.end(), 1);
        mask_windows(objectives, {2, 0, 1.0}, batch);
        for (std::size_t i = 0; i < 8; ++i)
            CHECK(batch.views[0].masked(i) == (batch.views[0].hidden[i] != kVisible));
    }

    TEST_CASE("a ratio that grows begins at the lower end of its range") {
        const auto objective = objective_of("random:ratio=0.1..0.9,grow=true,of=act", 50);
        const auto hidden_at = [&](double progress) {
            double sum = 0;
            for (std::uint64_t s = 0; s < 500; ++s) {
                const auto text = picture(objective, s, progress);
                sum += static_cast<double>(std::count(text.begin(), text.end(), '*')) / 50;
            }
            return sum / 500;
        };
        CHECK(hidden_at(0.0) == doctest::Approx(0.1).epsilon(0.01));
        // Uniform over 0.1 .. 0.5 and 0.1 .. 0.9: deviations of the means 0.005 and 0.01.
        CHECK(std::abs(hidden_at(0.5) - 0.3) < 0.025);
        CHECK(std::abs(hidden_at(1.0) - 0.5) < 0.05);
    }

    TEST_CASE("a ratio of one number cannot grow") {
        CHECK(refused_spec("random:ratio=0.4,grow=true") ==
              "objective \"random:ratio=0.4,grow=true\": column 23: grow is \"true\", expected "
              "false, or a range to grow in such as ratio=0.15..0.6: one number stays");
        for (const char* spec : {"bert:grow=true", "block:ratio=0.3..0.3,grow=true",
                                 "custom:hide=k.kind==act,grow=true"}) {
            CAPTURE(spec);
            CHECK(refused_spec(spec).find("a range to grow in") != std::string::npos);
        }
        for (const char* spec : {"random:grow=true", "block:grow=true", "bert:grow=false",
                                 "custom:hide=k.kind==act,ratio=0.2..1,grow=true"}) {
            CAPTURE(spec);
            CHECK(refused_spec(spec).empty());
        }
    }

    TEST_CASE("the fraction hidden is the one that the objective says it asks for") {
        for (const auto* spec : {"random", "random:ratio=0.1..0.7,grow=true", "block",
                                 "bert:ratio=0.4", "hindsight", "hindsight:actions=3,obs=2",
                                 "autoregressive", "id", "fd", "bc", "rcbc", "rcbc:future=true",
                                 "goal", "waypoint", "future", "past", "steps:actions=1+2,obs=3"}) {
            CAPTURE(spec);
            const auto objective = objective_of(spec, 10, "rtg,obs,act");
            const auto tally = tally_of(objective, 200);
            for (const auto kind : objective.layout.modalities()) {
                const auto m = store::index_of(kind);
                CAPTURE(m);
                const auto real =
                    static_cast<double>(tally.hidden[m]) / static_cast<double>(tally.valid[m]);
                // Five deviations of a mean over 12,800 samples that differ by up to 0.3; the place
                // that autoregressive never draws is a thirtieth.
                CHECK(std::abs(real - objective.hidden_asked[m]) < 0.016);
            }
            CHECK(tally.nothing_visible == 0);
        }
    }

    TEST_CASE("rewards and returns are read before they are shown, and returns never are") {
        const auto reward = objective_of("reward", 3, "obs,act,rew");
        CHECK(reward.readout == std::vector<std::int64_t>{-1, -1, 1, -1, -1, 4, -1, -1, 7});
        CHECK_FALSE(reward.hide);
        const auto shown = objective_of("reward", 2, "rtg,act,obs,rew");
        CHECK(shown.readout == std::vector<std::int64_t>{-1, -1, -1, 2, -1, -1, -1, 6});
        const auto rtg = store::index_of(Modality::rtg);
        const auto tally = tally_of(shown, 10);
        CHECK(tally.hidden[rtg] == tally.valid[rtg]);
        CHECK(tally.predicted[rtg] == 0);
        for (const auto* spec : {"return", "return:at=act"}) {
            const auto value = objective_of(spec, 2, "rtg,obs,act");
            CHECK(value.readout[0] == (std::string(spec) == "return" ? 1 : 2));
            const auto all = tally_of(value, 10);
            CHECK(all.predicted[rtg] == all.valid[rtg]);
            for (const std::int64_t layers : {1, 2, 8})
                CHECK(find_leaks(value, layers).empty());
        }
        for (const std::int64_t layers : {1, 2, 8}) {
            CHECK(find_leaks(reward, layers).empty());
            CHECK(find_leaks(shown, layers).empty());
        }
        CHECK(refused_spec("reward") ==
              "objective \"reward\": predicts rew, but the layout is obs,act, expected rew in it "
              "(e.g. --tokens obs,act,rew)");
        CHECK(refused_spec("return:at=rew") ==
              "objective \"return:at=rew\": column 11: at is \"rew\", expected obs or act");
    }

    TEST_CASE("contrast reads a later observation at an earlier one") {
        const auto contrast = objective_of("contrast:delta=2", 4);
        CHECK(contrast.aim == Aim::contrast);
        CHECK(contrast.role == "contrast_2");
        CHECK(contrast.readout == std::vector<std::int64_t>{-1, -1, -1, -1, 0, -1, 2, -1});
        CHECK(objective_of("forward:target=latent", 3).aim == Aim::latent);
        CHECK(refused_spec("forward:target=code") ==
              "objective \"forward:target=code\": column 16: target is \"code\", expected value or "
              "latent");
    }
}

}  // namespace mast::mask
