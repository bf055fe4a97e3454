//! Lists and baselines that a run is given instead of what is registered: from a URL, a file of the node, or the text itself.

use crate::{
    execute::Deadline,
    proxy::{proxy_of, with_proxy},
};
use reeve_document_language::{Format, content};
use reeve_patch_baseline::OverrideList;
use std::{fs::File, io::Read, time::Duration};
use ureq::Agent;

/// A list of patches is no more than this.
const MAX_CONTENT_BYTES: u64 = 256 << 10;

/// The text that an input names, or is.
///
/// # Errors
/// A sentence that names the input, and why there is no text.
pub(super) async fn read(input: &str, value: &str, deadline: &Deadline) -> Result<String, String> {
    let failed = |why: String| format!("The {input} {value} cannot be read: {why}.");
    let scheme = value.split_once("://").map(|(scheme, _)| scheme);
    match scheme.filter(|scheme| scheme.bytes().all(|byte| byte.is_ascii_alphanumeric())) {
        Some("https") => {
            // A moment more than the step has, whose end is the one that is told.
            let (url, time) = (value.to_owned(), deadline.left() + Duration::from_secs(1));
            let fetched = tokio::task::spawn_blocking(move || fetch(&url, time)).await;
            fetched.map_err(|error| failed(error.to_string()))?.map_err(failed)
        }
        Some("file") => {
            let path = value.trim_start_matches("file://");
            if !path.starts_with('/') {
                return Err(failed("its path is not absolute".to_owned()));
            }
            let file = File::open(path).map_err(|error| failed(error.to_string()))?;
            limited(file).map_err(failed)
        }
        Some("http") => Err(failed("it would be fetched without encryption; https:// is needed".to_owned())),
        Some("s3") => Err(failed("downloads from S3 are not configured on this node".to_owned())),
        Some(other) => Err(failed(format!("{other}:// is not known; it may be https:// or file://"))),
        // Whatever travels with the command is the text itself.
        None if value.contains([':', '[', '{']) => Ok(value.to_owned()),
        None => Err(failed("it is no URL, and no text of a list either".to_owned())),
    }
}

fn fetch(url: &str, time: Duration) -> Result<String, String> {
    let config = Agent::config_builder().https_only(true).proxy(proxy_of(url));
    let agent: Agent = config.timeout_global(Some(time)).build().into();
    let unanswered = |error: ureq::Error| with_proxy(url, &error.to_string());
    limited(agent.get(url).call().map_err(unanswered)?.into_body().into_reader())
}

fn limited(from: impl Read) -> Result<String, String> {
    let mut text = String::new();
    from.take(MAX_CONTENT_BYTES + 1).read_to_string(&mut text).map_err(|error| error.to_string())?;
    match text.len() as u64 {
        0..=MAX_CONTENT_BYTES => Ok(text),
        _ => Err(format!("it has more than {MAX_CONTENT_BYTES} bytes")),
    }
}

/// The list that a text is.
///
/// # Errors
/// A sentence with what is wrong and where.
pub(super) fn list(text: &str, system: &str) -> Result<OverrideList, String> {
    let failed = |why: &dyn std::fmt::Display| format!("The InstallOverrideList cannot be followed: {why}.");
    let value = content::parse(text, Format::Yaml).map_err(|error| failed(&error))?;
    let list: OverrideList = serde_json::from_value(value).map_err(|error| failed(&error))?;
    list.check(system).map_err(|error| failed(&error))?;
    Ok(list)
}

#[cfg(test)]
mod tests {
    use super::*;
    use reeve_types::Timestamp;
    use std::sync::Arc;

    fn deadline() -> Deadline {
        Deadline { clock: Arc::new(Timestamp::now), at: Timestamp::now().plus_seconds(5) }
    }

    #[tokio::test]
    async fn texts_come_along_or_from_files_and_what_is_neither_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("list.yaml");
        std::fs::write(&file, "patches:\n- id: a\n").unwrap();
        let read = async |value: &str| read("InstallOverrideList", value, &deadline()).await;
        assert_eq!(read(&format!("file://{}", file.display())).await.unwrap(), "patches:\n- id: a\n");
        assert_eq!(read("patches: [{id: a}]").await.unwrap(), "patches: [{id: a}]");
        std::fs::write(&file, "x".repeat(300_000)).unwrap();
        let large = format!("file://{}", file.display());
        for (value, part) in [
            ("http://example.org/list", "without encryption"),
            ("s3://bucket/list", "S3"),
            ("ftp://example.org/list", "ftp://"),
            ("file://list.yaml", "absolute"),
            ("file:///nowhere/list.yaml", "No such file"),
            ("list.yaml", "no URL"),
            (large.as_str(), "262144"),
        ] {
            let refused = read(value).await.unwrap_err();
            assert!(refused.contains(part) && refused.contains("InstallOverrideList"), "{value}: {refused}");
        }
    }

    #[test]
    fn a_list_that_is_none_says_where() {
        assert_eq!(list("patches:\n- id: 'a*'\n  title: '1.2*'\n", "DEBIAN").unwrap().patches.len(), 1);
        for (text, part) in [
            ("patches:\n\t- id: a\n", "line 2"),
            ("patches: []\n", "names no patch"),
            ("patch:\n- id: a\n", "patch"),
            ("patches:\n- id: KB4487044\n", "Windows"),
            ("patches:\n- title: a\n", "id"),
        ] {
            let refused = list(text, "DEBIAN").unwrap_err();
            assert!(refused.contains(part), "{text}: {refused}");
        }
    }
}
