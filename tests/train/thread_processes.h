// Processes that are threads of one test.
#pragma once

#include <algorithm>
#include <barrier>
#include <string>
#include <thread>
#include <vector>

#include "train/processes.h"

namespace mast::train {

/// Where they meet: each puts down what it has, and takes what all have.
class Meeting {
  public:
    explicit Meeting(int count) : here_(count), texts_(static_cast<std::size_t>(count)) {}

    std::vector<std::string> exchange(int rank, const std::string& own) {
        texts_[static_cast<std::size_t>(rank)] = own;
        here_.arrive_and_wait();
        auto all = texts_;
        here_.arrive_and_wait();
        return all;
    }
    int count() const { return static_cast<int>(texts_.size()); }

  private:
    std::barrier<> here_;
    std::vector<std::string> texts_;
};

class ThreadProcess : public Processes {
  public:
    ThreadProcess(Meeting& meeting, int rank) : meeting_(meeting), rank_(rank) {}

    int count() const override { return meeting_.count(); }
    int rank() const override { return rank_; }
    int on_this_machine() const override { return count(); }
    std::string name() const override { return "process " + std::to_string(rank_); }
    void sum(std::span<double> values) override { add(values); }
    void sum(std::span<std::int64_t> values) override { add(values); }
    std::int64_t largest(std::int64_t value) override {
        std::int64_t most = value;
        for (const auto& text : gather(std::to_string(value)))
            most = std::max<std::int64_t>(most, std::stoll(text));
        return most;
    }
    std::vector<std::string> gather(const std::string& own) override {
        return meeting_.exchange(rank_, own);
    }
    /// Only noted: what happens to the values until finish_sums() would be seen in the sums.
    void begin_sum(std::span<float> values, Wire /*wire*/) override { begun_.push_back(values); }
    void finish_sums() override {
        for (const auto values : begun_)
            add(values);
        begun_.clear();
    }
    void time_sums(std::vector<SumTimes>* /*times*/, double (* /*now*/)()) override {}
    void end_all(int /*code*/) override {}

  private:
    template <class T>
    void add(std::span<T> values) {
        const std::string own(reinterpret_cast<const char*>(values.data()), values.size_bytes());
        std::ranges::fill(values, T{});
        for (const auto& bytes : meeting_.exchange(rank_, own)) {
            const auto* of_other = reinterpret_cast<const T*>(bytes.data());
            for (std::size_t i = 0; i < values.size(); ++i)
                values[i] += of_other[i];
        }
    }

    Meeting& meeting_;
    int rank_;
    std::vector<std::span<float>> begun_;
};

/// Calls body(process) on a thread for each of `count` processes.
template <class Body>
void in_processes(int count, const Body& body) {
    Meeting meeting(count);
    std::vector<std::thread> threads;
    for (int rank = 0; rank < count; ++rank) {
        threads.emplace_back([&, rank] {
            ThreadProcess process(meeting, rank);
            body(process);
        });
    }
    for (auto& thread : threads)
        thread.join();
}

}  // namespace mast::train
