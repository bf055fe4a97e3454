"""What the tests of the compose files share: an engine, stand-ins for images, an installation, and who sends commands to it."""

import contextlib, json, os, pathlib, re, secrets, shlex, shutil, signal, socket, subprocess, sys, threading, time

SOURCE = pathlib.Path(__file__).resolve().parents[2]
CANNOT_RUN = 77
HEALTHY_SECONDS = 180


def say(text):
    print(f"compose: {text}", flush=True)


def run(*command, check=True, env=None, input=None, timeout=300):
    done = subprocess.run(command, env=env, input=input, capture_output=True, text=True, timeout=timeout)
    if check and done.returncode != 0:
        raise SystemExit(f"compose: {' '.join(map(str, command))}\n{done.stdout}\n{done.stderr}")
    return done


def wait_for(what, holds, seconds=60, interval=0.3):
    begun, last = time.monotonic(), None
    while time.monotonic() - begun < seconds:
        last = holds()
        if last:
            return last
        time.sleep(interval)
    raise SystemExit(f"compose: after {seconds} s it does not hold that {what}: {last!r}")


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@contextlib.contextmanager
def engine(folder, in_memory=False):
    """An engine that is there, or one of this test's own, which may have its volumes in memory; ends this program where there is
    neither."""
    if run("docker", "info", check=False).returncode == 0:
        yield
        return
    if os.geteuid() != 0 or not shutil.which("dockerd"):
        say("not run: no engine runs, and none can be started here")
        sys.exit(CANNOT_RUN)
    host = f"unix://{folder}/docker.sock"
    log = open(folder / "dockerd.log", "w")
    parts = ["--data-root", folder / "docker", "--exec-root", folder / "exec", "--pidfile", folder / "pid", "--host", host]
    volumes = folder / "docker/volumes"
    if in_memory:
        # Three servers that write through to one and the same disk wait for it most of the time.
        volumes.mkdir(parents=True, exist_ok=True)
        run("mount", "-t", "tmpfs", "-o", "size=3g", "tmpfs", volumes)
    daemon = subprocess.Popen(["dockerd", *map(str, parts)], stdout=log, stderr=log)
    try:
        os.environ["DOCKER_HOST"] = host
        for _ in range(100):
            if run("docker", "info", check=False).returncode == 0:
                break
            if daemon.poll() is not None:
                say(f"not run: the engine cannot be started here: {(folder / 'dockerd.log').read_text()[-500:]}")
                sys.exit(CANNOT_RUN)
            time.sleep(0.2)
        yield
    finally:
        daemon.terminate()
        daemon.wait(60)
        os.environ.pop("DOCKER_HOST", None)
        if in_memory:
            run("umount", volumes)


def compose_program():
    """REEVE_COMPOSE, if it names one, or what is installed."""
    if chosen := os.environ.get("REEVE_COMPOSE"):
        return shlex.split(chosen)
    if run("docker", "compose", "version", check=False).returncode == 0:
        return ["docker", "compose"]
    if shutil.which("docker-compose"):
        return ["docker-compose"]
    say("not run: there is no docker compose here")
    sys.exit(CANNOT_RUN)


def libraries(*programs):
    """The libraries of programs, with the loader."""
    found = set()
    for program in programs:
        listed = run("ldd", program, check=False).stdout
        found.update(re.findall(r"(/\S+) \(0x", listed))
    return found


def nats_image(folder, programs):
    nats = folder / "nats"
    nats.mkdir()
    shutil.copy(programs / "nats-server", nats / "nats-server")
    (nats / "Dockerfile").write_text('FROM scratch\nCOPY nats-server /nats-server\nENTRYPOINT ["/nats-server"]\n')
    run("docker", "build", "--quiet", "--tag", "nats:test", nats)


