#include "train/processes.h"

namespace mast::train {

namespace {

class Alone : public Processes {
  public:
    int count() const override { return 1; }
    int rank() const override { return 0; }
    int on_this_machine() const override { return 1; }
    std::string name() const override { return "process 0 of 1"; }
    void sum(std::span<double> /*values*/) override {}
    void sum(std::span<std::int64_t> /*values*/) override {}
    std::int64_t largest(std::int64_t value) override { return value; }
    std::vector<std::string> gather(const std::string& own) override { return {own}; }
    void begin_sum(std::span<float> /*values*/, Wire /*wire*/) override {}
    void finish_sums() override {}
    void time_sums(std::vector<SumTimes>* /*times*/, double (* /*now*/)()) override {}
    void end_all(int /*code*/) override {}
};

}  // namespace

Processes& alone() {
    static Alone only;
    return only;
}

}  // namespace mast::train
