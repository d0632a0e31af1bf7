//! The network between the nodes: connections come and go, and what is put on a stream arrives late, twice,
//! or not at all.

use protocol::exchange::{StreamId, Transmit};
use protocol::frame::{FRAME_HEAD_BYTES, Frame, FrameHead};

use super::happening::Happening;
use super::node::Node;
use super::parties::party;
use super::world::World;

impl World {
    pub(super) fn cut(&mut self, pair: (usize, usize)) {
        if self.connections.remove(&pair).is_none() {
            return;
        }
        for (node, peer) in [pair, (pair.1, pair.0)] {
            if self.nodes[node].life.is_some() {
                let time = self.time_of(node);
                self.life(node).exchange.handle_disconnected(time, party(peer));
                self.collect(node);
            }
        }
        let after_ms = self.random.below(3_000);
        self.later(after_ms, Happening::Connect { pair });
    }

    pub(super) fn is_up(&self, one: usize, other: usize, connection: u64) -> bool {
        self.connections.get(&(one.min(other), one.max(other))) == Some(&connection)
    }

    pub(super) fn connect(&mut self, pair: (usize, usize)) {
        let both_live = self.nodes[pair.0].life.is_some() && self.nodes[pair.1].life.is_some();
        if !both_live || self.connections.contains_key(&pair) {
            return;
        }
        self.numbers += 1;
        self.connections.insert(pair, self.numbers);
        for (node, peer) in [pair, (pair.1, pair.0)] {
            let time = self.time_of(node);
            self.life(node).exchange.handle_connected(time, party(peer));
            self.collect(node);
        }
    }

    pub(super) fn send(&mut self, from: usize, transmit: Transmit) {
        match transmit {
            Transmit::Request { peer, request, .. } => {
                let node = self.number_of(peer);
                let connection = self.connections.get(&(from.min(node), from.max(node))).copied();
                let connection = connection.expect("nothing is asked of a peer that is away");
                let frame = self.life(from).frame_of(&request).encode();
                for _ in 0..self.copies() {
                    self.numbers += 1;
                    let (stream, frame) = (StreamId(self.numbers), frame.clone());
                    self.streams.insert(stream, (connection, from, request.clone()));
                    let after_ms = self.delay_ms();
                    self.later(
                        after_ms,
                        Happening::Ask {
                            node,
                            from,
                            connection,
                            stream,
                            frame,
                        },
                    );
                }
            }
            Transmit::Reply { stream, frame, .. } => {
                let (connection, node, request) = self.streams[&stream].clone();
                let frame = frame.encode();
                for _ in 0..self.copies() {
                    let (after_ms, request, frame) = (self.delay_ms(), request.clone(), frame.clone());
                    self.later(
                        after_ms,
                        Happening::Answer {
                            node,
                            from,
                            connection,
                            request,
                            frame,
                        },
                    );
                }
            }
            Transmit::Close { .. } => {}
        }
    }

    pub(super) fn number_of(&self, peer: protocol::ids::PartyCode) -> usize {
        let is_it = |node: &Node| node.party == peer;
        self.nodes
            .iter()
            .position(is_it)
            .expect("all are in the directory")
    }

    pub(super) fn copies(&mut self) -> usize {
        if self.random.chance(self.weather.loss) {
            0
        } else if self.random.chance(self.weather.duplication) {
            2
        } else {
            1
        }
    }
}

/// Reads a frame from its bytes.
pub(super) fn decode(bytes: &[u8]) -> Frame {
    let (head, rest) = bytes.split_first_chunk::<FRAME_HEAD_BYTES>().unwrap();
    Frame::decode(FrameHead::parse(head).unwrap(), rest).unwrap()
}
