// Processes that train one network together: who they are, and sums over all of them.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/version.h"

namespace mast::train {

/// What a gradient travels as: bf16 halves the bytes, and rounds what is sent and the sum.
enum class Wire : std::uint8_t { f32, bf16 };

/// A sum of gradients on its way, in seconds of the clock that was given.
struct SumTimes {
    std::size_t bytes;  ///< of the values, before they are rounded
    double begun, ended;
};

/// All processes make the same calls in the same order, from one thread. What they get is the same
/// to the bit in each of them. Throws IoError where the connection fails.
class Processes {
  public:
    virtual ~Processes() = default;

    virtual int count() const = 0;
    /// From 0, which writes the run and talks.
    virtual int rank() const = 0;
    /// How many of them share this machine.
    virtual int on_this_machine() const = 0;
    /// "process 1 of 4 on node7".
    virtual std::string name() const = 0;

    /// Each element becomes the sum over all processes.
    virtual void sum(std::span<double> values) = 0;
    virtual void sum(std::span<std::int64_t> values) = 0;
    virtual std::int64_t largest(std::int64_t value) = 0;
    /// The texts of all, by rank.
    virtual std::vector<std::string> gather(const std::string& own) = 0;

    /// Begins to replace values by their sums, which goes on while the caller computes; they are
    /// not to be touched before finish_sums(), and no other call is made. Each element is added up
    /// in single precision in the order of ranks.
    virtual void begin_sum(std::span<float> values, Wire wire) = 0;
    virtual void finish_sums() = 0;
    /// Where the times of sums are noted from now on; null: nowhere.
    virtual void time_sums(std::vector<SumTimes>* times, double (*now)()) = 0;

    /// Ends all processes at once with an exit code; does not return where there are several.
    virtual void end_all(int code) = 0;
};

/// One process by itself: sums are what they are, and nothing is waited for.
Processes& alone();

/// MPI, if the program was built with it.
std::optional<Library> mpi_library();
/// The processes that mpirun or srun started, this one among them; MPI is left when the object
/// goes. To be called once. Throws IoError if MPI cannot be had.
std::unique_ptr<Processes> join_mpi();

}  // namespace mast::train
