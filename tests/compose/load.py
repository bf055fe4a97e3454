"""A client of the AWS SDK for Python with its default retries, which sends commands at a steady rate until its input ends.

    load.py RATE NODE…      each command is for one of the nodes, and writes its own mark there; prints what became of each
    load.py --listed        prints every command that the API lists
    load.py --open          prints some of those that have not ended
"""

import concurrent.futures, json, secrets, sys, threading, time

import boto3
from botocore.config import Config

# `standard` with three attempts is the default of the SDKs. No more: what they would not retry is not retried here.
RETRIES = {"mode": "standard", "total_max_attempts": 3}
MAX_AT_ONCE = 500


def client():
    return boto3.client("ssm", config=Config(retries=RETRIES, max_pool_connections=MAX_AT_ONCE))


def send(ssm, node):
    mark, begun = secrets.token_hex(8), time.monotonic()
    sent = {"mark": mark, "at": time.time()}
    try:
        answer = ssm.send_command(
            DocumentName="AWS-RunShellScript", InstanceIds=[node], Parameters={"commands": [f"echo {mark} >> /root/marks"]})
        sent |= {"command": answer["Command"]["CommandId"], "retries": answer["ResponseMetadata"]["RetryAttempts"]}
    except Exception as error:
        sent["error"] = f"{type(error).__name__}: {error}"
    return sent | {"seconds": time.monotonic() - begun}


def load(rate, nodes):
    ssm, ended = client(), threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
    with concurrent.futures.ThreadPoolExecutor(MAX_AT_ONCE) as pool:
        begun, calls = time.monotonic(), []
        while not ended.is_set():
            calls.append(pool.submit(send, ssm, nodes[len(calls) % len(nodes)]))
            time.sleep(max(0, begun + len(calls) / rate - time.monotonic()))
        for call in calls:
            print(json.dumps(call.result()))


def show(commands):
    for command in commands:
        print(json.dumps({name: command[name] for name in ["CommandId", "Status", "TargetCount", "CompletedCount"]}))


if sys.argv[1] == "--listed":
    for page in client().get_paginator("list_commands").paginate():
        show(page["Commands"])
elif sys.argv[1] == "--open":
    show(client().list_commands(Filters=[{"key": "ExecutionStage", "value": "Executing"}])["Commands"])
else:
    load(float(sys.argv[1]), sys.argv[2:])
