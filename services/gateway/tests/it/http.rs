//! What HTTP itself can do to a gateway, and the doors beside the API.

use crate::support::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

#[tokio::test]
async fn health_and_readiness() {
    let bus = FakeBus::saying("{}");
    bus.served.lock().unwrap().clear();
    let gateway = start(bus).await;
    assert_eq!(gateway.get("/healthz").await.status, 200);
    assert_eq!(gateway.get("/readyz").await.status, 503);
    gateway.bus.served.lock().unwrap().push(served("ListDocuments"));
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    assert_eq!(gateway.call("ListDocuments", "{}").await.status, 200);
    assert_eq!(gateway.get("/readyz").await.status, 200);
    gateway.stop().await;
}

#[tokio::test]
async fn one_that_stops_says_so_first_and_serves_until_it_does() {
    let leave = std::time::Duration::from_millis(800);
    let gateway = start_with(FakeBus::saying("{}"), |config| config.leave_time = leave).await;
    let kept = gateway.call("ListDocuments", "{}").await;
    assert_eq!((kept.status, kept.header("connection")), (200, None));
    assert_eq!(gateway.get("/readyz").await.status, 200);
    let (address, bus) = (gateway.address, gateway.bus.clone());
    let begun = std::time::Instant::now();
    let (stopping, gateway) = gateway.stopping();
    tokio::time::sleep(leave / 4).await;
    let said = gateway.get("/readyz").await;
    assert_eq!((said.status, said.body.as_str()), (503, "the gateway stops\n"));
    let last = gateway.call("ListDocuments", "{}").await;
    assert_eq!((last.status, last.header("connection")), (200, Some("close")));
    assert_eq!(bus.times_asked(), 2);
    stopping.await.unwrap().unwrap();
    assert!(begun.elapsed() >= leave, "it stopped after {:?}", begun.elapsed());
    assert!(TcpStream::connect(address).await.is_err(), "nobody listens");
}

