//! The bus is stopped and stays away: each client of ours says so and ends with a failure, and none hangs.

use reeve_e2e::Apart;
use serde_json::json;

#[test]
fn clients_say_so_and_end() {
    let mut apart = Apart::start();
    let instance = apart.instance();
    assert!(instance.reeve(&["documents"]).text().contains("AWS-RunShellScript"));
    let folder = instance.data().to_string_lossy().into_owned();
    let follower = {
        let mut command = std::process::Command::new(reeve_e2e::reeve());
        // It ends with this test, also with one that fails.
        command.args(["with-parent", &std::process::id().to_string(), "--"]).arg(reeve_e2e::reeve());
        command.args(["--data", &folder, "events", "--follow"]).env_remove("AWS_ENDPOINT_URL");
        command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::piped());
        command.spawn().unwrap()
    };
    // Time to connect; it would end just as well without, by another sentence.
    std::thread::sleep(std::time::Duration::from_secs(2));
    apart.end("nats-server");
    let instance = apart.instance();
    let (status, refused) =
        instance.raw().call("SendCommand", &json!({"DocumentName": "AWS-RunShellScript"}));
    assert_eq!(status, 503, "{refused}");
    for (arguments, says) in [
        (&["run", "--", "true"][..], "The bus is away at the moment."),
        (&["events"], "The bus is away at the moment."),
        (&["output", "00000000-0000-0000-0000-000000000000"], "The bus is away at the moment."),
        (&["nodes"], "The bus is away at the moment."),
        (&["commands"], "The bus is away at the moment."),
        (&["documents"], "The bus is away at the moment."),
        (
            &["api", "SendCommand", "--json", "{\"DocumentName\": \"AWS-RunShellScript\"}"],
            "Nothing of this request was accepted.",
        ),
    ] {
        let answer = instance.reeve(arguments);
        println!("reeve {}: {}", arguments.join(" "), answer.complaint().trim());
        assert!(answer.complaint().contains(says), "{arguments:?}: {}", answer.stderr);
    }
    let followed = follower.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&followed.stderr);
    println!("reeve events --follow: {}", said.trim());
    assert!(!followed.status.success() && said.contains("The bus is away at the moment."), "{said}");
    // And when it is back, so is everything.
    apart.start_all();
    assert!(apart.instance().reeve(&["documents"]).text().contains("AWS-RunShellScript"));
}
