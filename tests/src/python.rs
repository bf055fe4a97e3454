//! Scripts on botocore, which the `aws` CLI and boto3 are made of, and on nats-py and the SDK of CloudEvents.

use crate::{Answer, Instance, aws};
use std::process::Command;

impl Instance {
    /// Runs a script with `client`, botocore's client of an API of this instance; an answer is what it prints.
    ///
    /// # Panics
    /// When there is no Python beside the `aws` CLI.
    pub fn botocore(&self, api: &str, script: &str) -> Answer {
        Answer::of(&mut self.botocore_command(api, script))
    }

    /// The same, not started yet.
    ///
    /// # Panics
    /// As [`Instance::botocore`].
    pub fn botocore_command(&self, api: &str, script: &str) -> Command {
        let mut command = self.client_command();
        let client = format!(
            "import json\nfrom awscli.botocore.awsrequest import AWSResponse\nfrom awscli.botocore.session import \
             Session\nclient = Session().create_client({api:?})\n{script}"
        );
        command.arg("-c").arg(client).current_dir(self.scratch());
        command
    }

    /// The interpreter as a client of this instance: in the environment of the CLI.
    ///
    /// # Panics
    /// As [`Instance::botocore`].
    pub fn client_command(&self) -> Command {
        let cli = self.aws_command(&[]);
        let mut command = Command::new(aws::python());
        for (name, value) in cli.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command.current_dir(self.scratch());
        command
    }

    /// A script of another system's program on the bus, not started yet: `BUS` is where that is, and it has no other
    /// knowledge than these variables.
    ///
    /// # Panics
    /// As [`Instance::botocore`].
    pub fn python_command(&self, script: &str, environment: &[(&str, &str)]) -> Command {
        let mut command = Command::new(aws::python());
        command.env("BUS", self.announced()["bus_url"].as_str().expect("a text"));
        command.envs(environment.iter().copied()).arg("-c").arg(script).current_dir(self.scratch());
        command
    }
}
