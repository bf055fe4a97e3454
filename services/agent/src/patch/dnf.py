"""Says as JSON what dnf knows and would do: what its command prints is for people, and carries no notices.

Arguments: `read` or `plan`, then those of dnf's own command.
"""

import json
import os
import sys

# Plugins print what they like. The answer goes where nobody else writes.
answer = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)

import dnf.cli.cli  # noqa: E402
import dnf.exceptions  # noqa: E402
import hawkey  # noqa: E402
import libdnf.transaction as transaction  # noqa: E402

TYPES = {
    hawkey.ADVISORY_SECURITY: "Security",
    hawkey.ADVISORY_BUGFIX: "Bugfix",
    hawkey.ADVISORY_ENHANCEMENT: "Enhancement",
    hawkey.ADVISORY_NEWPACKAGE: "Newpackage",
}
COMES = {
    transaction.TransactionItemAction_INSTALL,
    transaction.TransactionItemAction_UPGRADE,
    transaction.TransactionItemAction_DOWNGRADE,
    transaction.TransactionItemAction_OBSOLETE,
}
GOES = {transaction.TransactionItemAction_REMOVE, transaction.TransactionItemAction_OBSOLETED}


def version(package):
    return "%d:%s-%s" % (package.epoch, package.version, package.release)


def notice(advisory):
    def ids(kind):
        return sorted({found.id for found in advisory.references if found.type == kind})

    return {
        "id": advisory.id,
        "type": TYPES.get(advisory.type, ""),
        "severity": advisory.severity or "",
        "updated": str(advisory.updated),
        "cves": ids(hawkey.REFERENCE_CVE),
        "bugzilla": ids(hawkey.REFERENCE_BUGZILLA),
    }


def read(base):
    """What enabled repositories have of what is installed. Streams of modules that are not enabled are no part of it."""
    base.fill_sack(load_system_repo=True, load_available_repos=True)
    installed = base.sack.query().installed()
    names = sorted({package.name for package in installed})
    known = base.sack.query(flags=hawkey.IGNORE_REGULAR_EXCLUDES).available().filter(name=names)
    allowed = set(base.sack.query().available().filter(name=names))
    offers = [
        {
            "name": package.name,
            "arch": package.arch,
            "version": version(package),
            "repository": package.reponame,
            "built": package.buildtime,
            "is_allowed": package in allowed,
            "notices": [notice(one) for one in package.get_advisories(hawkey.EQ)],
        }
        for package in known
    ]
    enabled = list(base.repos.iter_enabled())
    return {
        "offers": offers,
        "unclassified": sorted(one.id for one in enabled if not one._repo.getMetadataPath("updateinfo")),
        "install_only": sorted({one.name for one in base._get_installonly_query(installed)}),
    }


def plan(base, cli):
    """What the command would change."""
    cli.run()
    base.resolve(cli.demands.allow_erasing)
    before = {one.name + "." + one.arch: version(one) for one in base.sack.query().installed()}
    steps = {"comes": [], "goes": [], "is_older": []}
    for item in base.transaction:
        name = item.pkg.name + "." + item.pkg.arch
        if item.action in COMES:
            steps["comes"].append({
                "name": item.pkg.name,
                "arch": item.pkg.arch,
                "before": before.get(name),
                "version": version(item.pkg),
            })
        if item.action in GOES:
            steps["goes"].append(name)
        if item.action == transaction.TransactionItemAction_DOWNGRADE:
            steps["is_older"].append(name)
    return steps


def main(arguments):
    base = dnf.cli.cli.BaseCli()
    cli = dnf.cli.cli.Cli(base)
    cli.configure(arguments[1:])
    return read(base) if arguments[0] == "read" else plan(base, cli)


try:
    answer.write(json.dumps(main(sys.argv[1:])))
    answer.close()
except dnf.exceptions.Error as error:
    sys.exit("dnf: %s" % error)
