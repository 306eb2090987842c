// What a confined reader of a foreign file sends to the process that writes the store.
//
// Records, one after another: a Head, then as many bytes as it says. First a description, then
// steps and ends of episodes, perhaps a text, at last `done`; or, at any place, a failure. Or a
// text alone, then `done`.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/shared_stream.h"
#include "ingest/episodes.h"

namespace mast::ingest {

namespace wire {

enum class Record : std::uint32_t { description = 1, steps, episode_end, done, failure, text };
enum class Failure : std::uint32_t { data = 1, io, usage, memory };

struct Head {
    Record record;
    std::uint32_t code;  ///< of an episode_end its End, of a failure its Failure
    std::int64_t steps;  ///< of a record of steps
    std::int64_t bytes;  ///< that follow
};

}  // namespace wire

/// The sending end.
class WireWriter : public EpisodeSink {
  public:
    explicit WireWriter(SharedStream& stream) : stream_(stream) {}

    /// `unconfined`: why the reader is not confined, empty where it is.
    void describe(const Description& description, const std::optional<std::string>& unconfined);
    void append(const store::StepBlock& block) override;
    void end_episode(store::End end, std::span<const float> final_obs) override;
    /// Behind the steps, or in place of all the others.
    void text(const std::string& text);
    void done();
    void fail(wire::Failure failure, const std::string& text);

  private:
    void send(wire::Head head, std::initializer_list<std::span<const std::byte>> parts) const;
    SharedStream& stream_;
};

/// The other side sent what no honest reader sends.
class WireError : public Error {
  public:
    using Error::Error;
};

/// The receiving end. Believes nothing: sizes are bounded before memory is taken, and values are
/// checked. Throws WireError where a record is not what it must be, the error that the other side
/// met where it tells of one, OutOfMemory where that was its memory, and SharedStream::Closed where
/// it ended without a word.
class WireReader {
  public:
    struct OutOfMemory {};

    /// `between` is called now and then while nothing comes, and between records; it may throw.
    WireReader(SharedStream& stream, std::function<void()> between);

    std::string text();
    Description describe(std::optional<std::string>& unconfined);
    /// Hands on what follows a description, which tells the widths. Returns the text at its end;
    /// empty: there is none.
    std::string read(const Description& description, EpisodeSink& sink);

  private:
    void receive(void* out, std::size_t bytes);
    wire::Head receive_head();
    std::string receive_text(std::int64_t bytes, std::int64_t most);
    void receive_steps(const wire::Head& head, const Description& description, EpisodeSink& sink);
    void receive_end(const wire::Head& head, const Description& description, EpisodeSink& sink);
    [[noreturn]] void raise(const wire::Head& head);

    SharedStream& stream_;
    std::function<void()> between_;
    std::int64_t steps_ = 0;    ///< received so far
    std::int64_t pending_ = 0;  ///< of those, since the last end of an episode
    std::vector<float> values_;
    std::vector<std::int32_t> classes_;
    std::vector<std::uint8_t> may_;
};

}  // namespace mast::ingest
