//! A stream that somebody has deleted is missed.

use bytes::Bytes;
use reeve_e2e::{Instance, wait_for};
use reeve_jetstream::Headers;
use std::time::Duration;

#[tokio::test(flavor = "multi_thread")]
async fn readyz_names_a_stream_that_is_missing() {
    let instance = tokio::task::block_in_place(|| Instance::start(0));
    let ready = || tokio::task::block_in_place(|| instance.ready());
    assert_eq!(ready().0, 200, "{}", ready().1);
    let bus = instance.bus().await;
    for stream in ["NODE_OUTPUT", "PARAMETERS"] {
        let subject = format!("$JS.API.STREAM.DELETE.{stream}");
        let deleted = bus.request(&subject, &Headers::default(), Bytes::new(), Duration::from_secs(5)).await;
        let said = String::from_utf8_lossy(&deleted.unwrap().data).into_owned();
        assert!(said.contains("\"success\":true"), "{said}");
    }
    tokio::task::block_in_place(|| {
        wait_for("readyz says so", || {
            let (status, said) = instance.ready();
            let names = said.contains("the stream NODE_OUTPUT is missing")
                && said.contains("the stream PARAMETERS of the events of parameters is missing");
            (status == 503 && names).then_some(())
        });
    });
}
