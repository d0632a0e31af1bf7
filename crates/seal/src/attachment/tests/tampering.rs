//! Every part of a sealed file, changed, cut, moved or doubled.

use super::*;

/// A sealed file of five chunks, and its manifest.
fn sample() -> (Vec<u8>, Attachment) {
    let plain = file(4 * ATTACHMENT_AEAD_CHUNK_BYTES + 5_000);
    let sealed = encrypt(&from_xa_to_xb(&plain).packets(), &POLICE_XB);
    let attachment = in_manifest(&plain, &sealed);
    (sealed, attachment)
}

const SEALED_CHUNK_BYTES: usize = ATTACHMENT_AEAD_CHUNK_BYTES + 16;

/// Where the container's content begins, in a file that the forger made: `packet` writes one length.
fn container_start(sealed: &[u8]) -> usize {
    let (_, content) = *crate::testing::forgery::packet_starts(sealed).last().unwrap();
    content
}

fn is_refused(sealed: &[u8], attachment: &Attachment) -> OpenError {
    refusal(sealed, attachment)
}

#[test]
fn a_file_cut_at_any_border_or_percent_is_refused() {
    // As we seal it: with partial bodies.
    let plain = file(3 * PARTIAL_BODY_BYTES + 77);
    let sealed = sealed_by(&POLICE_XA, &[&POLICE_XB], &plain);
    let attachment = in_manifest(&plain, &sealed);
    assert!(open_at_xb(&sealed, &attachment).is_ok());
    let borders = [0, 1, 2, 3, 5, 100, 1_000].into_iter();
    let parts = (1..4).flat_map(|part| {
        let around = part * PARTIAL_BODY_BYTES;
        (around.saturating_sub(3)..around + 5_000).step_by(997)
    });
    let tail = sealed.len() - 20..sealed.len();
    let percents = (0..100).step_by(4).map(|percent| sealed.len() * percent / 100);
    let all = borders.chain(parts).chain(tail).chain(percents);
    for length in all.filter(|length| *length < sealed.len()) {
        let error = is_refused(&sealed[..length], &attachment);
        assert!(
            matches!(error, OpenError::Malformed | OpenError::Damaged),
            "{length}: {error:?}"
        );
    }
}

/// Cut, and the length in the packet's header made to fit, so that only authentication can tell.
#[test]
fn a_container_cut_with_a_fitting_length_is_damaged() {
    let (sealed, attachment) = sample();
    let start = container_start(&sealed);
    let (front, content) = sealed.split_at(start);
    let head = front.len() - 6;
    let cut_to = |length: usize| [&front[..head], &packet(Tag::SEIP, &content[..length])].concat();
    assert!(open_at_xb(&cut_to(content.len()), &attachment).is_ok());
    let chunks = (0..5).map(|chunk| 36 + chunk * SEALED_CHUNK_BYTES);
    let borders = chunks.flat_map(|border| [border, border + 1, border + 15, border + 16, border + 17]);
    let tail = content.len() - 34..content.len();
    for length in borders.chain(tail) {
        assert_eq!(
            is_refused(&cut_to(length), &attachment),
            OpenError::Damaged,
            "{length}"
        );
    }
}

#[test]
fn a_flipped_bit_anywhere_is_refused() {
    let (sealed, attachment) = sample();
    let start = container_start(&sealed);
    let front = (0..start + 36).step_by(17).chain(start - 6..start + 36);
    let inside = (start + 36..sealed.len()).step_by(98_611);
    let tail = sealed.len() - 40..sealed.len();
    for at in front.chain(inside).chain(tail) {
        let mut damaged = sealed.clone();
        damaged[at] ^= if at % 2 == 0 { 0x01 } else { 0x40 };
        is_refused(&damaged, &attachment);
    }
}

#[test]
fn chunks_that_are_swapped_doubled_or_left_out_are_damaged() {
    let (sealed, attachment) = sample();
    let start = container_start(&sealed) + 36;
    let chunk = |index: usize| &sealed[start + index * SEALED_CHUNK_BYTES..][..SEALED_CHUNK_BYTES];
    let put = |order: &[usize]| {
        let chunks: Vec<u8> = order.iter().flat_map(|index| chunk(*index)).copied().collect();
        let rest = &sealed[start + 4 * SEALED_CHUNK_BYTES..];
        let header = &sealed[start - 36..start];
        let front = &sealed[..start - 36 - 6];
        [front, &packet(Tag::SEIP, &[header, &chunks, rest].concat())].concat()
    };
    assert!(open_at_xb(&put(&[0, 1, 2, 3]), &attachment).is_ok());
    for order in [
        &[1, 0, 2, 3][..],
        &[0, 1, 3, 2],
        &[0, 1, 2],
        &[0, 1, 2, 2, 3],
        &[0, 0, 2, 3],
        &[],
    ] {
        assert_eq!(
            is_refused(&put(order), &attachment),
            OpenError::Damaged,
            "{order:?}"
        );
    }
}

#[test]
fn bytes_after_the_end_are_refused() {
    let (sealed, attachment) = sample();
    for trailing in [&b"\0"[..], b"x", &sealed] {
        let longer = [&sealed, trailing].concat();
        assert_eq!(is_refused(&longer, &attachment), OpenError::Malformed);
    }
}

/// Another file in the place of this one, however authentic: another manifest, another label, another
/// message.
#[test]
fn an_authentic_file_in_the_wrong_place_is_refused() {
    let plain = file(300_000);
    let sealed = sealed_by(&POLICE_XA, &[&POLICE_XB], &plain);
    let attachment = in_manifest(&plain, &sealed);
    let mut other = plain.clone();
    other[7] ^= 1;
    for wrong in [&other[..], &plain[..299_999], &[&plain[..], b"x"].concat()] {
        let error = open_at_xb(&sealed, &in_manifest(wrong, &sealed)).unwrap_err();
        assert!(matches!(error, OpenAttachmentError::NotAsInManifest), "{error:?}");
        assert_eq!(error.code(), Some("attachment-not-as-in-manifest"));
    }
    let envelope = binding(&POLICE_XA, &[&POLICE_XB]);
    let senders = [POLICE_XA.certificate()];
    let context = context(&POLICE_XB, &senders, &envelope);
    let labelled = |change: &dyn Fn(&mut Label)| {
        let mut label = label();
        change(&mut label);
        open_attachment(&*sealed, Vec::new(), &label, &attachment, &context).unwrap_err()
    };
    let is = |error: OpenAttachmentError, expected: LabelField| {
        assert!(
            matches!(error, OpenAttachmentError::Label { field } if field == expected),
            "{error:?}"
        );
    };
    is(
        labelled(&|label| label.number = "2".parse().unwrap()),
        LabelField::Number,
    );
    is(
        labelled(&|label| label.name = "other".parse().unwrap()),
        LabelField::FileName,
    );
    is(
        labelled(&|label| label.media_type = "text/html".parse().unwrap()),
        LabelField::MediaType,
    );
    let mut elsewhere = envelope.clone();
    elsewhere.message = "01939c5e-7b1a-7cc3-8f00-0102030405ff".parse().unwrap();
    let context = crate::OpenContext {
        binding: &elsewhere,
        ..context
    };
    let error = open_attachment(&*sealed, Vec::new(), &label(), &attachment, &context).unwrap_err();
    is(error, LabelField::Message(crate::BindingField::Message));
}
