#![allow(clippy::unwrap_used, clippy::expect_used)]

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::*;

#[test]
fn an_address_is_read_strictly_and_shown_as_it_is_asked() {
    let shown = |text: &str| text.parse::<HttpUrl>().map(|url| url.to_string());
    assert_eq!(
        shown("http://tsa.example.org/tsr"),
        Ok("http://tsa.example.org/tsr".into())
    );
    assert_eq!(
        shown("https://w.example.org:8443/"),
        Ok("https://w.example.org:8443".into())
    );
    assert_eq!(
        shown("http://[2001:db8::1]:80/a/b/"),
        Ok("http://[2001:db8::1]:80/a/b".into())
    );
    let url: HttpUrl = "http://[2001:db8::1]".parse().unwrap();
    assert_eq!((url.host.as_str(), url.port), ("2001:db8::1", 80));
    for wrong in [
        "",
        "tsa.example.org",
        "ftp://tsa.example.org",
        "http://",
        "http:///tsr",
        "http://user@tsa.example.org/",
        "http://tsa.example.org/?a=b",
        "http://tsa.example.org/#a",
        "http://tsa.example.org:port/",
        "file:///etc/passwd",
    ] {
        assert_eq!(shown(wrong), Err(HttpUrlError), "{wrong}");
    }
}

/// A service that answers one question with these bytes; gives the question.
async fn asked(answer: &'static [u8], answer_bytes_max: usize) -> (Result<HttpAnswer, NoAnswer>, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url: HttpUrl = format!("http://{}/prefix", listener.local_addr().unwrap())
        .parse()
        .unwrap();
    let service = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut question = Vec::new();
        while !question.ends_with(b"body") {
            assert!(stream.read_buf(&mut question).await.unwrap() > 0);
        }
        stream.write_all(answer).await.unwrap();
        String::from_utf8(question).unwrap()
    });
    let question = Question {
        method: Method::POST,
        below: "/add-checkpoint".to_owned(),
        content_type: Some("text/plain"),
        body: b"body".to_vec(),
        answer_bytes_max,
    };
    (url.ask(question).await, service.await.unwrap())
}

#[tokio::test]
async fn a_question_is_asked_and_its_answer_read_whatever_the_status() {
    let (answer, question) = asked(
        b"HTTP/1.1 409 Conflict\r\ncontent-type: text/x.tlog.size\r\ncontent-length: 2\r\n\r\n7\n",
        2,
    )
    .await;
    let answer = answer.unwrap();
    assert_eq!((answer.status, answer.body.as_slice()), (409, &b"7\n"[..]));
    assert_eq!(answer.content_type.as_deref(), Some("text/x.tlog.size"));
    assert!(
        question.starts_with("POST /prefix/add-checkpoint HTTP/1.1\r\n"),
        "{question}"
    );
}

#[tokio::test]
async fn what_is_too_long_cut_off_or_no_http_is_no_answer() {
    let (long, _) = asked(b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nabc", 2).await;
    assert!(matches!(long, Err(NoAnswer::TooLong)), "{long:?}");
    let (cut, _) = asked(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc", 100).await;
    assert!(matches!(cut, Err(NoAnswer::Broken(_))), "{cut:?}");
    let (other, _) = asked(b"SSH-2.0-example\r\n", 100).await;
    assert!(matches!(other, Err(NoAnswer::Broken(_))), "{other:?}");
}

#[tokio::test]
async fn nobody_there_is_no_answer() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let url: HttpUrl = format!("http://{address}").parse().unwrap();
    let question = Question {
        method: Method::GET,
        below: String::new(),
        content_type: None,
        body: Vec::new(),
        answer_bytes_max: 1,
    };
    assert!(matches!(url.ask(question).await, Err(NoAnswer::Unreachable(_))));
}
