#include "mask/expression.h"

#include <fmt/format.h>
#include <muParser.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

namespace mast::mask {

namespace {

constexpr std::size_t kLongest = 4096;
double negate(double value) {
    return value == 0 ? 1 : 0;
}

/// The parser's own words, without their full stop.
std::string reason(const mu::ParserError& error) {
    auto text = error.GetMsg();
    while (text.ends_with('.') || text.ends_with(' '))
        text.pop_back();
    return text;
}

constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

}  // namespace

struct Expression::State {
    void look_at(double* variables, std::int64_t token) const;
    bool value() const;

    Spec spec;  ///< for messages
    std::string key;
    Layout layout;
    mu::Parser parser;
    std::array<double, 3> q{}, k{};  ///< step, kind, token
    double last = 0;
    double cut = 0;
    double u = 0;
    bool drawn = false;
};

void Expression::State::look_at(double* variables, std::int64_t token) const {
    variables[0] = static_cast<double>(layout.step_of(token));
    variables[1] = static_cast<double>(store::index_of(layout.modality_of(token)));
    variables[2] = static_cast<double>(token);
}

bool Expression::State::value() const {
    double result = 0;
    try {
        result = parser.Eval();
    } catch (const mu::ParserError& error) {
        spec.refuse(key, fmt::format("an expression ({})", reason(error)));
    }
    if (std::isnan(result)) {
        spec.refuse(key, fmt::format("a number everywhere, but it is none for q {} and k {}",
                                     layout.token_name(static_cast<std::int64_t>(q[2])),
                                     layout.token_name(static_cast<std::int64_t>(k[2]))));
    }
    return result != 0;
}

Expression::Expression(const Spec& spec, const std::string& key, const std::string& text,
                       const Layout& layout, std::int64_t steps)
    : state_(std::make_shared<State>(State{spec, key, layout, {}})) {
    auto& s = *state_;
    if (text.size() > kLongest) spec.refuse(key, fmt::format("at most {} letters", kLongest));
    auto& parser = s.parser;
    try {
        parser.DefineNameChars((std::string("0123456789_.") + std::string(kLetters)).c_str());
        parser.DefineInfixOprt("!", negate);
        for (const auto kind : store::kModalities) {
            parser.DefineConst(std::string(store::name_of(kind)),
                               static_cast<double>(store::index_of(kind)));
        }
        parser.DefineConst("steps", static_cast<double>(steps));
        parser.DefineConst("tokens", static_cast<double>(layout.tokens(steps)));
        constexpr std::array kParts{"step", "kind", "token"};
        for (std::size_t i = 0; i < kParts.size(); ++i) {
            parser.DefineVar(fmt::format("q.{}", kParts[i]), &s.q[i]);
            parser.DefineVar(fmt::format("k.{}", kParts[i]), &s.k[i]);
        }
        parser.DefineVar("last", &s.last);
        parser.DefineVar("cut", &s.cut);
        parser.DefineVar("u", &s.u);
        parser.SetExpr(text);
        const auto& used = parser.GetUsedVar();
        s.drawn = used.count("last") + used.count("cut") + used.count("u") > 0;
        for (const auto& [name, address] : used) {
            if (address == nullptr) {
                spec.refuse(key, fmt::format("only names that are known, not {} (see "
                                             "docs/objectives.md)",
                                             name));
            }
        }
        parser.Eval();
    } catch (const mu::ParserError& error) {
        spec.refuse(key, fmt::format("an expression ({})", reason(error)));
    }
}

bool Expression::is_drawn() const {
    return state_->drawn;
}

bool Expression::operator()(std::int64_t q, std::int64_t k) const {
    state_->look_at(state_->q.data(), q);
    state_->look_at(state_->k.data(), k);
    return state_->value();
}

bool Expression::operator()(std::int64_t k, const SampleDraws& sample, double u) const {
    state_->look_at(state_->k.data(), k);
    state_->last = static_cast<double>(sample.last);
    state_->cut = static_cast<double>(sample.cut);
    state_->u = u;
    return state_->value();
}

Library expression_library() {
    // "2.3.3 (Release)"
    const auto text = mu::Parser().GetVersion(mu::pviBRIEF);
    return {"muParser", text.substr(0, text.find(' '))};
}

}  // namespace mast::mask
