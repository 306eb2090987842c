// The processes that mpirun or srun started. The only file that knows MPI.
//
// A sum of gradients takes two steps. Each process owns one slice of the values: it gets that slice
// from all others, adds up in the order of ranks, and gives the sum to all. So every element is
// computed once, and is the same everywhere to the bit; the bytes sent are those of a ring, 2 (n -
// 1) / n of the values. A thread of its own looks after the messages while the caller computes.
#include <mpi.h>

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <numeric>
#include <optional>
#include <string_view>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "train/processes.h"
#include "train/wire_format.h"

namespace mast::train {

namespace {

void check(int code, const char* what) {
    if (code == MPI_SUCCESS) return;
    std::array<char, MPI_MAX_ERROR_STRING> text{};
    int length = 0;
    MPI_Error_string(code, text.data(), &length);
    fail<IoError>("MPI: {} failed ({}), expected all processes to be there", what, text.data());
}

/// The part of `size` elements that each process owns, as MPI wants it.
class Slices {
  public:
    void cut(std::size_t size, int count) {
        counts_.resize(static_cast<std::size_t>(count));
        first_.resize(static_cast<std::size_t>(count));
        for (std::size_t q = 0; q < counts_.size(); ++q) {
            const auto begin = size * q / counts_.size();
            first_[q] = static_cast<int>(begin);
            counts_[q] = static_cast<int>(size * (q + 1) / counts_.size() - begin);
        }
    }
    const int* counts() const { return counts_.data(); }
    const int* first() const { return first_.data(); }
    std::size_t size(int q) const { return static_cast<std::size_t>(counts_[index(q)]); }
    std::size_t begin(int q) const { return static_cast<std::size_t>(first_[index(q)]); }

  private:
    static std::size_t index(int q) { return static_cast<std::size_t>(q); }
    std::vector<int> counts_;
    std::vector<int> first_;
};

struct Place {
    int rank;
    int count;
    MPI_Comm slices;  ///< where slices go to their owners
    MPI_Comm sums;    ///< where sums come back; two, so that each sees its calls in one order
};

/// One sum on its way. Its buffers stay for the next.
class Sum {
  public:
    void begin(const Place& place, std::span<float> values, Wire wire, double now) {
        values_ = values;
        wire_ = wire;
        returning_ = false;
        ended_ = false;
        begun_ = now;
        slices_.cut(values.size(), place.count);
        const auto own = slices_.size(place.rank);
        from_each_.assign(static_cast<std::size_t>(place.count), static_cast<int>(own));
        from_place_.resize(from_each_.size());
        for (std::size_t q = 0; q < from_place_.size(); ++q)
            from_place_[q] = static_cast<int>(q * own);
        if (wire == Wire::f32) {
            arrived_.resize(own * from_each_.size());
            send_slices(place, values.data(), arrived_.data(), MPI_FLOAT);
        } else {
            sent_.resize(values.size());
            arrived_short_.resize(own * from_each_.size());
            narrow(values, sent_);
            send_slices(place, sent_.data(), arrived_short_.data(), MPI_UINT16_T);
        }
    }

    /// Goes on as far as it can without waiting; whether it got any further.
    bool go_on(const Place& place) {
        if (ended_) return false;
        int done = 0;
        check(MPI_Test(&request_, &done, MPI_STATUS_IGNORE), "a sum");
        if (done == 0) return false;
        if (!returning_) {
            returning_ = true;
            add_up(place);
            return true;
        }
        if (wire_ == Wire::bf16) widen(sent_, values_);
        ended_ = true;
        return true;
    }
    /// Whether its second step is under way, or over.
    bool is_returning() const { return returning_; }
    bool has_ended() const { return ended_; }
    SumTimes times(double now) const { return {values_.size_bytes(), begun_, now}; }

  private:
    void send_slices(const Place& place, const void* from, void* to, MPI_Datatype type) {
        check(MPI_Ialltoallv(from, slices_.counts(), slices_.first(), type, to, from_each_.data(),
                             from_place_.data(), type, place.slices, &request_),
              "a sum");
    }
    void send_sum(const Place& place, void* values, MPI_Datatype type) {
        check(MPI_Iallgatherv(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, values, slices_.counts(),
                              slices_.first(), type, place.sums, &request_),
              "a sum");
    }
    void add_up(const Place& place) {
        const auto own = slices_.size(place.rank);
        const auto sum = values_.subspan(slices_.begin(place.rank), own);
        std::fill(sum.begin(), sum.end(), 0.0F);
        for (std::size_t q = 0; q < from_each_.size(); ++q) {
            for (std::size_t i = 0; i < own; ++i) {
                sum[i] += wire_ == Wire::f32 ? arrived_[q * own + i]
                                             : from_bf16(arrived_short_[q * own + i]);
            }
        }
        if (wire_ == Wire::f32) {
            send_sum(place, values_.data(), MPI_FLOAT);
        } else {
            narrow(sum, std::span(sent_).subspan(slices_.begin(place.rank), own));
            send_sum(place, sent_.data(), MPI_UINT16_T);
        }
    }