def images(folder, programs):
    """Stand-ins for the images: what docker/Dockerfile makes, of programs that are built already."""
    base = folder / "base"
    (base / "bin").mkdir(parents=True)
    (base / "tmp").mkdir(mode=0o1777)
    for name in ["etc", "proc", "sys", "dev", "root", "var/lib", "usr/local/bin"]:
        (base / name).mkdir(parents=True, exist_ok=True)
    shutil.copy(shutil.which("busybox"), base / "bin/busybox")
    shell = shutil.which("dash")
    for library in libraries(programs / "reeve", programs / "reeve-agent", shell):
        copy = base / library.lstrip("/")
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(library, copy)
    applets = run(base / "bin/busybox", "--list").stdout.split()
    for applet in applets:
        if applet not in ("busybox", "sh"):
            (base / "bin" / applet).symlink_to("busybox")
    shutil.copy(shell, base / "bin/sh")
    (base / "etc/passwd").write_text("root:x:0:0:root:/root:/bin/sh\n")
    (base / "Dockerfile").write_text("FROM scratch\nCOPY . /\n")
    build = ["docker", "build", "--quiet"]
    run(*build, "--tag", "debian:bookworm-slim", base)

    context = folder / "context"
    (context / "docker").mkdir(parents=True)
    for name in ["LICENSE", "NOTICE", "docker/agent", "docker/activation"]:
        shutil.copy(SOURCE / name, context / name)
    for name in ["reeve", "reeve-agent"]:
        shutil.copy(programs / name, context / name)
        (context / f"{name}.cdx.json").write_text(run(SOURCE / "tools/sbom", name).stdout)
    _, built = (SOURCE / "docker/Dockerfile").read_text().split("# What both images are made on")
    own = "ARG BASE_IMAGE=debian:bookworm-slim\nFROM scratch AS build\nCOPY reeve reeve-agent reeve.cdx.json reeve-agent.cdx.json /programs/\n#"
    (context / "Dockerfile").write_text(own + built)
    for target, tag in [("control-plane", "reeve:test"), ("agent", "reeve-agent:test")]:
        run(*build, "--target", target, "--tag", tag, context)

    nats_image(folder, programs)
    if shutil.which("haproxy"):
        haproxy = folder / "haproxy"
        for file in [shutil.which("haproxy"), *libraries(shutil.which("haproxy"))]:
            copy = haproxy / file.lstrip("/")
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, copy)
        (haproxy / "Dockerfile").write_text("FROM debian:bookworm-slim\nCOPY . /\nENV PATH=/bin:/usr/sbin\n")
        run(*build, "--tag", "haproxy:test", haproxy)


class Installation:
    """A project of docker-compose.yml, and of what comes on top of it, with ports and volumes of its own."""

    def __init__(self, program, source=SOURCE, **choices):
        self.gateway = "gateway"
        self.project = f"reeve-test-{secrets.token_hex(4)}"
        self.kept_by_engine = []
        self.port, self.bus_port = free_port(), free_port()
        chosen = {
            "COMPOSE_PROJECT_NAME": self.project, "REEVE_PORT": str(self.port), "REEVE_BUS_PORT": str(self.bus_port),
            "REEVE_VERSION": "test", "NATS_VERSION": "test", "HAPROXY_VERSION": "test", "COMPOSE_HTTP_TIMEOUT": "240",
            "REEVE_BUS_PORT_2": str(free_port()), "REEVE_BUS_PORT_3": str(free_port()),
        }
        self.environment = os.environ | chosen | choices
        self.program = [*program, "--file", str(source / "docker-compose.yml"), "--project-directory", str(source)]

    def on_top(self, files, gateway):
        """From now on with these files on top of those that it has."""
        at = self.program.index("--project-directory")
        self.program[at:at] = [part for name in files for part in ("--file", str(SOURCE / name))]
        self.gateway = gateway

    def init(self, folder, *arguments):
        """A command of the container that has all keys, with a folder of this machine as /backup."""
        return self.compose("run", "--rm", "--no-deps", "--volume", f"{folder}:/backup", "init", *arguments)

    def compose(self, *arguments, **options):
        return run(*self.program, *arguments, env=self.environment, **options)

    def up(self, *arguments, **options):
        return self.compose("up", "--detach", "--no-build", *arguments, **options)

    def reeve(self, *arguments, **options):
        return self.compose("exec", "-T", self.gateway, "reeve", *arguments, **options).stdout

    def containers(self):
        listed = run("docker", "ps", "--all", "--filter", f"label=com.docker.compose.project={self.project}", "--format", "{{.ID}}")
        found = json.loads(run("docker", "inspect", *listed.stdout.split()).stdout) if listed.stdout.strip() else []
        return {each["Name"].lstrip("/"): each for each in found}

    def of(self, service):
        label = "com.docker.compose.service"
        return {name: each for name, each in self.containers().items() if each["Config"]["Labels"][label] == service}

    def unhealthy(self):
        """What is not healthy, or does not run, `init` apart."""
        problems = []
        for name, each in self.containers().items():
            state = each["State"]
            if each["Config"]["Labels"]["com.docker.compose.service"] == "init":
                continue
            if not state["Running"] or state.get("Health", {"Status": "healthy"})["Status"] != "healthy":
                problems.append(name)
        return problems

    def online(self):
        nodes = json.loads(self.reeve("nodes", "--output", "json"))
        return [node for node in nodes if node["pingStatus"] == "Online"]

    def listed(self, *kind):
        return run("docker", *kind, "--quiet", "--filter", f"label=com.docker.compose.project={self.project}").stdout.split()

    def take_down(self, *arguments):
        """`down` as an operator runs it.

        After containers were killed an engine may go on counting the end of one that is gone, and then keeps its network
        until the engine itself is started anew (moby issue 42119). A network that has no container is left to the engine.
        """
        done = self.compose("down", "--timeout", "5", *arguments, check=False)
        if done.returncode == 0:
            return
        networks = self.listed("network", "ls")
        used = [each["Containers"] for each in json.loads(run("docker", "network", "inspect", *networks).stdout)] if networks else []
        if "has active endpoints" not in done.stderr or any(used) or self.listed("ps", "--all"):
            raise SystemExit(f"compose: `down` failed, and the networks have {used}\n{done.stderr}")
        say(f"the engine keeps {len(networks)} networks that have no container")
        self.kept_by_engine = networks

    def down(self):
        # Those of the agents have no name, and no label.
        mounted = {mount["Name"] for each in self.containers().values() for mount in each["Mounts"] if mount["Type"] == "volume"}
        self.take_down("--volumes")
        if self.kept_by_engine:
            # Where a network cannot be removed, compose does not come to the volumes.
            run("docker", "volume", "rm", *self.listed("volume", "ls"))
        for kind in [["ps", "--all"], ["volume", "ls"], ["network", "ls"]]:
            left = set(self.listed(*kind)) - set(self.kept_by_engine)
            assert not left, f"{kind} are left: {left}"
        # Compose v2 leaves the unnamed ones of containers that were replaced, with `--volumes` too.
        left = mounted & set(run("docker", "volume", "ls", "--quiet").stdout.split())
        if left:
            say(f"`down --volumes` left {len(left)} unnamed volumes of replaced agents")
            run("docker", "volume", "rm", *left)


