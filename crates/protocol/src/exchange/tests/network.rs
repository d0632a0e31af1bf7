//! The network between the two machines: what is put on a stream arrives late, twice, or not at all.

use super::world::{Happening, World};
use crate::exchange::{StreamId, Transmit};
use crate::frame::{FRAME_HEAD_BYTES, Frame, FrameHead};

impl World {
    /// Takes what a machine gave out.
    pub(super) fn send(&mut self, from: usize, transmit: Transmit) {
        let machine = 1 - from;
        match transmit {
            Transmit::Request { item, request, .. } => {
                let connection = self.connection.expect("nothing is asked of a peer that is away");
                let frame = self.machines[from].frame_of(&request).encode();
                for _ in 0..self.copies() {
                    self.numbers += 1;
                    let (stream, frame) = (StreamId(self.numbers), frame.clone());
                    self.streams.insert(stream, (connection, request.clone()));
                    let after_ms = self.delay_ms();
                    self.later(
                        after_ms,
                        Happening::Ask {
                            machine,
                            connection,
                            stream,
                            frame,
                        },
                    );
                }
                // Some senders notice that a stream breaks, rightly or not; the others wait.
                if self.chance(self.weather.loss / 2) {
                    let after_ms = self.delay_ms();
                    self.later(
                        after_ms,
                        Happening::Break {
                            machine: from,
                            connection,
                            item,
                        },
                    );
                }
            }
            Transmit::Reply { stream, frame, .. } => {
                // If the connection is gone since it was asked, so is the stream, and the answer is lost.
                let (connection, request) = self.streams[&stream].clone();
                let frame = frame.encode();
                for _ in 0..self.copies() {
                    let (after_ms, request, frame) = (self.delay_ms(), request.clone(), frame.clone());
                    self.later(
                        after_ms,
                        Happening::Answer {
                            machine,
                            connection,
                            request,
                            frame,
                        },
                    );
                }
            }
            Transmit::Close { .. } => panic!("both are honest"),
        }
    }

    fn copies(&mut self) -> usize {
        if self.chance(self.weather.loss) {
            0
        } else if self.chance(self.weather.duplication) {
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