    std::span<float> values_;
    Wire wire_ = Wire::f32;
    bool returning_ = false;
    bool ended_ = false;
    double begun_ = 0;
    Slices slices_;
    std::vector<int> from_each_;
    std::vector<int> from_place_;
    std::vector<float> arrived_;  ///< (n, own slice)
    std::vector<std::uint16_t> sent_, arrived_short_;
    MPI_Request request_ = MPI_REQUEST_NULL;
};

/// The thread that looks after sums.
class Exchange {
  public:
    explicit Exchange(const Place& place) : place_(place), thread_([this] { work(); }) {}
    ~Exchange() {
        {
            const std::lock_guard lock(mutex_);
            stop_ = true;
        }
        changed_.notify_all();
        thread_.join();
    }
    Exchange(const Exchange&) = delete;
    Exchange& operator=(const Exchange&) = delete;

    void begin(std::span<float> values, Wire wire) {
        {
            const std::lock_guard lock(mutex_);
            waiting_.push_back({values, wire});
            ++left_;
        }
        changed_.notify_all();
    }

    void finish() {
        std::unique_lock lock(mutex_);
        // Nobody computes any more, so the thread may take the core.
        is_waited_for_ = true;
        changed_.wait(lock, [this] { return left_ == 0 || failure_; });
        is_waited_for_ = false;
        if (failure_) std::rethrow_exception(failure_);
    }

    void time(std::vector<SumTimes>* times, double (*now)()) {
        const std::lock_guard lock(mutex_);
        times_ = times;
        now_ = now;
    }

  private:
    struct Asked {
        std::span<float> values;
        Wire wire;
    };

    void work() {
        try {
            while (take_up())
                look_after();
        } catch (...) {
            const std::lock_guard lock(mutex_);
            failure_ = std::current_exception();
            changed_.notify_all();
        }
    }

    /// Begins what may be begun; waits where there is nothing at all to do. False: it is over.
    bool take_up() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return stop_ || left_ > 0; });
        if (stop_) return false;
        while (!waiting_.empty() && !free_.empty()) {
            const auto asked = waiting_.front();
            waiting_.pop_front();
            active_.push_back(free_.back());
            free_.pop_back();
            active_.back()->begin(place_, asked.values, asked.wire, now_ != nullptr ? now_() : 0);
        }
        return true;
    }

    void look_after() {
        bool moved = false;
        bool ended = false;
        for (auto* sum : active_) {
            if (sum->go_on(place_)) moved = true;
            // The second step of a sum is begun after that of the sum before it.
            if (!sum->is_returning()) break;
        }
        while (!active_.empty() && active_.front()->has_ended()) {
            const std::lock_guard lock(mutex_);
            if (times_ != nullptr) times_->push_back(active_.front()->times(now_()));
            free_.push_back(active_.front());
            active_.pop_front();
            --left_;
            ended = true;
        }
        if (ended) changed_.notify_all();
        if (!moved) rest();
    }

    /// The core is the caller's as long as it computes.
    void rest() const {
        constexpr useconds_t kMicroseconds = 50;
        if (is_waited_for_) {
            sched_yield();
        } else {
            usleep(kMicroseconds);
        }
    }

    /// Sums under way at a time: each has a buffer of its values.
    static constexpr std::size_t kAtOnce = 4;

    Place place_;
    std::array<Sum, kAtOnce> sums_;
    std::vector<Sum*> free_ = {sums_.data(), sums_.data() + 1, sums_.data() + 2, sums_.data() + 3};
    std::deque<Sum*> active_;  ///< in the order in which they began

    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Asked> waiting_;
    std::int64_t left_ = 0;  ///< sums that are not done
    bool stop_ = false;
    std::atomic<bool> is_waited_for_ = false;
    std::exception_ptr failure_;
    std::vector<SumTimes>* times_ = nullptr;
    double (*now_)() = nullptr;

    std::thread thread_;
};