def marks_of(installation):
    """How often each mark was written, on all nodes together."""
    marks = {}
    for each in installation.of("agent").values():
        text = run("docker", "exec", each["Id"], "cat", "/root/marks", check=False).stdout
        for mark in text.split():
            marks[mark] = marks.get(mark, 0) + 1
    return marks


def kill(container):
    """As the kernel does it when memory is short: an engine's own `kill` would switch the restart policy off."""
    os.kill(container["State"]["Pid"], signal.SIGKILL)


def backup_folder(folder):
    """A folder for a backup, and what a command needs to know of its keys."""
    backup = folder / "backup"
    backup.mkdir()
    os.chown(backup, 10001, 10001)
    (backup / "passphrase").write_text(secrets.token_hex(16))
    (backup / "passphrase").chmod(0o644)
    return backup, ["--keys", "/backup/keys.sealed", "--passphrase-file", "/backup/passphrase"]


class Sender(threading.Thread):
    """Sends commands to all nodes, one after the other; each writes its own mark once on each node."""

    def __init__(self, installation, nodes):
        super().__init__()
        self.installation, self.nodes, self.accepted, self.refused, self.stopped = installation, nodes, {}, 0, threading.Event()

    def run(self):
        while not self.stopped.is_set():
            mark = secrets.token_hex(8)
            input = {"DocumentName": "AWS-RunShellScript", "InstanceIds": self.nodes, "Parameters": {"commands": [f"echo {mark} >> /root/marks"]}}
            done = self.installation.compose(
                "exec", "-T", self.installation.gateway, "reeve", "api", "SendCommand", "--json", json.dumps(input), check=False)
            try:
                self.accepted[mark] = json.loads(done.stdout)["Command"]["CommandId"]
            except (ValueError, KeyError):
                self.refused += 1
            time.sleep(0.2)

    def settle(self):
        self.stopped.set()
        self.join()

        def open_commands():
            filters = [{"key": "ExecutionStage", "value": "Executing"}]
            done = self.installation.compose("exec", "-T", self.installation.gateway, "reeve", "api", "ListCommands", "--json", json.dumps({"Filters": filters}), check=False)
            return done.returncode == 0 and not json.loads(done.stdout)["Commands"]

        wait_for("every command has ended", open_commands, 180)
