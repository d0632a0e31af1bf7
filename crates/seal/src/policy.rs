//! Which cryptography is accepted, in certificates and in messages.
//!
//! Sequoia's standard policy, and on top of it: no compression (a bomb is refused before it is
//! opened), no passwords, no SEIPDv1, no version 3 signature, no SHA-1 at any date, no short or
//! finite-field keys, AES only. The standard policy looks at the clock for algorithms that it retires
//! at a date; that is the one place in this crate where the time is not an argument, and it
//! can only refuse more.

use std::sync::LazyLock;

use sequoia_openpgp::packet::Tag;
use sequoia_openpgp::policy::{AsymmetricAlgorithm, StandardPolicy};
use sequoia_openpgp::types::{AEADAlgorithm, HashAlgorithm, SymmetricAlgorithm};

/// The policy for everything: certificates, sealing, opening.
pub(crate) fn strict() -> &'static StandardPolicy<'static> {
    static STRICT: LazyLock<StandardPolicy<'static>> = LazyLock::new(build);
    &STRICT
}

fn build() -> StandardPolicy<'static> {
    let mut policy = StandardPolicy::new();
    policy.reject_packet_tag(Tag::CompressedData);
    policy.reject_packet_tag(Tag::SKESK);
    policy.reject_packet_tag(Tag::SED);
    policy.reject_packet_tag_version(Tag::SEIP, 1);
    policy.reject_packet_tag_version(Tag::Signature, 3);
    for hash in [
        HashAlgorithm::MD5,
        HashAlgorithm::SHA1,
        HashAlgorithm::RipeMD,
        HashAlgorithm::SHA224,
    ] {
        policy.reject_hash(hash);
    }
    for key in [
        AsymmetricAlgorithm::RSA1024,
        AsymmetricAlgorithm::RSA2048,
        AsymmetricAlgorithm::ElGamal1024,
        AsymmetricAlgorithm::ElGamal2048,
        AsymmetricAlgorithm::ElGamal3072,
        AsymmetricAlgorithm::ElGamal4096,
        AsymmetricAlgorithm::DSA1024,
        AsymmetricAlgorithm::DSA2048,
        AsymmetricAlgorithm::DSA3072,
        AsymmetricAlgorithm::DSA4096,
    ] {
        policy.reject_asymmetric_algo(key);
    }
    policy.reject_all_symmetric_algos();
    policy.accept_symmetric_algo(SymmetricAlgorithm::AES128);
    policy.accept_symmetric_algo(SymmetricAlgorithm::AES192);
    policy.accept_symmetric_algo(SymmetricAlgorithm::AES256);
    policy.reject_all_aead_algos();
    policy.accept_aead_algo(AEADAlgorithm::OCB);
    policy.accept_aead_algo(AEADAlgorithm::GCM);
    policy
}