class MpiProcesses : public Processes {
  public:
    MpiProcesses() {
        int provided = 0;
        check(MPI_Init_thread(nullptr, nullptr, MPI_THREAD_SERIALIZED, &provided), "the start");
        MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
        MPI_Comm_rank(MPI_COMM_WORLD, &place_.rank);
        MPI_Comm_size(MPI_COMM_WORLD, &place_.count);
        if (provided < MPI_THREAD_SERIALIZED) {
            fail<IoError>(
                "MPI: lets only one thread of a program call it, expected several in turn (use an "
                "MPI library with threads)");
        }
        MPI_Comm here = MPI_COMM_NULL;
        MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &here);
        MPI_Comm_size(here, &on_this_machine_);
        MPI_Comm_free(&here);
        std::array<char, MPI_MAX_PROCESSOR_NAME> name{};
        int length = 0;
        MPI_Get_processor_name(name.data(), &length);
        machine_ = name.data();
        check(MPI_Comm_dup(MPI_COMM_WORLD, &place_.slices), "the start");
        check(MPI_Comm_dup(MPI_COMM_WORLD, &place_.sums), "the start");
        exchange_.emplace(place_);
    }
    ~MpiProcesses() override {
        exchange_.reset();
        MPI_Comm_free(&place_.slices);
        MPI_Comm_free(&place_.sums);
        MPI_Finalize();
    }
    MpiProcesses(const MpiProcesses&) = delete;
    MpiProcesses& operator=(const MpiProcesses&) = delete;

    int count() const override { return place_.count; }
    int rank() const override { return place_.rank; }
    int on_this_machine() const override { return on_this_machine_; }
    std::string name() const override {
        return fmt::format("process {} of {} on {}", place_.rank, place_.count, machine_);
    }

    // Added up by one process and sent to all: the same bits in each.
    void sum(std::span<double> values) override {
        const auto size = static_cast<int>(values.size());
        std::vector<double> own(values.begin(), values.end());
        check(MPI_Reduce(own.data(), values.data(), size, MPI_DOUBLE, MPI_SUM, 0, MPI_COMM_WORLD),
              "a sum");
        check(MPI_Bcast(values.data(), size, MPI_DOUBLE, 0, MPI_COMM_WORLD), "a sum");
    }
    void sum(std::span<std::int64_t> values) override {
        check(MPI_Allreduce(MPI_IN_PLACE, values.data(), static_cast<int>(values.size()),
                            MPI_INT64_T, MPI_SUM, MPI_COMM_WORLD),
              "a sum");
    }
    std::int64_t largest(std::int64_t value) override {
        check(MPI_Allreduce(MPI_IN_PLACE, &value, 1, MPI_INT64_T, MPI_MAX, MPI_COMM_WORLD),
              "a comparison");
        return value;
    }
    std::vector<std::string> gather(const std::string& own) override;

    void begin_sum(std::span<float> values, Wire wire) override { exchange_->begin(values, wire); }
    void finish_sums() override { exchange_->finish(); }
    void time_sums(std::vector<SumTimes>* times, double (*now)()) override {
        exchange_->time(times, now);
    }

    void end_all(int code) override { MPI_Abort(MPI_COMM_WORLD, code); }

  private:
    Place place_{0, 1, MPI_COMM_NULL, MPI_COMM_NULL};
    int on_this_machine_ = 1;
    std::string machine_;
    std::optional<Exchange> exchange_;
};

std::vector<std::string> MpiProcesses::gather(const std::string& own) {
    const auto count = static_cast<std::size_t>(place_.count);
    const auto size = static_cast<int>(own.size());
    std::vector<int> sizes(count);
    check(MPI_Allgather(&size, 1, MPI_INT, sizes.data(), 1, MPI_INT, MPI_COMM_WORLD),
          "an exchange of words");
    std::vector<int> first(count);
    std::exclusive_scan(sizes.begin(), sizes.end(), first.begin(), 0);
    std::string all(static_cast<std::size_t>(first.back() + sizes.back()), '\0');
    check(MPI_Allgatherv(own.data(), size, MPI_CHAR, all.data(), sizes.data(), first.data(),
                         MPI_CHAR, MPI_COMM_WORLD),
          "an exchange of words");
    std::vector<std::string> texts;
    for (std::size_t q = 0; q < count; ++q)
        texts.push_back(
            all.substr(static_cast<std::size_t>(first[q]), static_cast<std::size_t>(sizes[q])));
    return texts;
}

}  // namespace

std::optional<Library> mpi_library() {
    std::array<char, MPI_MAX_LIBRARY_VERSION_STRING> text{};
    int length = 0;
    MPI_Get_library_version(text.data(), &length);
    // "Open MPI v4.1.4, package: ..., repo rev: ...", or several lines.
    const std::string_view all(text.data(), static_cast<std::size_t>(length));
    const auto line = std::string(all.substr(0, all.find_first_of(",\n")));
    const auto number = line.find(" v");
    if (number == std::string::npos) return Library{"MPI", line};
    return Library{line.substr(0, number), line.substr(number + 2)};
}

std::unique_ptr<Processes> join_mpi() {
    return std::make_unique<MpiProcesses>();
}

}  // namespace mast::train
