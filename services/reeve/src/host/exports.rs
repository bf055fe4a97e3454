//! Where the explorer's exports are written: what the operator of an installation lets them be.

use anyhow::ensure;
use reeve_explorer::{S3, Store};
use std::path::PathBuf;

/// Options of `up` and `serve`.
#[derive(clap::Args)]
pub struct ExportArgs {
    /// explorer: the folder in which resource data syncs write, a folder in it for each bucket.
    #[arg(long, env = "REEVE_EXPORT_FOLDER", value_name = "FOLDER")]
    export_folder: Option<PathBuf>,
    /// explorer: the S3-compatible address to which resource data syncs write instead of a folder, such as https://s3.example.org:9000. Its
    /// key is in REEVE_EXPORT_S3_ACCESS_KEY_ID and REEVE_EXPORT_S3_SECRET_ACCESS_KEY.
    #[arg(long, env = "REEVE_EXPORT_S3_ENDPOINT", value_name = "URL")]
    export_s3_endpoint: Option<String>,
    #[arg(long, env = "REEVE_EXPORT_S3_ACCESS_KEY_ID", hide = true)]
    export_s3_access_key_id: Option<String>,
    #[arg(long, env = "REEVE_EXPORT_S3_SECRET_ACCESS_KEY", hide = true, hide_env_values = true)]
    export_s3_secret_access_key: Option<String>,
}

impl ExportArgs {
    /// Where exports are written; in the folder `or`, where nothing was said.
    ///
    /// # Errors
    /// When an address is no web address, or has no key.
    pub fn store(&self, or: Option<PathBuf>) -> anyhow::Result<Option<Store>> {
        // A compose file may set what it does not say to nothing.
        let said = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        let Some(endpoint) = said(&self.export_s3_endpoint) else {
            let folder = self.export_folder.clone().filter(|folder| !folder.as_os_str().is_empty()).or(or);
            return Ok(folder.map(Store::Folder));
        };
        let is_web = endpoint.starts_with("https://") || endpoint.starts_with("http://");
        ensure!(is_web, "--export-s3-endpoint {endpoint} begins with neither https:// nor http://");
        let key = (said(&self.export_s3_access_key_id), said(&self.export_s3_secret_access_key));
        let (Some(access_key_id), Some(secret_access_key)) = key else {
            anyhow::bail!(
                "--export-s3-endpoint {endpoint} needs REEVE_EXPORT_S3_ACCESS_KEY_ID and \
                 REEVE_EXPORT_S3_SECRET_ACCESS_KEY"
            );
        };
        Ok(Some(Store::S3(S3 { endpoint, access_key_id, secret_access_key })))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        exports: ExportArgs,
    }

    fn store(arguments: &[&str]) -> Result<Option<Store>, String> {
        let cli = Cli::parse_from([&["reeve"], arguments].concat());
        cli.exports.store(Some("exports".into())).map_err(|error| error.to_string())
    }

    #[test]
    fn an_address_wins_over_a_folder_and_what_is_empty_says_nothing() {
        let folder = |path: &str| format!("Ok(Some(Folder({path:?})))");
        let said = |arguments: &[&str]| format!("{:?}", store(arguments));
        assert_eq!(said(&[]), folder("exports"));
        // As docker-compose.yml has it, where nothing is chosen.
        assert_eq!(said(&["--export-folder", "/exports", "--export-s3-endpoint", ""]), folder("/exports"));
        let address = ["--export-folder", "/exports", "--export-s3-endpoint", "https://s3.example.org"];
        assert!(store(&address).unwrap_err().contains("REEVE_EXPORT_S3_ACCESS_KEY_ID"));
        let key = ["--export-s3-access-key-id", "A", "--export-s3-secret-access-key", "secret"];
        let found = format!("{:?}", store(&[&address[..], &key[..]].concat()));
        assert!(found.contains("https://s3.example.org") && !found.contains("secret"), "{found}");
        assert!(store(&["--export-s3-endpoint", "s3.example.org"]).unwrap_err().contains("neither https://"));
    }
}
