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
    /// explorer: the S3-compatible address to which resource data syncs write instead, such as https://s3.example.org:9000. Its
    /// key is in REEVE_EXPORT_S3_ACCESS_KEY_ID and REEVE_EXPORT_S3_SECRET_ACCESS_KEY.
    #[arg(long, env = "REEVE_EXPORT_S3_ENDPOINT", value_name = "URL", conflicts_with = "export_folder")]
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
