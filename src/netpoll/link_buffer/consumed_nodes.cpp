// SPDX-License-Identifier: Apache-2.0
#include "netpoll/link_buffer/consumed_nodes.h"

#include "netpoll/link_buffer/joined.h"
#include "netpoll/link_buffer/node.h"

namespace netpoll {

ConsumedNodes::ConsumedNodes() = default;

ConsumedNodes::ConsumedNodes(Node* first, Node* end,
                             std::unique_ptr<Joined> joined,
                             Ref<Block> last_block)
    : first_(first),
      end_(end),
      joined_(std::move(joined)),
      last_block_(std::move(last_block)) {}

ConsumedNodes::ConsumedNodes(ConsumedNodes&& other) noexcept
    : first_(std::exchange(other.first_, nullptr)),
      end_(std::exchange(other.end_, nullptr)),
      joined_(std::move(other.joined_)),
      last_block_(std::move(other.last_block_)) {}

ConsumedNodes& ConsumedNodes::operator=(ConsumedNodes&& other) noexcept {
  ConsumedNodes taken(std::move(other));
  std::swap(first_, taken.first_);
  std::swap(end_, taken.end_);
  std::swap(joined_, taken.joined_);
  std::swap(last_block_, taken.last_block_);
  return *this;
}

ConsumedNodes::~ConsumedNodes() {
  delete_nodes(first_, end_);
}

}  // namespace netpoll
