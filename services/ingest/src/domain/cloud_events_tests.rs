use super::*;
use proptest::prelude::*;
use serde_json::json;

/// The value of a header that is left out.
const ABSENT: &str = "\u{1}";

fn headers(more: &[(&str, &str)]) -> Vec<(String, String)> {
    let whole = [("ce-specversion", "1.0"), ("ce-id", "1"), ("ce-source", "/a"), ("ce-type", "t")];
    let kept =
        whole.iter().filter(|(name, _)| !more.iter().any(|(other, _)| other.eq_ignore_ascii_case(name)));
    let all = kept.chain(more).filter(|(_, value)| *value != ABSENT);
    all.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn attribute(event: &CloudEventReceived, name: &str) -> Option<String> {
    event.attributes.iter().find(|text| text.key == name).map(|text| text.value.clone())
}

#[test]
fn the_mode_is_the_content_types_in_any_case() {
    for (content_type, expected) in [
        ("application/cloudevents+json", Mode::Structured),
        ("Application/CloudEvents+JSON; charset=UTF-8", Mode::Structured),
        ("application/cloudevents-batch+json", Mode::Batched),
        ("application/json", Mode::Binary),
        ("", Mode::Binary),
    ] {
        assert_eq!(mode(content_type), Ok(expected), "{content_type}");
    }
    assert!(mode("application/cloudevents+xml").unwrap_err().to_string().contains("Content-Type"));
}

#[test]
fn headers_are_unquoted_and_decoded_once() {
    for (value, expected) in [
        ("plain", "plain"),
        ("Euro%20%E2%82%AC%20%F0%9F%98%80", "Euro € 😀"),
        ("\"a \\\"b\\\" c\"", "a \"b\" c"),
        ("%2541", "%41"),
        ("%41", "A"),
        ("\"x%22\"", "x\""),
    ] {
        let event = binary(&headers(&[("ce-ext", value)]), b"").unwrap();
        assert_eq!(attribute(&event, "ext").as_deref(), Some(expected), "{value}");
    }
    for value in ["%ff", "100%", "%4"] {
        let said = binary(&headers(&[("ce-ext", value)]), b"").unwrap_err().to_string();
        assert!(said.starts_with("ce-ext is"), "{said}");
    }
}

#[test]
fn what_is_wrong_names_the_attribute() {
    for (more, words) in [
        (("ce-id", ABSENT), "ce-id is missing"),
        (("ce-specversion", ABSENT), "ce-specversion is missing"),
        (("ce-specversion", "0.3"), "ce-specversion is \"0.3\""),
        (("ce-type", ""), "ce-type is empty"),
        (("Ce-Fc-Code-Checksum", "x"), "ce-fc-code-checksum is not the name of an attribute"),
        (("ce-time", "noon"), "ce-time is \"noon\""),
    ] {
        let said = binary(&headers(&[more]), b"").unwrap_err().to_string();
        assert!(said.contains(words), "{said}");
    }
    // 21 characters: a SHOULD.
    let long = ("ce-abcdefghijklmnopqrstu", "x");
    assert!(binary(&headers(&[long]), b"").is_ok());
    let broken = binary(&headers(&[("content-type", "application/json")]), b"{\"user\": trueSomething}");
    assert!(broken.unwrap_err().to_string().contains("line 1 column"));
}

fn structured_of(more: Value) -> Result<CloudEventReceived, Unacceptable> {
    let mut event = json!({"specversion": "1.0", "id": "1", "source": "/a", "type": "t"});
    event.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    structured(event.to_string().as_bytes())
}

#[test]
fn data_is_a_value_bytes_or_nothing() {
    let of = |more: Value| structured_of(more).map(|event| (event.data_kind, event.data));
    assert_eq!(of(json!({"data_base64": "AAECAw=="})), Ok(("binary".into(), vec![0, 1, 2, 3])));
    assert_eq!(of(json!({"data": null})), Ok(("json".into(), b"null".to_vec())));
    assert_eq!(of(json!({})), Ok((String::new(), Vec::new())));
    assert_eq!(of(json!({"data": "x", "datacontenttype": "text/plain"})), Ok(("text".into(), b"x".to_vec())));
    assert_eq!(of(json!({"data": {"a": 1}, "subject": null})), Ok(("json".into(), b"{\"a\":1}".to_vec())));
    for (more, words) in [
        (json!({"data": 1, "data_base64": "AA=="}), "data and data_base64 are both there"),
        (json!({"data_base64": "?"}), "data_base64 is not Base64"),
        (json!({"example-extension": "x"}), "example-extension is not the name"),
        (json!({"ext": {"a": 1}}), "ext is {\"a\":1}"),
        (json!({"type": null}), "type is missing"),
    ] {
        let said = of(more).unwrap_err().to_string();
        assert!(said.contains(words), "{said}");
    }
}

#[test]
fn identity_is_the_source_and_the_id_together() {
    let of = |source: &str, id: &str| structured_of(json!({"source": source, "id": id})).unwrap().identity;
    assert_eq!(of("/a", "1"), of("/a", "1"));
    assert_ne!(of("/a", "1"), of("/b", "1"));
    assert_ne!(of("/a", "1"), of("/a", "2"));
    assert_ne!(of("a\",\"b", "c"), of("a", "b\",\"c"));
}

#[test]
fn each_of_a_batch_is_for_itself() {
    let good = |id: &str| json!({"specversion": "1.0", "id": id, "source": "/a", "type": "t"});
    let bad = json!({"specversion": "1.0", "id": "2", "source": "/a"});
    let read = batch(json!([good("1"), bad, good("3")]).to_string().as_bytes()).unwrap();
    assert_eq!(read.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, false, true]);
    assert_eq!(read[1].as_ref().unwrap_err().to_string(), "type is missing");
    assert_eq!(batch(b"[]"), Ok(Vec::new()));
    assert!(batch(b"{}").is_err());
}

