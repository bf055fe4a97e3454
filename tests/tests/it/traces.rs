//! One trace from the call to the node's report, as a collector sees it.

use data_encoding::HEXLOWER_PERMISSIVE;
use reeve_e2e::{Instance, wait_for};
use serde_json::json;
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
};

/// A collector that keeps what it is sent.
pub fn collector() -> (String, Arc<Mutex<Vec<u8>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let received = Arc::new(Mutex::new(Vec::new()));
    let kept = received.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let kept = kept.clone();
            std::thread::spawn(move || receive(&stream, &kept));
        }
    });
    (url, received)
}

fn receive(stream: &TcpStream, kept: &Mutex<Vec<u8>>) {
    let mut reader = BufReader::new(stream);
    loop {
        let (mut line, mut first, mut length) = (String::new(), String::new(), 0);
        while reader.read_line(&mut line).is_ok_and(|read| read > 0) && line != "\r\n" {
            if first.is_empty() {
                first.clone_from(&line);
            }
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
            line.clear();
        }
        if first.is_empty() {
            return;
        }
        assert!(
            ["traces", "metrics"].iter().any(|signal| first.starts_with(&format!("POST /v1/{signal} "))),
            "{first}"
        );
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        kept.lock().unwrap().extend(body);
        let mut stream = stream;
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").unwrap();
    }
}

#[test]
fn a_command_is_one_trace_from_the_call_to_the_report_and_metrics_are_collected() {
    let (url, received) = collector();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("reeve.toml");
    std::fs::write(&file, format!("otlp = \"{url}\"\n")).unwrap();
    let mut instance = Instance::start_with(1, &[("REEVE_CONFIG", file.to_str().unwrap())]);
    let input = json!({
        "DocumentName": "AWS-RunShellScript", "InstanceIds": [instance.node()],
        "Parameters": {"commands": ["true"]},
    });
    let command = instance.call("SendCommand", &input)["Command"]["CommandId"].as_str().unwrap().to_owned();
    assert_eq!(instance.ended(&command)["Status"], "Success");

    let events = instance.events();
    let traces: Vec<&str> = events
        .iter()
        .filter(|event| event["correlationid"] == command.as_str())
        .map(|event| event["traceparent"].as_str().unwrap())
        .collect();
    let trace = traces[0].split('-').nth(1).unwrap();
    assert!(traces.iter().all(|one| one.split('-').nth(1) == Some(trace)), "{traces:?}");
    let parents: std::collections::BTreeSet<&&str> = traces.iter().collect();
    assert!(parents.len() > 1, "events name the spans that caused them: {traces:?}");

    let id = HEXLOWER_PERMISSIVE.decode(trace.as_bytes()).unwrap();
    wait_for("the spans are collected", || {
        let bytes = received.lock().unwrap();
        let spans = bytes.windows(16).filter(|window| *window == id).count();
        let named = |name: &[u8]| bytes.windows(name.len()).any(|window| window == name);
        // The call at the gateway, the operation, the reaction that dispatches.
        let all = named(b"SendCommand") && named(b"command") && named(b"administrator");
        (spans >= 4 && all).then_some(())
    });
    // What was measured last is sent at the end.
    instance.stop();
    let bytes = received.lock().unwrap();
    let named = |name: &[u8]| bytes.windows(name.len()).any(|window| window == name);
    assert!(named(b"reeve.operation.duration") && named(b"reeve.view.lag"));
}
