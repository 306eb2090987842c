// A system and a policy in closed loop: rollout SYSTEM EPISODES SEED [--rtg R] -- COMMAND...
//
// The command is spoken to as mast act is: a line {"obs":[...],"reward":r} for each step, answered
// by one {"act":...}. One line of JSON for each episode: its number, return and steps.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "dynamics/system.h"

namespace {

using Json = nlohmann::json;

/// A program that answers lines.
class Filter {
  public:
    explicit Filter(char** command) {
        std::array<int, 2> to{};
        std::array<int, 2> from{};
        if (::pipe(to.data()) != 0 || ::pipe(from.data()) != 0) throw std::runtime_error("no pipe");
        child_ = ::fork();
        if (child_ < 0) throw std::runtime_error("no process");
        if (child_ == 0) {
            ::dup2(to[0], STDIN_FILENO);
            ::dup2(from[1], STDOUT_FILENO);
            for (const int end : {to[0], to[1], from[0], from[1]})
                ::close(end);
            ::execvp(command[0], command);
            ::_exit(127);
        }
        ::close(to[0]);
        ::close(from[1]);
        out_ = ::fdopen(to[1], "w");
        in_ = ::fdopen(from[0], "r");
    }
    ~Filter() { close(); }
    Filter(const Filter&) = delete;
    Filter& operator=(const Filter&) = delete;

    Json ask(const Json& line) {
        fmt::print(out_, "{}\n", line.dump());
        std::fflush(out_);
        std::string reply;
        for (int c = std::fgetc(in_); c != '\n'; c = std::fgetc(in_)) {
            if (c == EOF) throw std::runtime_error("the policy ended without an answer");
            reply.push_back(static_cast<char>(c));
        }
        auto json = Json::parse(reply);
        if (!json.contains("act")) throw std::runtime_error("the policy answered " + reply);
        return json["act"];
    }
    /// The exit status of the program.
    int close() {
        if (child_ <= 0) return 0;
        std::fclose(out_);
        std::fclose(in_);
        int status = 0;
        ::waitpid(child_, &status, 0);
        child_ = 0;
        return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
    }

  private:
    pid_t child_ = 0;
    std::FILE* out_ = nullptr;
    std::FILE* in_ = nullptr;
};

std::vector<double> values_of(const Json& act) {
    return act.is_array() ? act.get<std::vector<double>>() : std::vector{act.get<double>()};
}

void run_episode(mast::test::System& system, std::int64_t episode, std::uint64_t seed,
                 std::optional<double> rtg, Filter& policy) {
    system.reset(seed, static_cast<std::uint64_t>(episode));
    Json line{{"reset", true}, {"obs", system.observation()}};
    if (rtg) line["rtg"] = *rtg;
    double sum = 0;
    std::int64_t steps = 0;
    for (bool ended = false; !ended;) {
        const auto action = values_of(policy.ask(line));
        if (action.size() != system.action_columns())
            throw std::runtime_error("the policy answered with another number of values");
        const auto outcome = system.step(action);
        sum += outcome.reward;
        ++steps;
        ended = outcome.terminated || steps == system.limit();
        line = {{"obs", system.observation()}, {"reward", outcome.reward}};
    }
    fmt::print("{}\n", Json{{"episode", episode}, {"return", sum}, {"steps", steps}}.dump());
}

int run(int count, char** words) {
    if (count < 6)
        throw std::runtime_error("expected SYSTEM EPISODES SEED [--rtg R] -- COMMAND...");
    const auto system = mast::test::make_system(words[1]);
    if (!system) throw std::runtime_error("the system is not cartpole or pendulum");
    const auto episodes = std::stoll(words[2]);
    const auto seed = std::stoull(words[3]);
    std::optional<double> rtg;
    int at = 4;
    if (std::string(words[at]) == "--rtg" && count > at + 3) {
        rtg = std::stod(words[at + 1]);
        at += 2;
    }
    if (std::string(words[at]) != "--" || at + 1 >= count)
        throw std::runtime_error("expected -- and a command");
    Filter policy(words + at + 1);
    for (std::int64_t episode = 0; episode < episodes; ++episode)
        run_episode(*system, episode, seed, rtg, policy);
    return policy.close();
}

}  // namespace

int main(int count, char** words) {
    std::signal(SIGPIPE, SIG_IGN);
    try {
        return run(count, words);
    } catch (const std::exception& error) {
        fmt::print(stderr, "rollout: {}\n", error.what());
        return 1;
    }
}
