//! A bus of several servers: what stands in the configuration of each, pure.

/// The files of the certificate that nats-server shows, and of its key, as PEM.
#[derive(Clone)]
pub struct ServerTls {
    pub certificate: String,
    pub key: String,
}

/// One server of a cluster.
pub struct Member {
    /// Under which the others find it.
    pub name: String,
    /// All of them, itself among them.
    pub servers: Vec<String>,
    /// Where each listens for the others.
    pub port: u16,
    /// The certificates of those whose word for the others counts, where the servers speak TLS.
    pub ca: Option<String>,
}

/// The name under which servers prove to each other that they belong together.
const USER: &str = "reeve";

impl Member {
    /// The part of the configuration about the others. Clients are told of no servers but those that they were given: the
    /// addresses by which servers know each other may be none for them.
    pub(crate) fn config(&self, password: &str, tls: Option<&ServerTls>) -> String {
        let routes = self.servers.iter().filter(|server| **server != self.name);
        let routes: Vec<String> =
            routes.map(|server| format!("nats-route://{USER}:{password}@{server}:{}", self.port)).collect();
        let tls = match (tls, &self.ca) {
            (Some(ServerTls { certificate, key }), Some(ca)) => format!(
                "  tls {{ cert_file: {certificate:?}, key_file: {key:?}, ca_file: {ca:?}, verify: true, timeout: 5 }}\n"
            ),
            _ => String::new(),
        };
        format!(
            "cluster {{\n  name: reeve\n  listen: \"0.0.0.0:{}\"\n  no_advertise: true\n{tls}  \
             authorization {{ user: {USER}, password: {password}, timeout: 5 }}\n  routes: [\n    {}\n  ]\n}}\n",
            self.port,
            routes.join("\n    ")
        )
    }
}
