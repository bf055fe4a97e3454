//! aws:downloadContent: files from elsewhere into the folder of the command.

use std::{
    fs, io,
    io::Read,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use crate::{
    proxy::{proxy_of, with_proxy},
    trust::trusted,
};
use reeve_document_language::secrets::CREDENTIALS;
use serde_json::{Map, Value};
use ureq::Agent;

use super::{
    ControlPlane, Sink,
    context::Context,
    git,
    include::name_and_version,
    output::Out,
    paths,
    secrets::Secrets,
    source_info::{done, flag, text},
    walk::Ran,
};

/// Content for scripts, not images of systems: more is a mistake that would fill the disk of a node.
const MAX_DOWNLOAD_BYTES: u64 = 512 << 20;

/// Between two attempts at a gateway that has no place.
const BUSY_DELAY: Duration = Duration::from_secs(3);

/// Downloads one source to one destination.
pub(super) async fn run<D: ControlPlane, S: Sink>(
    context: &Context<'_, D>,
    inputs: &Value,
    out: &mut Out<'_, S>,
) -> Result<Ran, String> {
    let (mut info, time) = (source_info(inputs.get("sourceInfo"))?, context.time(inputs));
    let deadline = &context.deadline.or_after(time);
    match context.bounded(deadline, reveal(context, &mut info)).await {
        Ok(revealed) => revealed?,
        Err(ran) => return Ok(ran),
    }
    let destination = inputs.get("destinationPath").and_then(Value::as_str).unwrap_or_default();
    paths::create_private_folder(&context.downloads)
        .map_err(|error| format!("The folder for downloads cannot be created: {error}."))?;
    let target = paths::confine(&context.downloads, destination)?;
    let into_folder = destination.is_empty() || destination.ends_with('/') || target.is_dir();
    let place = |name: &str| match into_folder {
        true => paths::confine(&target, name),
        false => Ok(target.clone()),
    };
    match inputs.get("sourceType").and_then(Value::as_str).unwrap_or_default() {
        "SSMDocument" => {
            let path = text(&info, "name")?;
            let (name, version) = name_and_version(path);
            let content = match context.bounded(deadline, context.control_plane.document(name, version)).await
            {
                Ok(content) => {
                    content.map_err(|why| format!("The document {path} cannot be fetched: {why}"))?
                }
                Err(ran) => return Ok(ran),
            };
            let file = place(&format!("{}.json", paths::plain_name(name)))?;
            prepare(&file)?;
            paths::write_private(&file, content.as_bytes(), 0o600)
                .map_err(|error| format!("The file {} cannot be written: {error}.", file.display()))?;
            done(&file, out).await
        }
        "HTTP" => {
            // A moment more than the step has, whose end is the one that is told.
            let request = Request::read(&info, time + Duration::from_secs(1))?;
            let file = place(&request.file_name())?;
            prepare(&file)?;
            let copy = file.clone();
            let work = tokio::task::spawn_blocking(move || request.fetch(&copy));
            match context.bounded(deadline, work).await {
                Ok(result) => result.map_err(|error| format!("The download was interrupted: {error}."))??,
                Err(ran) => return Ok(ran),
            }
            done(&file, out).await
        }
        "Git" => git::run(context, &git::Source::git(&info)?, &target, into_folder, deadline, out).await,
        "GitHub" => {
            git::run(context, &git::Source::github(&info)?, &target, into_folder, deadline, out).await
        }
        "S3" => Err("Downloads from S3 are not configured on this node.".to_owned()),
        other => Err(format!(
            "The input sourceType of aws:downloadContent is {other:?}; it must be GitHub, Git, HTTP, S3 or \
             SSMDocument."
        )),
    }
}

/// Puts secrets in the place of what refers to them, in the credentials of a source.
async fn reveal<D: ControlPlane>(
    context: &Context<'_, D>,
    info: &mut Map<String, Value>,
) -> Result<(), String> {
    let text = |name: &&str| info.get(*name).and_then(Value::as_str).map(str::to_owned);
    let given: Vec<String> = CREDENTIALS.iter().filter_map(text).collect();
    let secrets = Secrets::of(context, given.iter().map(String::as_str)).await?;
    for name in CREDENTIALS {
        if let Some(Value::String(text)) = info.get_mut(name) {
            *text = secrets.reveal(text)?.to_string();
        }
    }
    Ok(())
}

/// Creates the folder of a file.
fn prepare(file: &Path) -> Result<(), String> {
    match file.parent() {
        Some(folder) => paths::create_private_folder(folder)
            .map_err(|error| format!("The folder {} cannot be created: {error}.", folder.display())),
        None => Err(format!("The path {} has no folder.", file.display())),
    }
}

fn source_info(value: Option<&Value>) -> Result<Map<String, Value>, String> {
    let wrong = || "The input sourceInfo of aws:downloadContent must be a map or its JSON text.".to_owned();
    match value {
        Some(Value::Object(map)) => Ok(map.clone()),
        Some(Value::String(text)) => serde_json::from_str(text).map_err(|_| wrong()),
        _ => Err(wrong()),
    }
}

struct Request {
    url: String,
    authorization: Option<String>,
    secure: bool,
    time: Duration,
}

impl Request {
    fn read(info: &Map<String, Value>, time: Duration) -> Result<Self, String> {
        let url = text(info, "url")?.to_owned();
        let secure = url.starts_with("https://");
        if !secure && !url.starts_with("http://") {
            return Err(format!("The URL {url} is neither http:// nor https://."));
        }
        let insecure_allowed = flag(info, "allowInsecureDownload");
        if !secure && !insecure_allowed {
            return Err(format!("The URL {url} is not encrypted and allowInsecureDownload is not true."));
        }
        let authorization = match info.get("authMethod").and_then(Value::as_str).unwrap_or("None") {
            "None" | "" => None,
            "Basic" => {
                let pair = format!("{}:{}", text(info, "username")?, text(info, "password")?);
                Some(format!("Basic {}", data_encoding::BASE64.encode(pair.as_bytes())))
            }
            "Digest" => return Err("The authMethod Digest is not built yet.".to_owned()),
            other => return Err(format!("The authMethod {other:?} is not known.")),
        };
        Ok(Request { url, authorization, secure: !insecure_allowed, time })
    }

    fn file_name(&self) -> String {
        let path = self.url.split(['?', '#']).next().unwrap_or_default();
        let after_host = path.splitn(4, '/').nth(3).unwrap_or_default();
        match after_host.rsplit('/').next() {
            Some(name) if !name.is_empty() => paths::plain_name(name),
            _ => "download".to_owned(),
        }
    }

    fn fetch(&self, file: &Path) -> Result<(), String> {
        let failed = |why: &dyn std::fmt::Display| format!("The URL {} cannot be fetched: {why}.", self.url);
        let unanswered = |error: ureq::Error| failed(&with_proxy(&self.url, &error.to_string()));
        let config = Agent::config_builder().https_only(self.secure).proxy(proxy_of(&self.url));
        let agent: Agent = config.timeout_global(Some(self.time)).build().into();
        let mut request = agent.get(&self.url);
        if let Some(authorization) = &self.authorization {
            request = request.header("Authorization", authorization);
        }
        let response = request.call().map_err(unanswered)?;
        let mut body = response.into_body().into_reader().take(MAX_DOWNLOAD_BYTES + 1);
        let part = part_of(file);
        let copied = copy(&mut body, &part).map_err(|error| failed(&error));
        match copied {
            Ok(size) if size <= MAX_DOWNLOAD_BYTES => fs::rename(&part, file).map_err(|error| failed(&error)),
            Ok(_) => {
                let _ = fs::remove_file(&part);
                Err(format!("The URL {} has more than {MAX_DOWNLOAD_BYTES} bytes.", self.url))
            }
            Err(error) => {
                let _ = fs::remove_file(&part);
                Err(error)
            }
        }
    }
}

/// Fetches a program for this machine, whose hash is looked at by who asks for it: trusted are the kept certificates alone, if
/// there are any.
pub(super) fn fetch_program(url: &str, ca: Option<&Path>, to: &Path, time: Duration) -> Result<(), String> {
    let failed = |why: &dyn std::fmt::Display| format!("The program {url} cannot be fetched: {why}.");
    let tls = trusted(ca).map_err(|error| failed(&error))?;
    let config = Agent::config_builder().tls_config(tls).proxy(proxy_of(url));
    let agent: Agent = config.timeout_global(Some(time)).build().into();
    let begun = Instant::now();
    let response = loop {
        match agent.get(url).call() {
            // Others of the fleet fetch theirs at the moment.
            Err(ureq::Error::StatusCode(503)) if begun.elapsed() + BUSY_DELAY < time => {
                std::thread::sleep(BUSY_DELAY);
            }
            answered => break answered.map_err(|error| failed(&with_proxy(url, &error.to_string())))?,
        }
    };
    let mut body = response.into_body().into_reader().take(MAX_DOWNLOAD_BYTES);
    copy(&mut body, to).map(|_| ()).map_err(|error| failed(&error))
}

fn part_of(file: &Path) -> PathBuf {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    file.with_file_name(format!(".part-{name}"))
}

fn copy(from: &mut impl Read, to: &Path) -> io::Result<u64> {
    use std::os::unix::fs::OpenOptionsExt;
    let _ = fs::remove_file(to);
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(to)?;
    io::copy(from, &mut file)
}
