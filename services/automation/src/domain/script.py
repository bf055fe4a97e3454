import base64, json, os, sys, traceback

MOST = 20000
job = json.loads(base64.b64decode(sys.stdin.read()))
scope = {"__name__": "script"}
try:
    exec(compile(job["Script"], "script", "exec"), scope)
    if not callable(scope.get(job["Handler"])):
        raise NameError("the script defines no function " + job["Handler"])
    text = json.dumps(scope[job["Handler"]](job["InputPayload"], {}), allow_nan=False)
    if len(text) > MOST:
        raise ValueError("the returned object has %d characters as JSON, and may have %d" % (len(text), MOST))
except SystemExit as ended:
    print("the script ended itself (%s) and returned nothing" % ended.code, file=sys.stderr)
    sys.exit(1)
except BaseException:
    traceback.print_exc()
    sys.exit(1)
with os.fdopen(3, "w") as result:
    result.write(text)
