#![allow(clippy::unwrap_used, clippy::expect_used)]
//! A cast for the tests: contact points with keys, made once for all of them.

use std::sync::LazyLock;
use std::time::{Duration, SystemTime};

use crate::{Binding, Certificate, LockedKey, OpenContext, Password, Profile, UnlockedKey, Window};

/// A contact point with its key.
pub(crate) struct Member {
    pub(crate) contact_point: &'static str,
    pub(crate) locked: LockedKey,
    pub(crate) key: UnlockedKey,
}

impl Member {
    fn new(profile: Profile, contact_point: &'static str) -> Self {
        let password = password();
        let locked = LockedKey::generate(profile, contact_point, created_at(), &password).unwrap();
        let key = locked.unlock(&password).unwrap();
        Self {
            contact_point,
            locked,
            key,
        }
    }

    pub(crate) fn certificate(&self) -> Certificate {
        self.locked.certificate()
    }
}

/// The cast: two of the default profile, one of each other, and one that nobody writes to.
pub(crate) static POLICE_XA: LazyLock<Member> = LazyLock::new(|| Member::new(Profile::Default, "XA/police"));
pub(crate) static POLICE_XB: LazyLock<Member> = LazyLock::new(|| Member::new(Profile::Default, "XB/police"));
pub(crate) static COURT_XC: LazyLock<Member> = LazyLock::new(|| Member::new(Profile::Compatible, "XC/court"));
pub(crate) static PROSECUTION_XD: LazyLock<Member> =
    LazyLock::new(|| Member::new(Profile::PostQuantum, "XD/prosecution"));
#[expect(dead_code, reason = "hostile tests follow")]
pub(crate) static STRANGER_XE: LazyLock<Member> =
    LazyLock::new(|| Member::new(Profile::Compatible, "XE/police"));

pub(crate) fn password() -> Password {
    Password::from("correct horse battery staple".to_owned())
}

/// 2026-01-01T00:00:00Z
pub(crate) fn created_at() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_225_600)
}

/// 2026-02-01T00:00:00Z
pub(crate) fn sealed_at() -> SystemTime {
    created_at() + Duration::from_secs(31 * 86_400)
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

/// A minute after sealing.
pub(crate) fn received_at() -> SystemTime {
    sealed_at() + Duration::from_secs(60)
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
