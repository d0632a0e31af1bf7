#![allow(clippy::unwrap_used, clippy::expect_used)]
//! A cast for the tests: contact points with keys, made once for all of them.

pub(crate) mod forgery;
#[cfg(test)]
pub(crate) mod measuring;

use std::sync::LazyLock;
use std::time::{Duration, SystemTime};

use sequoia_openpgp::Cert;

use crate::key::make_open;
use crate::{Binding, Certificate, OpenContext, Password, Profile, UnlockedKey, Window};

/// A contact point with its key.
pub(crate) struct Member {
    pub(crate) contact_point: &'static str,
    /// With open secrets.
    pub(crate) cert: Cert,
    pub(crate) key: UnlockedKey,
}

impl Member {
    fn new(profile: Profile, contact_point: &'static str) -> Self {
        Self::from_cert(make_open(profile, contact_point, created_at()), contact_point)
    }

    pub(crate) fn from_cert(cert: Cert, contact_point: &'static str) -> Self {
        Self {
            contact_point,
            key: UnlockedKey::from_open(&cert),
            cert,
        }
    }

    pub(crate) fn certificate(&self) -> Certificate {
        self.key.certificate().clone()
    }
}

/// The cast: two of the default profile, one of each other, and one that nobody writes to.
pub(crate) static POLICE_XA: LazyLock<Member> = LazyLock::new(|| Member::new(Profile::Default, "XA/police"));
pub(crate) static POLICE_XB: LazyLock<Member> = LazyLock::new(|| Member::new(Profile::Default, "XB/police"));
pub(crate) static COURT_XC: LazyLock<Member> = LazyLock::new(|| Member::new(Profile::Compatible, "XC/court"));
pub(crate) static PROSECUTION_XD: LazyLock<Member> =
    LazyLock::new(|| Member::new(Profile::PostQuantum, "XD/prosecution"));
pub(crate) static STRANGER_XE: LazyLock<Member> =
    LazyLock::new(|| Member::new(Profile::Compatible, "XE/police"));

pub(crate) const BODY: &[u8] = b"{\"kind\":\"note\",\"text\":\"canary\"}";

pub(crate) fn password() -> Password {
    Password::from("correct horse battery staple".to_owned())
}

/// 2026-01-01T00:00:00Z
pub(crate) fn created_at() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_225_600)
}

/// 2026-02-01T00:00:00Z
pub(crate) fn sealed_at() -> SystemTime {
    created_at() + days(31)
}

/// A minute after sealing.
pub(crate) fn received_at() -> SystemTime {
    sealed_at() + Duration::from_secs(60)
}

pub(crate) fn days(count: u64) -> Duration {
    Duration::from_secs(count * 86_400)
}

pub(crate) fn binding(from: &Member, to: &[&Member]) -> Binding {
    Binding {
        message: "01939c5e-7b1a-7cc3-8f00-0102030405aa".parse().unwrap(),
        case: "01939c5e-7b1a-7cc3-8f00-0102030405ab".parse().unwrap(),
        from: from.contact_point.parse().unwrap(),
        to: to
            .iter()
            .map(|member| member.contact_point.parse().unwrap())
            .collect(),
    }
}

pub(crate) fn context<'a>(
    recipient: &'a Member,
    senders: &'a [Certificate],
    binding: &'a Binding,
) -> OpenContext<'a> {
    OpenContext {
        recipient: &recipient.key,
        senders,
        co_recipients: &[],
        binding,
        received_at: received_at(),
        window: Window::between(sealed_at(), received_at()),
    }
}