#[test]
fn over_nats_the_content_type_tells_the_mode_and_an_attribute_what_the_data_is() {
    let sent = |more: &[(&str, &str)], body: &[u8]| over_nats(&headers(more), body);
    let plain = sent(&[("ce-datacontenttype", "text/plain"), ("ce-ext", "%e2%82%ac")], b"it broke").unwrap();
    assert_eq!((plain.data_kind.as_str(), plain.data.as_slice()), ("text", &b"it broke"[..]));
    assert_eq!(attribute(&plain, "datacontenttype"), Some("text/plain".into()));
    assert_eq!(attribute(&plain, "ext"), Some("€".into()));
    // What a message says of itself besides says nothing of the data.
    let bytes = sent(&[("content-type", "application/json"), ("Nats-Msg-Id", "7")], &[0, 1, 2, 255]).unwrap();
    assert_eq!((bytes.data_kind.as_str(), bytes.data.as_slice()), ("binary", &[0, 1, 2, 255][..]));
    let json = sent(&[("ce-datacontenttype", "application/json")], b"{").unwrap_err();
    assert!(json.to_string().starts_with("The body is not JSON"), "{json}");
    let whole =
        json!({"specversion": "1.0", "id": "1", "source": "/a", "type": "t", "data_base64": "AAECAw=="});
    let structured = [("Content-Type", "Application/CloudEvents+json; charset=UTF-8")];
    let read = sent(&structured, whole.to_string().as_bytes()).unwrap();
    assert_eq!((read.data_kind.as_str(), read.data.as_slice()), ("binary", &[0, 1, 2, 3][..]));
    for (more, field) in [
        (("ce-id", ABSENT), "ce-id"),
        (("content-type", "application/cloudevents-batch+json"), "Content-Type"),
        (("content-type", "application/cloudevents+avro"), "Content-Type"),
    ] {
        assert_eq!(sent(&[more], b"").unwrap_err().field, field);
    }
    // Of two senders of the same source and id it is the same event.
    assert_eq!(sent(&[], b"").unwrap().identity, binary(&headers(&[]), b"").unwrap().identity);
}

proptest! {
    #[test]
    fn nothing_panics(value in any::<String>(), body in prop::collection::vec(any::<u8>(), 0..100)) {
        let _ = binary(&headers(&[("ce-ext", &value), ("content-type", "application/json")]), &body);
        let _ = structured(&body);
        let _ = over_nats(&headers(&[("ce-datacontenttype", &value)]), &body);
        let _ = batch(&body);
    }

    /// Whatever a text holds, it comes through a header as it was.
    #[test]
    fn an_encoded_text_is_read_back(text in "[ -~é€😀\"%\\\\]{1,20}") {
        let plain = |b: u8| (0x21..0x7f).contains(&b) && b != b'"' && b != b'%';
        let encoded: String =
            text.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect();
        let event = binary(&headers(&[("ce-ext", &encoded)]), b"").unwrap();
        prop_assert_eq!(attribute(&event, "ext"), Some(text));
    }
}
