"""Runs the aws CLI without loading its modules each time: they are loaded once, and each call is a fork of this process that does what the
script `aws` does. Loading them is two thirds of what a call takes of a processor.

Reads a call as a line of JSON: its arguments, its whole environment, its folder, and the files that its output goes to. Answers with its
exit code, or with minus the signal that ended it. Ends with its standard input."""

import gc, json, os, sys

before = dict(os.environ)
import awscli.clidriver, awscli.handlers

# It finds its own data by what it sets as it is loaded.
set_by_loading = {name: value for name, value in os.environ.items() if before.get(name) != value}


def call(arguments, environment, folder, output, errors):
    os.environ.clear()
    os.environ.update(environment | set_by_loading)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for number, path in [(1, output), (2, errors)]:
        os.dup2(os.open(path, os.O_WRONLY), number)
    os.chdir(folder)
    sys.argv = ["aws", *arguments]
    code = awscli.clidriver.main()
    sys.stdout.flush()
    sys.stderr.flush()
    # Without taking down what was loaded.
    os._exit(code)


# What was loaded is not looked at for garbage in each call.
gc.freeze()
for line in sys.stdin:
    asked = json.loads(line)
    child = os.fork()
    if child == 0:
        call(**asked)
    _, status = os.waitpid(child, 0)
    print(os.waitstatus_to_exitcode(status), flush=True)
os._exit(0)
