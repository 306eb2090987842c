// Causal inference, token by token: keys and values of the tokens before are kept.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "model/transformer.h"

namespace mast::model {

/// One window of a network under causal attention, where nothing is hidden. Tokens come in the
/// order of the layout. While the window has room, a row costs only itself: keys and values of
/// earlier rows stay (Pope et al. 2022). A token for which there is no room pushes the
/// oldest step out, and the window is computed again, since every position moves.
///
/// Gives what Transformer::predict() gives for the same window under the objective `policy`, but
/// for the order of sums.
class Decoder {
  public:
    /// Reads the network's values now and whenever it computes: they must stay as they are.
    explicit Decoder(Transformer& model);
    ~Decoder();

    /// Forgets the window.
    void restart();
    /// The modality of the token that comes next.
    store::Modality next() const;
    /// Tokens of the window.
    std::int64_t tokens() const;

    /// The next token: standardised values (D), or a class.
    void push(std::span<const float> values);
    void push(std::int32_t number);
    /// What a head of config().outputs says at the last token; out (columns of the head).
    void read(std::size_t head, std::span<float> out);

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace mast::model
