//! The options of each verb of `ohrid directory`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use protocol::key::PublicKey;

use crate::when;

/// Options of `ohrid directory init`.
#[derive(Debug, Args)]
pub(crate) struct InitArguments {
    /// The network's name; directories of two networks never mix
    #[arg(long, value_name = "NAME")]
    pub(crate) network: String,
    /// How many members of the secretariat must sign; one key signs alone where this is left out
    #[arg(long, value_name = "K")]
    pub(crate) threshold: Option<usize>,
    /// Make so many members' folders, below DIR/members, to be given to the members
    #[arg(long, value_name = "N", requires = "threshold", conflicts_with = "member")]
    pub(crate) keys: Option<usize>,
    /// The public key of a member who has made one with `directory key new`: the file, or ed25519:…
    #[arg(long, value_name = "KEY", requires = "threshold")]
    pub(crate) member: Vec<String>,
}

/// Options of `ohrid directory add`.
#[derive(Debug, Args)]
pub(crate) struct AddArguments {
    /// What `ohrid node init` wrote
    #[arg(required = true, value_name = "JOIN_REQUEST")]
    pub(crate) files: Vec<PathBuf>,
    /// Replace a Party's earlier request
    #[arg(long)]
    pub(crate) replace: bool,
}

/// Options of `ohrid directory sign`.
#[derive(Debug, Args)]
pub(crate) struct SignArguments {
    /// A directory or key set that another member has made: sign a copy of it with the key in DIR
    pub(crate) file: Option<PathBuf>,
    /// How long the next version is valid; a newer one must be there before
    #[arg(long, value_name = "LENGTH", default_value = "30d", value_parser = when::parse_length)]
    pub(crate) expires_in: Duration,
    /// Begin again, although signatures are being collected for a version made earlier
    #[arg(long, conflicts_with = "file")]
    pub(crate) anew: bool,
    /// A version to be above, if others than the secretariat have signed with stolen keys
    #[arg(long, value_name = "VERSION", default_value_t = 0, conflicts_with = "file")]
    pub(crate) above: u64,
    /// Where the signed copy goes; beside FILE where this is left out
    #[arg(long, value_name = "FILE", requires = "file")]
    pub(crate) output: Option<PathBuf>,
}

/// Options of `ohrid directory merge`.
#[derive(Debug, Args)]
pub(crate) struct MergeArguments {
    /// Copies that members have signed, and change requests of Parties
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Let a change request replace an earlier one that is in the draft and not yet signed
    #[arg(long)]
    pub(crate) replace: bool,
}

/// Options of `ohrid directory rotate`.
#[derive(Debug, Args)]
pub(crate) struct RotateArguments {
    /// A key that comes: the file that `directory key new` wrote, or ed25519:…
    #[arg(long, value_name = "KEY")]
    pub(crate) add: Vec<String>,
    /// A key that goes, because it was stolen, or lost, or its holder leaves
    #[arg(long, value_name = "KEY")]
    pub(crate) remove: Vec<String>,
    /// How many must sign from then on; as many as now where this is left out
    #[arg(long, value_name = "K")]
    pub(crate) threshold: Option<usize>,
    /// Begin again, although signatures are being collected for another key set
    #[arg(long)]
    pub(crate) anew: bool,
}

/// Options of `ohrid directory request`.
#[derive(Debug, Args)]
pub(crate) struct RequestArguments {
    /// Where peers reach the node from now on, several times if need be
    #[arg(long, value_name = "HOST:PORT", conflicts_with = "unreachable")]
    pub(crate) address: Vec<String>,
    /// Nobody can dial the node from now on
    #[arg(long)]
    pub(crate) unreachable: bool,
    /// The Party's name, for people
    #[arg(long, value_name = "TEXT")]
    pub(crate) party_name: Option<String>,
    /// What the Party declares, TOML, as for `ohrid node init`
    #[arg(long, value_name = "FILE")]
    pub(crate) profile_file: Option<PathBuf>,
    /// One more OpenPGP certificate of a contact point
    #[arg(long, value_name = "OFFICE=FILE")]
    pub(crate) certificate: Vec<String>,
    /// Make a new envelope key, keys/envelope.next.seed; the old one ends after --overlap
    #[arg(long)]
    pub(crate) new_envelope_key: bool,
    /// For how long the old envelope key and the new one are valid side by side
    #[arg(long, value_name = "LENGTH", default_value = "30d", value_parser = when::parse_length)]
    pub(crate) overlap: Duration,
    /// Where the request goes; change-request.cose in DIR where this is left out
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

/// Options of `ohrid directory show`.
#[derive(Debug, Args)]
pub(crate) struct ShowArguments {
    /// A signed directory, a key set, a change request, or a join request
    pub(crate) file: PathBuf,
}

/// Options of `ohrid directory diff`.
#[derive(Debug, Args)]
pub(crate) struct DiffArguments {
    /// The signed directory from which
    pub(crate) from: PathBuf,
    /// The signed directory, or change request, to which
    pub(crate) to: PathBuf,
}

/// Options of `ohrid directory verify` and `install`.
#[derive(Debug, Args)]
pub(crate) struct VerifyArguments {
    /// The signed directory
    pub(crate) file: PathBuf,
    /// A key of the secretariat, as read to you by telephone: ed25519:…; all of one key set, if several
    #[arg(long, value_name = "KEY")]
    pub(crate) key: Vec<PublicKey>,
    /// How many of these keys must have signed; all of them where this is left out
    #[arg(long, value_name = "K")]
    pub(crate) threshold: Option<usize>,
    /// The network's name, if it is to be checked
    #[arg(long, value_name = "NAME")]
    pub(crate) network: Option<String>,
}