#[tokio::test]
async fn other_doors_are_closed() {
    let gateway = start(FakeBus::saying("{}")).await;
    for response in
        [gateway.get("/").await, gateway.get("/enroll").await, gateway.post("/documents", "{}").await]
    {
        assert_eq!((response.status, response.error().1.as_str()), (404, "UnknownOperationException"));
    }
    assert_eq!(gateway.bus.times_asked(), 0);
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_refused() {
    let gateway = start_with(FakeBus::saying("{}"), |config| config.max_body_bytes = 100).await;
    let body = format!(r#"{{"Name": "{}"}}"#, "a".repeat(100));
    let (status, code, _) = gateway.call("GetDocument", &body).await.error();
    assert_eq!((status, code.as_str()), (413, "RequestEntityTooLargeException"));
    let mut head = "POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n".to_owned();
    for (name, value) in gateway.signed(ADMINISTRATOR, "AmazonSSM.GetDocument", &body) {
        head += &format!("{name}: {value}\r\n");
    }
    let chunked = format!("{head}\r\n{:x}\r\n{body}\r\n", body.len());
    assert_eq!(gateway.raw(&chunked).await.status, 413);
}

#[tokio::test]
async fn a_chunked_body_is_put_together() {
    let gateway = start(FakeBus::saying("{}")).await;
    let body = r#"{"Name": "AWS-RunShellScript"}"#;
    let mut head = "POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n".to_owned();
    for (name, value) in gateway.signed(ADMINISTRATOR, "AmazonSSM.GetDocument", body) {
        head += &format!("{name}: {value}\r\n");
    }
    let mut stream = TcpStream::connect(gateway.address).await.unwrap();
    stream.write_all(format!("{head}\r\n").as_bytes()).await.unwrap();
    for part in body.as_bytes().chunks(7) {
        let part = format!("{:x}\r\n{}\r\n", part.len(), std::str::from_utf8(part).unwrap());
        stream.write_all(part.as_bytes()).await.unwrap();
        tokio::task::yield_now().await;
    }
    stream.write_all(b"0\r\n\r\n").await.unwrap();
    assert_eq!(read(&mut stream).await.status, 200);
    assert_eq!(gateway.bus.last().body, body);
}

#[tokio::test]
async fn a_client_that_asks_first_is_told_to_go_on() {
    let gateway = start(FakeBus::saying("{}")).await;
    let body = r#"{"Name": "AWS-RunShellScript"}"#;
    let mut head = format!("POST / HTTP/1.1\r\nexpect: 100-continue\r\ncontent-length: {}\r\n", body.len());
    for (name, value) in gateway.signed(ADMINISTRATOR, "AmazonSSM.GetDocument", body) {
        head += &format!("{name}: {value}\r\n");
    }
    let mut stream = TcpStream::connect(gateway.address).await.unwrap();
    stream.write_all(format!("{head}\r\n").as_bytes()).await.unwrap();
    let mut go_on = [0; 25];
    stream.read_exact(&mut go_on).await.unwrap();
    assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(body.as_bytes()).await.unwrap();
    assert_eq!(read(&mut stream).await.status, 200);
}

#[tokio::test]
async fn too_many_at_a_time_are_told_to_slow_down() {
    let gateway = start_with(FakeBus::saying("{}"), |config| config.max_requests = 1).await;
    let mut head = "POST / HTTP/1.1\r\ncontent-length: 10\r\n".to_owned();
    for (name, value) in gateway.signed(ADMINISTRATOR, "AmazonSSM.GetDocument", "{}") {
        head += &format!("{name}: {value}\r\n");
    }
    let mut slow = TcpStream::connect(gateway.address).await.unwrap();
    slow.write_all(format!("{head}\r\n{{").as_bytes()).await.unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    assert_eq!(gateway.call("ListDocuments", "{}").await.error().1, "ThrottlingException");
    drop(slow);
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    assert_eq!(gateway.call("ListDocuments", "{}").await.status, 200);
}

#[tokio::test]
async fn strangers_take_no_place() {
    let gateway = start_with(FakeBus::saying("{}"), |config| config.max_requests = 1).await;
    let mut slow = TcpStream::connect(gateway.address).await.unwrap();
    slow.write_all(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n{").await.unwrap();
    let mut enrolling = TcpStream::connect(gateway.address).await.unwrap();
    enrolling.write_all(b"POST /enroll HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n{").await.unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    assert_eq!(gateway.call("ListDocuments", "{}").await.status, 200);
    // The stranger hears why once it has said all.
    slow.write_all(b"\"a\":\"b\"}xx").await.unwrap();
    assert_eq!(read(&mut slow).await.error().1, "MissingAuthenticationTokenException");
}

#[tokio::test]
async fn a_node_enrols_without_a_signature() {
    let gateway = start(FakeBus::new(|forward| {
        let refused = forward.body.windows(5).any(|part| part == b"wrong");
        Ok(match refused {
            true => answer(&[("reeve-error", "AccessDeniedException")], r#"{"message": "no such code"}"#),
            false if forward.body.len() == 2 => {
                answer(&[("reeve-error", "ValidationException")], r#"{"message": "what code?"}"#)
            }
            false => answer(&[], r#"{"node_id": "mi-0123456789abcdef0"}"#),
        })
    }))
    .await;
    let response = gateway.post("/enroll", r#"{"code": "right"}"#).await;
    assert_eq!((response.status, response.body.as_str()), (200, r#"{"node_id": "mi-0123456789abcdef0"}"#));
    let forward = gateway.bus.last();
    assert_eq!(forward.subject, "reeve.enroll");
    assert_eq!(header(&forward, "reeve-source"), Some("127.0.0.1"));
    assert_eq!(header(&forward, "reeve-actor"), None);
    assert_eq!(gateway.post("/enroll", r#"{"code": "wrong"}"#).await.status, 403);
    assert_eq!(gateway.post("/enroll", "{}").await.status, 400);
    assert_eq!(gateway.post("/enroll", "code").await.error().1, "SerializationException");
    assert_eq!(gateway.post("/enroll", &" ".repeat(64 * 1024 + 1)).await.status, 413);
    assert_eq!(gateway.bus.times_asked(), 3);
}
