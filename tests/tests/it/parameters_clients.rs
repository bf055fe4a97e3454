//! The Parameter Store, by clients that know nothing of Reeve: boto3 as chamber uses it, Powertools, and Ansible's lookup.

use reeve_e2e::{Answer, Instance};

/// What chamber does: each secret a SecureString below the service's path, read back page by page, with its history.
const CHAMBER: &str = r#"
import boto3
ssm = boto3.client("ssm")
for number in range(23):
    ssm.put_parameter(Name=f"/shop/key{number:02}", Value=f"value {number}", Type="SecureString", KeyId="alias/parameter_store_key",
        Overwrite=True, Description="by chamber")
put = ssm.put_parameter(Name="/shop/key07", Value="changed", Type="SecureString", KeyId="alias/parameter_store_key", Overwrite=True)
assert put["Version"] == 2, put
ssm.put_parameter(Name="/shop/deeper/key", Value="deep", Type="SecureString", Overwrite=True)
pages = list(ssm.get_paginator("get_parameters_by_path").paginate(Path="/shop", Recursive=True, WithDecryption=True))
found = {item["Name"]: item["Value"] for page in pages for item in page["Parameters"]}
assert len(pages) >= 3 and len(found) == 24, (len(pages), len(found))
assert found["/shop/key07"] == "changed" and found["/shop/key22"] == "value 22" and found["/shop/deeper/key"] == "deep", found
flat = ssm.get_paginator("get_parameters_by_path").paginate(Path="/shop", WithDecryption=False).build_full_result()["Parameters"]
assert len(flat) == 23 and not any(item["Value"].startswith("value") for item in flat), flat
history = ssm.get_paginator("get_parameter_history").paginate(Name="/shop/key07", WithDecryption=True).build_full_result()["Parameters"]
assert [(item["Version"], item["Value"], item["Type"]) for item in history] == [(1, "value 7", "SecureString"), (2, "changed", "SecureString")], history
assert history[0]["LastModifiedUser"].endswith(":user/administrator") and history[0]["KeyId"] == "alias/parameter_store_key", history
filters = [{"Key": "Path", "Option": "Recursive", "Values": ["/shop"]}]
described = ssm.get_paginator("describe_parameters").paginate(ParameterFilters=filters).build_full_result()["Parameters"]
assert len(described) == 24, len(described)
many = ssm.get_parameters(Names=["/shop/key01", "/shop/none", "/shop/key07:1"], WithDecryption=True)
assert many["InvalidParameters"] == ["/shop/none"], many
assert [(item["Name"], item["Value"]) for item in many["Parameters"]] == [("/shop/key01", "value 1"), ("/shop/key07", "value 7")], many
try:
    ssm.get_parameter(Name="/shop/none")
    raise SystemExit("it is there")
except ssm.exceptions.ParameterNotFound:
    pass
ssm.delete_parameter(Name="/shop/deeper/key")
print("done")
"#;

const POWERTOOLS: &str = r#"
from aws_lambda_powertools.utilities import parameters
assert parameters.get_parameter("/shop/key01", decrypt=True) == "value 1"
assert parameters.get_parameter("/shop/key07", decrypt=True, max_age=0) == "changed"
many = parameters.get_parameters("/shop", recursive=True, decrypt=True)
assert len(many) == 23 and many["key22"] == "value 22", many
named = parameters.get_parameters_by_name({"/shop/key01": {"decrypt": True}, "/shop/none": {}}, raise_on_error=False)
assert named["/shop/key01"] == "value 1" and named["_errors"] == ["/shop/none"], named
parameters.set_parameter("/powertools/json", '{"a": [1, 2]}', parameter_type="String")
assert parameters.get_parameter("/powertools/json", transform="json") == {"a": [1, 2]}
parameters.set_parameter("/powertools/json", '{"a": 3}', parameter_type="String", overwrite=True)
assert parameters.get_parameter("/powertools/json", transform="json", force_fetch=True) == {"a": 3}
try:
    parameters.get_parameter("/shop/none")
    raise SystemExit("it is there")
except parameters.exceptions.GetParameterError as error:
    assert "ParameterNotFound" in str(error), error
print("done")
"#;

fn python(instance: &Instance, script: &str) -> String {
    Answer::of(instance.client_command().arg("-c").arg(script)).text().trim().to_owned()
}

/// What Ansible's lookup finds.
fn ansible(instance: &Instance, lookup: &str) -> Answer {
    let mut command = instance.client_command();
    let message = format!("msg={{{{ lookup('amazon.aws.ssm_parameter', {lookup}) }}}}");
    command.args(["-m", "ansible", "adhoc", "localhost", "-c", "local", "-m", "debug", "-a", &message]);
    command.env("ANSIBLE_HOME", instance.scratch().join("ansible")).env("ANSIBLE_LOCALHOST_WARNING", "False");
    let config = instance.scratch().join("ansible.cfg");
    std::fs::write(&config, "[defaults]\n").unwrap();
    command.env("ANSIBLE_CONFIG", config).env("LC_ALL", "C.UTF-8").env("HOME", instance.scratch());
    Answer::of(&mut command)
}

#[test]
fn chamber_s_pattern_powertools_and_ansible_work_against_it_unchanged() {
    let instance = Instance::start(0);
    assert_eq!(python(&instance, CHAMBER), "done");
    assert_eq!(python(&instance, POWERTOOLS), "done");
    let one = ansible(&instance, "'/shop/key01'");
    assert!(one.text().contains("\"msg\": \"value 1\""), "{}", one.stdout);
    let path = ansible(&instance, "'/shop', bypath=true, recursive=true, shortnames=true");
    assert!(path.text().contains("\"key22\": \"value 22\""), "{}", path.stdout);
    let older = ansible(&instance, "'/shop/key07:1'");
    assert!(older.text().contains("value 7"), "{}", older.stdout);
    let sealed = ansible(&instance, "'/shop/key01', decrypt=false");
    assert!(!sealed.text().contains("value 1"), "{}", sealed.stdout);
    let none = ansible(&instance, "'/shop/none', on_missing='error'");
    assert!(
        !none.success && format!("{}{}", none.stdout, none.stderr).contains("/shop/none"),
        "{}",
        none.stdout
    );
}
