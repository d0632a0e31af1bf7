//! Who may knock, how often, and how many connections may be under way whose other end has not said who it
//! is.
//!
//! Three steps, each of which costs more than the one before and is open to fewer:
//!
//! 1. A first packet is answered with one small packet that proves the address, unless too many come from it.
//! 2. A proved address gets a TLS handshake, at so many in a second, if it has a place among the strangers.
//! 3. A certificate of a peer gets a hello, at so many connections in a minute.
//!
//! Addresses from which a peer was connected lately have places of their own, so that strangers who take
//! all of theirs do not keep a peer from coming back.

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use protocol::ids::PartyCode;

use super::rates::{AddressRates, Bucket, Rate};
use crate::config::Limits;
use crate::limits;

/// Counts strangers, in all and by address, and peers that have not said their hello.
#[derive(Debug)]
pub struct Admission {
    total_max: usize,
    per_address_max: usize,
    retries: AddressRates,
    handshakes: AddressRates,
    connections: Rate,
    began: Instant,
    counts: Mutex<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    strangers: usize,
    familiars: usize,
    by_address: HashMap<IpAddr, usize>,
    /// The latest last.
    familiar: VecDeque<IpAddr>,
    peers: HashMap<PartyCode, Introductions>,
}

/// The connections of one peer.
#[derive(Debug)]
struct Introductions {
    under_way: usize,
    made: Bucket,
}

/// Why somebody is not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotNow {
    /// There are too many at once.
    Crowded,
    /// They come too fast.
    TooFast,
}

/// Whose places are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whose {
    Strangers,
    Familiars,
}

/// A stranger's place. Dropping it frees the place.
#[derive(Debug)]
pub struct Place {
    admission: Arc<Admission>,
    address: IpAddr,
    whose: Whose,
}

/// A hello that is under way. Dropping it ends it.
#[derive(Debug)]
pub struct Introduction {
    admission: Arc<Admission>,
    peer: PartyCode,
}

impl Admission {
    /// As the configuration has it.
    #[must_use]
    pub fn new(limits: &Limits) -> Arc<Self> {
        let rates = |per_second| {
            let rate = Rate::new(per_second, limits::ADDRESS_BURST_SECONDS);
            AddressRates::new(rate, limits::ADDRESS_RATES)
        };
        Arc::new(Self {
            total_max: limits.strangers,
            per_address_max: limits.strangers_per_address,
            retries: rates(limits::RETRIES_PER_ADDRESS_PER_SECOND_MAX),
            handshakes: rates(limits.handshakes_per_address_per_second.get()),
            connections: Rate::a_minute(limits.connections_per_peer_per_minute.get()),
            began: Instant::now(),
            counts: Mutex::default(),
        })
    }

    /// Whether a first packet from `address`, which may be forged, is answered at all.
    #[must_use]
    pub fn answers(&self, address: IpAddr, now: Instant) -> bool {
        self.retries.admit(subscriber(address), now)
    }

    /// A place for somebody at `address`, which is proved. All addresses of one IPv6 /64 count as one:
    /// whoever has one of them has all.
    ///
    /// # Errors
    /// When there are too many, or they come too fast.
    pub fn admit(self: &Arc<Self>, address: IpAddr, now: Instant) -> Result<Place, NotNow> {
        let address = subscriber(address);
        if !self.handshakes.admit(address, now) {
            return Err(NotNow::TooFast);
        }
        let mut counts = self.lock();
        let here = counts.by_address.get(&address).copied().unwrap_or(0);
        if here >= self.per_address_max {
            return Err(NotNow::Crowded);
        }
        let whose = if counts.familiar.contains(&address) {
            Whose::Familiars
        } else {
            Whose::Strangers
        };
        let taken = counts.taken(whose);
        if *taken >= self.total_max {
            return Err(NotNow::Crowded);
        }
        *taken += 1;
        counts.by_address.insert(address, here + 1);
        Ok(Place {
            admission: Arc::clone(self),
            address,
            whose,
        })
    }

    /// Lets a peer, as its certificate says, say its hello.
    ///
    /// # Errors
    /// When several of its connections are at that point, or it makes too many.
    pub fn greet(self: &Arc<Self>, peer: PartyCode, now: Instant) -> Result<Introduction, NotNow> {
        let age = now.saturating_duration_since(self.began);
        let mut counts = self.lock();
        let greetings = counts.peers.entry(peer).or_insert(Introductions {
            under_way: 0,
            made: Bucket::full(self.connections),
        });
        if greetings.under_way >= limits::INTRODUCTIONS_PER_PEER_MAX {
            return Err(NotNow::Crowded);
        }
        if !greetings.made.try_take(self.connections, age) {
            return Err(NotNow::TooFast);
        }
        greetings.under_way += 1;
        Ok(Introduction {
            admission: Arc::clone(self),
            peer,
        })
    }

    /// A peer is connected from `address`: it has places of its own from now on.
    pub fn recognise(&self, address: IpAddr) {
        let address = subscriber(address);
        let mut counts = self.lock();
        counts.familiar.retain(|familiar| *familiar != address);
        if counts.familiar.len() >= limits::FAMILIAR_ADDRESSES_MAX {
            counts.familiar.pop_front();
        }
        counts.familiar.push_back(address);
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl NotNow {
    /// The reason's word in the metric, for a stranger.
    #[must_use]
    pub fn of_stranger(self) -> &'static str {
        match self {
            Self::Crowded => "crowded",
            Self::TooFast => "too_fast",
        }
    }

    /// The same for a peer's certificate.
    #[must_use]
    pub fn of_peer(self) -> &'static str {
        match self {
            Self::Crowded => "peer_crowded",
            Self::TooFast => "peer_too_fast",
        }
    }
}

impl Counts {
    fn taken(&mut self, whose: Whose) -> &mut usize {
        match whose {
            Whose::Strangers => &mut self.strangers,
            Whose::Familiars => &mut self.familiars,
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut counts = self.admission.lock();
        let taken = counts.taken(self.whose);
        *taken = taken.saturating_sub(1);
        if let Some(here) = counts.by_address.get_mut(&self.address) {
            *here = here.saturating_sub(1);
            if *here == 0 {
                counts.by_address.remove(&self.address);
            }
        }
    }
}

impl Drop for Introduction {
    fn drop(&mut self) {
        if let Some(greetings) = self.admission.lock().peers.get_mut(&self.peer) {
            greetings.under_way = greetings.under_way.saturating_sub(1);
        }
    }
}

fn subscriber(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            let network = v6.to_bits() & !u128::from(u64::MAX);
            IpAddr::V6(network.into())
        }
        v4 => v4,
    }
}

#[cfg(test)]
mod tests;
