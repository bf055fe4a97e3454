"""docker-compose.cluster.yml for real: three servers, two of each service and two gateways, of which each is lost or replaced under
load, and nothing that was acknowledged is."""

import json, os, pathlib, shutil, ssl, subprocess, sys, time, urllib.error, urllib.request

from common import CANNOT_RUN, HEALTHY_SECONDS, SOURCE, Installation, backup_folder, kill, marks_of, run, say, wait_for

PYTHON = SOURCE / ".tools/bin/python"
AGENTS = 3
# Commands a second: while things are killed, and while they are replaced. What counts is an installation that is used, and not how
# much 58 containers of an unoptimised build can do on two cores: with REEVE_TEST_RATE=50 it takes some minutes until all has run.
RATE = 5
UPGRADE_RATE = int(os.environ.get("REEVE_TEST_RATE", "20"))
SETTLE_SECONDS = 600
ABOVE = ["docker-compose.cluster.yml"]


class Load:
    """The SDK's client at work. What became of its calls is known at its end."""

    def __init__(self, installation, environment, rate, nodes):
        self.begun = time.monotonic()
        parts = [PYTHON, SOURCE / "tests/compose/load.py", str(rate), *nodes]
        self.process = subprocess.Popen(
            list(map(str, parts)), env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def end(self):
        sent, _ = self.process.communicate(timeout=180)
        assert self.process.returncode == 0, f"the client ended with {self.process.returncode}"
        return [json.loads(line) for line in sent.splitlines()]


def sdk(installation, folder):
    """The environment of a client on this machine."""
    exports = json.loads(installation.reeve("env", "--output", "json"))
    ca = folder / "cluster-ca.pem"
    ca.write_text(installation.compose("exec", "-T", installation.gateway, "cat", "/secrets/ca.pem").stdout)

    return os.environ | {name: value for name, value in exports.items() if value} | {"AWS_CA_BUNDLE": str(ca)}


def ready(installation, environment, address=None):
    """What the gateway behind the balancer says of itself, or the one at an address, which no certificate names."""
    context = ssl.create_default_context(cafile=environment["AWS_CA_BUNDLE"])
    context.check_hostname = address is None
    try:
        url = f"https://{address or f'127.0.0.1:{installation.port}'}/readyz"
        with urllib.request.urlopen(url, timeout=10, context=context) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read().decode()
    except OSError as error:
        return 0, str(error)


def summary(sent):
    failed = [each["error"] for each in sent if "error" in each]
    seconds = sorted(each["seconds"] for each in sent)
    retried = sum(1 for each in sent if each.get("retries"))
    at = lambda share: seconds[min(len(seconds) - 1, int(len(seconds) * share))]
    text = (f"{len(sent)} commands, {len(failed)} failed, {retried} retried by the SDK; "
            f"half within {at(0.5) * 1000:.0f} ms, 99 of 100 within {at(0.99):.2f} s, all within {seconds[-1]:.1f} s")
    return failed, text


def failures(sent):
    """The first of them and the last, with how long after the first call they came."""
    failed = [(round(each["at"] - sent[0]["at"], 1), each["error"]) for each in sent if "error" in each]
    return failed[:2] + failed[-1:]


def restarted(installation, names):
    """Kills containers as the kernel does, and waits until the engine has started them again."""
    before = installation.containers()
    for name in names:
        kill(before[name])

    def run_again():
        states = {name: each["State"] for name, each in installation.containers().items()}
        return all(states[name]["Running"] and states[name]["Pid"] != before[name]["State"]["Pid"] for name in names)

    wait_for(f"{names} run again", run_again, 90, 1)


def lost_one_by_one(installation, environment, nodes):
    """A server is away for a while, and is killed; then each gateway and each replica of a service is killed."""
    load = Load(installation, environment, RATE, nodes)
    try:
        server = next(iter(installation.of("nats-2").values()))
        run("docker", "stop", "--time", "5", server["Id"])
        away = "the server nats-2 of the bus is away"
        status, _ = wait_for("/readyz says who is away", lambda: (lambda it: away in it[1] and it)(ready(installation, environment)))
        assert status == 200, "two of three servers are enough"
        # Each gateway looks for itself, and the balancer may give this one to the other.
        wait_for("doctor says who is away", lambda: "warning  bus: " + away in installation.reeve("doctor", check=False))
        run("docker", "start", server["Id"])
        wait_for("nobody is away any more", lambda: away not in ready(installation, environment)[1], 90)
        replicas = sorted(installation.of("run-command"))
        killed = [[*installation.of("nats")], [*installation.of("gateway-1"), replicas[0]], [*installation.of("gateway-2"), replicas[1]]]
        for names in killed:
            restarted(installation, names)
            wait_for("everything is healthy again", lambda: not installation.unhealthy(), HEALTHY_SECONDS, 1)
    finally:
        sent = load.end()
    say(f"a server away for a while and {sum(map(len, killed))} containers killed at {RATE} commands a second: {summary(sent)[1]}")
    return sent


def replaced(installation, environment, nodes):
    """An upgrade: both replicas of a service are replaced, then each gateway."""
    load = Load(installation, environment, UPGRADE_RATE, nodes)
    try:
        time.sleep(1)
        for service in ["run-command", "gateway-1", "gateway-2"]:
            before = set(each["Id"] for each in installation.of(service).values())
            installation.up("--no-deps", "--force-recreate", service)
            assert before.isdisjoint(each["Id"] for each in installation.of(service).values()), f"{service} was not replaced"
            wait_for("everything is healthy again", lambda: not installation.unhealthy(), HEALTHY_SECONDS, 1)
    finally:
        sent = load.end()
    failed, text = summary(sent)
    say(f"run-command and both gateways replaced at {UPGRADE_RATE} commands a second: {text}")
    assert not failed, f"a client with the SDK's retries saw {len(failed)} failures: {failures(sent)}; the balancer: {balanced(installation)}"
    return sent


def balanced(installation):
    """When the balancer took a gateway out, and why, and let it in again."""
    balancer = next(iter(installation.of("gateway").values()))
    logged = run("docker", "logs", "--timestamps", balancer["Id"], check=False)
    lines = (logged.stdout + logged.stderr).splitlines()
    return "\n".join(line for line in lines if " is DOWN" in line or " is UP" in line or "no server" in line)


def nothing_lost(installation, environment, sent):
    """What was acknowledged is in the log, has ended well, and ran once."""
    accepted = {each["command"]: each["mark"] for each in sent if "command" in each}

    def listed(what):
        done = run(PYTHON, SOURCE / "tests/compose/load.py", what, env=environment, check=False)
        assert done.returncode == 0, done.stderr
        return {each["CommandId"]: each for each in map(json.loads, done.stdout.splitlines())}

    begun = time.monotonic()
    while still_open := listed("--open"):
        waited = time.monotonic() - begun
        assert waited < SETTLE_SECONDS, f"after {waited:.0f} s commands have not ended, such as {next(iter(still_open.values()))}"
        time.sleep(3)
    say(f"every command has ended {time.monotonic() - begun:.1f} s after the last one was sent")
    commands = listed("--listed")
    missing = [id for id in accepted if id not in commands]
    assert not missing, f"{len(missing)} of {len(accepted)} were acknowledged, and are not listed: {missing[:3]}"
    bad = {id: commands[id]["Status"] for id in accepted if commands[id]["Status"] != "Success"}
    assert not bad, f"acknowledged, and not run well: {bad}"
    marks = marks_of(installation)
    wrong = {id: marks.get(mark, 0) for id, mark in accepted.items() if marks.get(mark, 0) != 1}
    assert not wrong, f"acknowledged, and not run once: {wrong}"
    twice = {mark: count for mark, count in marks.items() if count > 1}
    assert not twice, f"ran twice: {twice}"
    say(f"{len(accepted)} acknowledged commands: each is listed, has succeeded and ran once; {len(marks) - len(accepted)} others ran")


def without_quorum(installation, environment):
    begun = time.monotonic()
    for server in ["nats-2", "nats-3"]:
        run("docker", "stop", "--time", "1", next(iter(installation.of(server))))
    gateways = [each for name in ["gateway-1", "gateway-2"] for each in installation.of(name).values()]
    addresses = [next(iter(each["NetworkSettings"]["Networks"].values()))["IPAddress"] + ":8400" for each in gateways]

    def told():
        said = [ready(installation, environment, address) for address in addresses]
        return all(status == 503 and "the bus has no quorum" in text for status, text in said)

    wait_for("both gateways say that there is no quorum", told, 90, 1)
    status, _ = ready(installation, environment)
    assert status != 200, f"the balancer answers {status} without a quorum"
    say(f"without a quorum no gateway is ready, and says why after {time.monotonic() - begun:.1f} s")


def streams_of(installation, log):
    """The streams that a server keeps, by what lies in its volume."""
    volume = run("docker", "volume", "inspect", "--format", "{{.Mountpoint}}", f"{installation.project}_{log}").stdout.strip()
    return {f"{path.parts[-3]}/{path.name}" for path in pathlib.Path(volume).glob("jetstream/*/streams/*") if any(path.iterdir())}


def from_one_to_three(installation, folder):
    """A single server's installation becomes a cluster as docs/cluster.md says, with a command that waits for a node."""
    installation.up("--scale", f"agent={AGENTS}")
    wait_for("everything is healthy", lambda: not installation.unhealthy(), HEALTHY_SECONDS, 1)
    nodes = wait_for("every agent is there", lambda: len(installation.online()) == AGENTS and installation.online())
    nodes = {node["nodeId"] for node in nodes}
    installation.reeve("parameters", "put", "/compose/cluster", "of one server", "--type", "String")
    run("docker", "stop", "--time", "5", next(iter(installation.of("agent"))))
    wait_for("one node is away", lambda: len(installation.online()) == AGENTS - 1)
    away = (nodes - {node["nodeId"] for node in installation.online()}).pop()
    input = {"DocumentName": "AWS-RunShellScript", "InstanceIds": [away], "Parameters": {"commands": ["echo it waited >> /root/waited"]}}
    waits = json.loads(installation.reeve("api", "SendCommand", "--json", json.dumps(input)))["Command"]["CommandId"]

    begun = time.monotonic()
    backup, keys = backup_folder(folder)
    known = {each["Config"]["Labels"]["com.docker.compose.service"] for each in installation.containers().values()}
    installation.compose("stop", "--timeout", "10", *sorted(known - {"nats"}))
    told = json.loads(installation.init(backup, "--output", "json", "backup", "/backup", *keys).stdout)
    installation.init(backup, "verify", "--backup", "/backup")
    installation.compose("stop", "nats")
    installation.on_top(ABOVE, "gateway-1")
    refused = installation.up("nats-2", check=False)
    said = run("docker", "logs", next(iter(installation.of("init"))), check=False).stderr
    assert refused.returncode != 0 and "holds the log of a single server" in said, f"a cluster began beside a single server's log: {said}"
    installation.compose("rm", "--force", "nats", "init")
    run("docker", "volume", "rm", f"{installation.project}_log")
    installation.up("nats", "nats-2", "nats-3")
    installation.init(backup, "restore", "/backup", "--bus")
    installation.up("--scale", f"agent={AGENTS}")
    wait_for("everything is healthy", lambda: not installation.unhealthy(), HEALTHY_SECONDS, 1)
    wait_for("the nodes are the same", lambda: {node["nodeId"] for node in installation.online()} == nodes)
    wait_for("the command that waited has run", lambda: '"Success"' in installation.reeve("command", waits, "--output", "json"))
    ran = "".join(run("docker", "exec", each["Id"], "cat", "/root/waited", check=False).stdout for each in installation.of("agent").values())
    assert ran == "it waited\n", f"what waited ran as {ran!r}"
    assert "of one server" in installation.reeve("parameters", "get", "/compose/cluster")
    kept = [streams_of(installation, f"log-{number}") for number in (1, 2, 3)]
    assert kept[0] and kept[0] == kept[1] == kept[2], f"not every stream is on all servers: {[sorted(kept[0] ^ each) for each in kept]}"
    say(f"a single server's log of {told['messages']} messages was brought to three servers in {time.monotonic() - begun:.1f} s: "
        f"{len(kept[0])} streams are on each, {AGENTS} nodes go on, and the command that waited for one ran once")
    # When they were enrolled there was this one server, and they were told of it alone.
    first = next(iter(installation.of("nats").values()))
    run("docker", "stop", "--time", "5", first["Id"])
    # Those that it held are away until they have found another one.
    ran_on_all = f"Success ({AGENTS} of {AGENTS} ended, 0 errors)"
    wait_for("every node runs something", lambda: ran_on_all in installation.compose(
        "exec", "-T", installation.gateway, "reeve", "run", "--", "true", check=False).stderr)
    run("docker", "start", first["Id"])
    say("without the first server the nodes that were enrolled with it alone work by the others")


def cluster(folder, programs, program):
    if not shutil.which("haproxy") or not PYTHON.exists():
        say("not run: the cluster needs haproxy, and the tools that ./test installs")
        sys.exit(CANNOT_RUN)
    installation = Installation(program, REEVE_TLS="true")
    try:
        from_one_to_three(installation, folder)
        installation.down()
        begun = time.monotonic()
        installation.up("--scale", f"agent={AGENTS}")
        wait_for("everything is healthy", lambda: not installation.unhealthy(), HEALTHY_SECONDS, 1)
        nodes = wait_for("every agent is there", lambda: len(installation.online()) == AGENTS and installation.online())
        say(f"{len(installation.containers())} containers of a cluster are healthy after {time.monotonic() - begun:.1f} s")
        environment, nodes = sdk(installation, folder), [node["nodeId"] for node in nodes]
        sent = replaced(installation, environment, nodes) + lost_one_by_one(installation, environment, nodes)
        nothing_lost(installation, environment, sent)
        without_quorum(installation, environment)
    finally:
        installation.down()
    say("the cluster is down, and nothing is left")
