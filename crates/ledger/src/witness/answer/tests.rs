#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;
use crate::note::Note;
use crate::note::tests::{GOLDEN_NOTE, golden_cosigner};

fn lines() -> Vec<SignatureLine> {
    Note::parse(GOLDEN_NOTE.as_bytes()).unwrap().signatures().to_vec()
}

fn read(reply: &Reply) -> Result<Answer, AnswerDecodeError> {
    Answer::parse(
        reply.status().code(),
        Some(reply.content_type()),
        reply.body().as_bytes(),
    )
}

#[test]
fn what_is_answered_is_read() {
    assert_eq!(read(&Reply::of_lines(&lines())), Ok(Answer::Cosigned(lines())));
    for size in [0, 7, 70_000, crate::limits::MAX_TREE_SIZE] {
        let reply = Reply::of_size(size);
        assert_eq!(reply.body(), format!("{size}\n"));
        assert_eq!(
            (reply.status().code(), reply.content_type()),
            (409, "text/x.tlog.size")
        );
        assert_eq!(read(&reply), Ok(Answer::Conflict { known_size: size }));
    }
    for status in [
        Status::Malformed,
        Status::NotSigned,
        Status::UnknownLog,
        Status::Unprocessable,
    ] {
        assert_eq!(
            read(&Reply::of_reason(status, "why")),
            Ok(Answer::Refused(status))
        );
    }
    assert_eq!(
        read(&Reply::overloaded()),
        Ok(Answer::Refused(Status::Overloaded))
    );
}

#[test]
fn statuses_have_the_numbers_of_the_specification() {
    assert_eq!(Status::ALL.map(Status::code), [200, 400, 403, 404, 409, 422, 429]);
    for status in Status::ALL {
        assert_eq!(Status::from_code(status.code()), Some(status));
    }
    for code in [0, 201, 204, 301, 401, 500, 502, 503] {
        assert_eq!(
            Answer::parse(code, None, b""),
            Err(AnswerDecodeError::UnknownStatus(code))
        );
    }
}

#[test]
fn hostile_answers_are_refused_by_name() {
    use AnswerDecodeError as Error;
    let line = lines()[1].to_string();
    let hostile = [
        (200, String::new(), Error::BadLines),
        (200, "\n".to_owned(), Error::BadLines),
        (200, format!("ok\n{line}"), Error::BadLines),
        (200, format!("{line}\n"), Error::BadLines),
        (200, line.trim_end().to_owned(), Error::BadLines),
        (200, line.replace('\n', "\r\n"), Error::BadLines),
        (200, line.repeat(101), Error::BadLines),
        (200, "x".repeat(MAX_WITNESS_ANSWER_BYTES + 1), Error::TooLong),
        (409, String::new(), Error::BadSize),
        (409, "7".to_owned(), Error::BadSize),
        (409, "07\n".to_owned(), Error::BadSize),
        (409, "-7\n".to_owned(), Error::BadSize),
        (409, "7\n\n".to_owned(), Error::BadSize),
        (409, "9223372036854775808\n".to_owned(), Error::BadSize),
    ];
    for (code, body, expected) in hostile {
        assert_eq!(
            Answer::parse(code, None, body.as_bytes()),
            Err(expected),
            "{body:?}"
        );
    }
    for other in ["text/html", "", "text/x.tlog.sizes", "x; text/x.tlog.size"] {
        assert_eq!(
            Answer::parse(409, Some(other), b"7\n"),
            Err(Error::BadSize),
            "{other}"
        );
    }
    for same in [
        "text/x.tlog.size",
        "Text/X.Tlog.Size",
        "text/x.tlog.size; charset=utf-8",
    ] {
        let answer = Answer::parse(409, Some(same), b"7\n");
        assert_eq!(answer, Ok(Answer::Conflict { known_size: 7 }), "{same}");
    }
    assert_eq!(Answer::parse(200, None, b"\xff"), Err(Error::BadLines));
    assert_eq!(Answer::parse(409, None, b"\xff"), Err(Error::BadSize));
    // Non-canonical base64 in a line: two texts would carry one signature.
    let last = golden_cosigner().verifier_key().name().len();
    let loose = line.replace("DQ==\n", "DR==\n");
    assert!(last > 0 && loose != line);
    assert_eq!(Answer::parse(200, None, loose.as_bytes()), Err(Error::BadLines));
}
