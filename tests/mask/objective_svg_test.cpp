#include "mask/objective_svg.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <string_view>

#include "mask/support.h"

namespace mast::mask {

namespace {

std::string draw_spec(const std::string& spec, std::int64_t steps,
                      const std::string& layout = "obs,act") {
    const auto objective = objective_of(spec, steps, layout);
    return draw_svg(objective, find_leaks(objective, 8), 1);
}

std::size_t count(std::string_view text, std::string_view part) {
    std::size_t times = 0;
    for (auto at = text.find(part); at != text.npos; at = text.find(part, at + part.size()))
        ++times;
    return times;
}

/// What stands in the first group of a class, which must hold no group itself.
std::string group(const std::string& svg, const std::string& name) {
    const auto first = svg.find("<g class=\"" + name + "\"");
    if (first == svg.npos) return "";
    return svg.substr(first, svg.find("</g>", first) - first);
}

/// The first thing that is wrong with the tags of an XML text, or "".
std::string wrong_tag(const std::string& xml) {
    std::vector<std::string> open;
    std::size_t end = 0;
    for (auto at = xml.find('<'); at != xml.npos; at = xml.find('<', end)) {
        end = xml.find('>', at);
        if (end == xml.npos) return "a tag without an end";
        const auto tag = xml.substr(at + 1, end - at - 1);
        if (tag.find('<') != tag.npos || count(tag, "\"") % 2 != 0) return tag;
        if (tag.front() == '?' || tag.back() == '/') continue;
        if (tag.front() != '/') {
            open.push_back(tag.substr(0, tag.find(' ')));
        } else if (open.empty() || open.back() != tag.substr(1)) {
            return tag;
        } else {
            open.pop_back();
        }
    }
    return open.empty() ? "" : open.back() + " stays open";
}

/// An objective whose a_0 reaches o_2 over o_1 only.
Objective leaking() {
    auto objective = objective_of("inverse:k=2", 3);
    objective.attend[2 * 6 + 1] = 1;
    return objective;
}

}  // namespace

TEST_SUITE("mask/objective_svg") {
    TEST_CASE("a picture is well-formed for every layout and size") {
        for (const char* spec : {"policy", "forward", "random:ratio=0.5", "steps:actions=0,obs=1",
                                 "inverse:rm_idx=1"}) {
            for (const char* layout : {"obs,act", "act,obs", "rtg,obs,act", "obs,act,rew,rtg"}) {
                for (const std::int64_t steps : {2, 3, 30, 31, 60, 61, 200}) {
                    CAPTURE(spec);
                    CAPTURE(layout);
                    CAPTURE(steps);
                    CHECK(wrong_tag(draw_spec(spec, steps, layout)).empty());
                }
            }
        }
        CHECK(wrong_tag(draw_spec("policy", 1)).empty());
    }

    TEST_CASE("the checker of tags sees what is wrong") {
        CHECK(wrong_tag("<a><b x=\"1\"/><c y=\"2\"></c></a>").empty());
        CHECK(wrong_tag("<a><b></a></b>") == "/a");
        CHECK(wrong_tag("<a>") == "a stays open");
        CHECK(wrong_tag("<a b=\"x<y\"/>") == "a b=\"x<y\"/");
    }

    TEST_CASE("a cell is dark where the row may look, and nowhere else") {
        const auto objective = objective_of("inverse:k=2", 5, "rtg,obs,act");
        const auto cells = group(draw_svg(objective, {}, 1), "attend");
        CHECK(count(cells, "<rect") ==
              std::accumulate(objective.attend.begin(), objective.attend.end(), std::size_t{0}));
        const auto rows = rows_of(objective);
        for (std::size_t q = 0; q < rows.size(); ++q) {
            for (std::size_t k = 0; k < rows.size(); ++k) {
                const auto cell = fmt::format("<rect x=\"{}\" y=\"{}\" ", k, q);
                CHECK(count(cells, cell) == static_cast<std::size_t>(rows[q][k]));
            }
        }
    }

    TEST_CASE("above 120 tokens the cells of a row are dashes of one path") {
        auto objective = objective_of("policy", 61);
        std::fill(objective.attend.begin(), objective.attend.end(), std::uint8_t{0});
        for (const std::size_t column : {0, 1, 5, 120, 121})
            objective.attend[3 * 122 + column] = 1;
        objective.attend[7 * 122 + 4] = 1;
        CHECK(count(group(draw_svg(objective, {}, 1), "attend"),
                    "<path d=\"M0 3.5h2m3 0h1m114 0h2M4 7.5h1\" ") == 1);
        CHECK(group(draw_spec("policy", 60), "attend").find("<path") == std::string::npos);
    }

    TEST_CASE("tokens are named with subscripts, and thinned out where there are many") {
        const auto few = draw_spec("policy", 12);
        CHECK(count(few, ">a<tspan dy=\"3\" font-size=\"10\">11</tspan>") == 2);
        CHECK(count(few, "<tspan dy=") == 48);
        const auto many = draw_spec("policy", 200);
        CHECK(count(many, ">o<tspan dy=\"3\" font-size=\"10\">190</tspan>") == 2);
        CHECK(count(many, "<tspan dy=") == 40);
    }

    TEST_CASE("read-outs are outlined where their target was drawn") {
        const auto all = group(draw_spec("inverse", 4), "readouts");
        CHECK(count(all, "<path") == 2);
        // Row o_1 and column a_0: cells are 28 wide.
        CHECK(count(all, "M28 56h28v28h-28z") == 2);
        CHECK(count(all, "M") == 6);
        const auto objective = objective_of("random:ratio=0.5,of=act", 8);
        const auto random = draw_svg(objective, {}, 3);
        CHECK(count(group(random, "readouts"), "M") == 8);
        CHECK(count(group(random, "strip"), "fill=\"url(#masked)\"") == 1);
        CHECK(random.find("sample 0 of seed 3") != std::string::npos);
        CHECK(random != draw_svg(objective, {}, 4));
    }

    TEST_CASE("the ways to hide a token look different") {
        auto objective = objective_of("random:of=act", 4);
        objective.hide = [](Draw&, std::span<const std::uint8_t>, std::span<std::uint8_t> hidden) {
            hidden[1] = kMasked;
            hidden[3] = kReplaced;
            hidden[5] = kKept;
        };
        const auto strip = group(draw_svg(objective, {}, 1), "strip");
        for (const char* pattern : {"masked", "replaced", "kept"})
            CHECK(count(strip, fmt::format("fill=\"url(#{})\"", pattern)) == 1);
    }

    TEST_CASE("a leak is a red line through the rows on its way") {
        const auto objective = leaking();
        const auto leaks = find_leaks(objective, 8);
        REQUIRE(leaks.size() == 1);
        REQUIRE(leaks[0].path == std::vector<std::int64_t>{1, 2, 4});
        const auto svg = draw_svg(objective, leaks, 1);
        // Down column a_0 to row o_1, to its own column, down to row o_2.
        CHECK(count(group(svg, "leaks"), "M42 -12V70H70V126") == 2);
        CHECK(svg.find("leaking: 1") != std::string::npos);
        CHECK(group(draw_svg(objective, {}, 1), "leaks").empty());
    }

    TEST_CASE("a leak of a token into its own row is drawn") {
        const auto objective = objective_of("policy", 2);
        const auto svg = draw_svg(objective, {{1, 1, 0, {1}}}, 1);
        CHECK(count(group(svg, "leaks"), "M42 -12V42") == 2);
    }

    TEST_CASE("a spec is text, whatever it holds") {
        auto objective = objective_of("policy", 2);
        objective.name = "a<b>&\"c\"\n";
        const auto svg = draw_svg(objective, {}, 1);
        CHECK(wrong_tag(svg).empty());
        CHECK(count(svg, "a&lt;b&gt;&amp;&quot;c&quot;?") == 2);
        objective.name = std::string(3, 'x') + std::string(200, 'y');
        CHECK(count(draw_svg(objective, {}, 1), "<text x=\"20\"") == 6);
    }

    TEST_CASE("the largest window is a small file") {
        const auto svg = draw_svg(objective_of("policy", kMostTokens / 2), {}, 1);
        CHECK(svg.size() < 1'000'000);
        CHECK(wrong_tag(svg).empty());
    }
}

}  // namespace mast::mask
