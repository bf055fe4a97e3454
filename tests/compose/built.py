"""docker/Dockerfile for real: `compose build` with nothing built before, then after a change of one service, and what comes of it at
work. The build images are stand-ins: a Debian by debootstrap, with the compiler that this machine has."""

import json, os, pathlib, shutil, subprocess, sys, time

from common import CANNOT_RUN, HEALTHY_SECONDS, SOURCE, Installation, nats_image, run, say, wait_for

BUILD_SECONDS = 3600
# What the images may add to the one that they are made on.
LARGEST_MB = {"reeve": 110, "reeve-agent": 25}
CHANGED = "services/tags/src/lib.rs"
# What docker's own image of Debian leaves out.
LEFT_OUT = ["var/cache/apt", "var/lib/apt/lists", "usr/share/doc", "usr/share/man", "usr/share/locale", "usr/share/info"]
RUST = """FROM debian:bookworm-slim
RUN apt-get update && apt-get install --yes --no-install-recommends gcc libc6-dev && rm -rf /var/lib/apt/lists/*
COPY certificates.pem /etc/ssl/certs/ca-certificates.crt
COPY toolchain /usr/local
ENV CARGO_HOME=/usr/local/cargo
"""


def build_images(folder):
    """Stand-ins for the two images that docker/Dockerfile begins with."""
    root = folder / "debian"
    run("debootstrap", "--variant=minbase", "bookworm", root, timeout=900)
    left_out = [option for name in LEFT_OUT for option in ("--exclude", f"./{name}/*")]
    archive = folder / "debian.tar"
    run("tar", "--create", "--file", archive, "--directory", root, "--exclude", "./dev/*", "--exclude", "./proc/*", *left_out, ".")
    run("docker", "import", archive, "debian:bookworm-slim")
    shutil.rmtree(root)
    archive.unlink()

    context = folder / "rust"
    context.mkdir()
    sysroot = pathlib.Path(run("rustc", "--print", "sysroot").stdout.strip())
    for name in ["bin/cargo", "bin/rustc", "lib"]:
        copy = context / "toolchain" / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        run("cp", "--recursive", sysroot / name, copy)
    certificates = os.environ.get("SSL_CERT_FILE", "/etc/ssl/certs/ca-certificates.crt")
    shutil.copy(certificates, context / "certificates.pem")
    (context / "Dockerfile").write_text(RUST)
    run("docker", "build", "--quiet", "--tag", "rust:1.95-bookworm", context, timeout=900)
    shutil.rmtree(context)


def copied_source(folder):
    """What is in the repository and what is about to be, so that a change hurts nobody."""
    copy = folder / "source"
    listed = run("git", "-C", SOURCE, "ls-files", "--cached", "--others", "--exclude-standard").stdout.split("\n")
    for name in listed:
        if (SOURCE / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(SOURCE / name, copy / name)
    return copy


def build(installation):
    """How long it takes, and which crates were compiled."""
    begun = time.monotonic()
    done = installation.compose("build", timeout=BUILD_SECONDS)
    words = [line.split("Compiling ", 1)[1].split() for line in (done.stdout + done.stderr).splitlines() if "Compiling " in line]
    return time.monotonic() - begun, [word[0] for word in words]


def size(image):
    return json.loads(run("docker", "image", "inspect", image).stdout)[0]["Size"] / 1e6


def built(folder, programs, program):
    if not shutil.which("debootstrap") or not shutil.which("rustc"):
        say("not run: a build in containers needs debootstrap, and the compiler of this machine")
        sys.exit(CANNOT_RUN)
    build_images(folder)
    nats_image(folder, programs)
    source = copied_source(folder)
    installation = Installation(program, source=source, BUILDKIT_PROGRESS="plain")
    try:
        seconds, compiled = build(installation)
        say(f"built with nothing there before in {seconds:.0f} s: {len(compiled)} crates, on {os.cpu_count()} processors")
        sizes = {name: size(f"{name}:test") - size("debian:bookworm-slim") for name in LARGEST_MB}
        say("over their base the images have " + ", ".join(f"{name} {megabytes:.1f} MB" for name, megabytes in sizes.items()))
        too_large = {name: megabytes for name, megabytes in sizes.items() if megabytes > LARGEST_MB[name]}
        assert not too_large, f"larger than {LARGEST_MB} MB: {too_large}"
        with open(source / CHANGED, "a") as changed:
            changed.write("\n// Changed.\n")
        seconds, compiled = build(installation)
        assert "serde" not in compiled, "the layer of the dependencies was built anew"
        say(f"built again after a change of {CHANGED} in {seconds:.0f} s: {len(compiled)} crates")
        begun = time.monotonic()
        installation.up()
        wait_for("everything is healthy", lambda: not installation.unhealthy(), HEALTHY_SECONDS)
        wait_for("the agent is there", lambda: len(installation.online()) == 1)
        printed = installation.reeve("run", "--", "echo it runs")
        assert "it runs" in printed, printed
        say(f"what was built has run a command on an agent {time.monotonic() - begun:.1f} s after `up`")
    finally:
        installation.down()
