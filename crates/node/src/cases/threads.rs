//! Which messages under one case id belong together.
//!
//! Ids are chosen by whoever sends, and a co-recipient knows the ids of others: it can send something of
//! its own under them, also before the one whose ids they are. So an id alone names nothing. A case is
//! named by its id *and* the Party whose opening message it has, and a message belongs to it only if its
//! sender's and its recipient's Party take part in it, as that opening message says `[CASE-STATE]`. What
//! belongs to none is shown apart, as a case of its own: nothing is lost, and nobody can put anything into
//! other Parties' cases, or in the place of their messages.

use std::collections::{BTreeMap, BTreeSet};

use protocol::envelope::Header;
use protocol::ids::{CaseId, MessageId, PartyCode};

/// A message: ids are only unique for each sender.
pub type MessageKey = (PartyCode, MessageId);

/// The Parties of each case under one id, by the Party that opened it.
#[derive(Debug)]
pub(super) struct Threads {
    own: PartyCode,
    id: CaseId,
    participants: BTreeMap<PartyCode, BTreeSet<PartyCode>>,
}

impl Threads {
    /// No case under this id yet.
    pub(super) fn new(own: PartyCode, id: CaseId) -> Self {
        Self {
            own,
            id,
            participants: BTreeMap::new(),
        }
    }

    /// Whether this is a message that opened a case under this id.
    pub(super) fn is_opened_by(&self, header: &Header) -> bool {
        header.message == self.id.first_message()
    }

    /// A case was opened; `named` are the recipients that the message itself names, as far as it can be
    /// read.
    pub(super) fn open(&mut self, header: &Header, named: impl IntoIterator<Item = PartyCode>) {
        let opener = header.from.party();
        let parties = self.participants.entry(opener).or_default();
        parties.extend([opener, header.to.party()]);
        parties.extend(named);
    }

    /// The Party that opened the case which this message belongs to. Ours come first, then those that the
    /// other side opened itself, then those in which both merely take part.
    pub(super) fn opener(&self, header: &Header) -> PartyCode {
        let (from, to) = (header.from.party(), header.to.party());
        let peer = if from == self.own { to } else { from };
        if self.is_opened_by(header) {
            return from;
        }
        let take_part = |opener: &PartyCode| {
            let parties = self.participants.get(opener);
            parties.is_some_and(|parties| parties.contains(&from) && parties.contains(&to))
        };
        let others = self.participants.keys().copied();
        [self.own, peer]
            .into_iter()
            .chain(others)
            .find(take_part)
            .unwrap_or(peer)
    }
}
