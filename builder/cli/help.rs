//! What `--help` says behind a command's flags: exit codes and examples. A part of the contract in args.rs.

pub const AFTER_HELP: &str = "\
Exit codes:
  0  done, or nothing to do
  1  error: the input, the credentials, the network, AWS
  2  there are changes (plan --detailed-exitcode, resolve --check, render --check)
  3  the plan is stale or has expired, or another update is under way
  4  a preflight check blocks
  5  an update failed, and the group is back where it was
  6  an update failed, and the group may run nodes of both versions
  7  still running in AWS: run the same command again to follow it

Begin with `nodemint demo`: it tells the whole story on an embedded AWS, without an account.";

pub const PLAN_HELP: &str = "\
A saved plan holds what it was made from: the digests of the spec, the lock and every file that the spec names,
what AWS had, the steps, the accounts, and when it expires. `nodemint apply FILE` carries out exactly these
steps, or refuses: see `nodemint apply --help`. Its `hasChanges` says whether there is anything to apply.

Examples:
  nodemint plan                                  look
  nodemint plan --out plan.json                  review it, then `nodemint apply plan.json`
  nodemint plan --out plan.json --expires-in 2h  for a pipeline that applies at once
  nodemint plan --detailed-exitcode              for a nightly job: 2 if something is not as it should be
  nodemint plan --output markdown                for a pull request's comment";

pub const APPLY_HELP: &str = "\
Without PLAN: plans, shows it, asks, and does it. With PLAN, nothing is decided any more; it is refused
  with 3, and a list of what moved, if AWS is no longer as it was when the plan was made
  with 3 if it has expired, or if the spec, the lock or a file of the spec changed since (where there is a spec)
  with 1 if it was edited or cut short, is of another nodemint, for another account, region or endpoint

Whatever ends a run half-way, the same command goes on from there: a version that exists is found and not
minted again, an update that is under way is followed and not started twice. Two runs at once do no harm.

Examples:
  nodemint apply                        plan, look, answer y
  nodemint apply plan.json --yes        in a pipeline, after a review
  nodemint apply --no-wait --yes        start, and exit with 7; the same command follows later
  nodemint apply --yes --output json    a line an event, for programs";

pub const RESOLVE_HELP: &str = "\
The whole fleet gets one answer: templates that ask the same question (family, architecture, variant,
Kubernetes version) get the same release in every region, the newest that all of them have.

What cannot be found, or fails a check, is told with its place in the spec, and the exit code is 1. The rest
is locked all the same: run `nodemint resolve` again, and it asks only for what is missing.

Examples:
  nodemint resolve                       fill in what is missing
  nodemint resolve --update              move every image to its newest release
  nodemint resolve --update gpu batch    move the images of two launch templates
  nodemint resolve --check               for a nightly CI job: are there newer ones?
  nodemint outdated                      what runs, what is locked, what exists";

pub const OUTDATED_HELP: &str = "\
For each node group, and each launch template without one: the image that its nodes run, the one in the lock,
the newest that exists, how many releases lie between, when the image is deprecated, and what
`nodemint resolve --update` would change or why it is held back (`minAge`, `deny`).

It reads, and changes nothing. For an exit code that says whether newer images exist, use
`nodemint resolve --check`.";

pub const SET_HELP: &str = "\
Any key of the spec that holds a single value can be set. A key that a node group does not have itself is set
in its launch template. The edited spec must be valid, or nothing is written.

`family=AL2023` on a template of AL2 translates what its nodes are told: arguments of bootstrap.sh, kubelet
flags, Docker's settings, and scripts that edit files which AL2 alone has. What has no equivalent is listed,
with its line and what to do. Your scripts are never changed: what becomes of one is a new file beside it.

Examples:
  nodemint set mng-1 instanceType=m5.2xlarge
  nodemint set demo userData.kubelet.maxPods=58 keyName=ops
  nodemint set mng-1 launchTemplateVersion=          take the pin out
  nodemint set legacy family=AL2023 --dry-run";

pub const EXPLAIN_HELP: &str = "\
A file may be raw user data or its base64, in gzip or not: MIME multipart, a script, cloud-config, NodeConfig,
Bottlerocket's TOML, PowerShell. A file that exists goes before a launch template of that name. A file needs
neither a spec nor AWS; a launch template needs --region, or a spec, or a region in the AWS configuration.

What stands in user data is not shown unless --show-user-data asks: it can hold secrets.

Exit codes:
  0  nothing is wrong
  1  it cannot be read: no such file or launch template, no credentials
  4  something is wrong that keeps a node from doing what the user data says

Examples:
  nodemint explain user-data.mime
  nodemint explain demo:3 --region us-east-1
  aws ec2 describe-launch-template-versions --launch-template-name demo --versions 3 \\
    --query 'LaunchTemplateVersions[0].LaunchTemplateData.UserData' --output text | nodemint explain -
  curl -s http://169.254.169.254/latest/user-data | nodemint explain - --family AL2023     (on the node)";

pub const POLICY_HELP: &str = "\
The policy is as narrow as IAM can be: the spec's clusters and their node groups, launch templates that carry
the tag nodemint:fleet, node roles that are handed to EKS alone. It is made from the list of the calls that
nodemint makes. Node groups are read in every cluster of these regions: whoever uses a version keeps it.
Where a cluster has an `assumeRoleArn`, the caller's policy allows to assume the role, and the role has a
policy of its own (`--for`).

Examples:
  nodemint policy read >read.json
  aws iam put-role-policy --role-name nodemint-plan --policy-name nodemint --policy-document file://read.json
  nodemint policy write --for arn:aws:iam::222233334444:role/deploy
  nodemint policy write --generic             for any fleet, without a spec";

pub const EKSCTL_HELP: &str = "\
Both kinds of node groups become managed node groups on launch templates of nodemint's; equal
ones share one. The report has a line for each field of the file: where it is in the spec, why it
has no place, or what is to be done by hand, which is marked in the spec, too. AWS is not asked.

Examples:
  nodemint import eksctl cluster.yaml               write nodemint.yaml and userdata/ here
  nodemint import eksctl cluster.yaml --dry-run     look first
  nodemint import eksctl - --out fleet <FILE        read standard input, write into a folder";

pub const ROLLBACK_HELP: &str = "\
One plan and one question for all groups; everything is checked before the first one moves: that the version and
its image exist, that instance types, subnets and the cluster's Kubernetes fit, that the group is free. What
stands in the way of any group is told, and then nothing moves (exit code 4). The groups go one after the other, in
the spec's order; the first failure ends the run, and says which are done.

The spec still describes what it did before: without a pin, the next apply rolls forward again. --write writes the
pins, comments kept, after your yes and before anything moves: a run that was killed is finished by the same command,
or by `nodemint apply`.

Examples:
  nodemint rollback mng-1                                 one version back
  nodemint rollback blue/mng-1 green/mng-1 --to 3 --write
  nodemint rollback --selector 'cluster=prod-*,label:team=payments' --dry-run";

pub const REPLACE_HELP: &str = "\
A node group keeps for life what its image comes from (the launch template, or EKS), its subnets, role, capacity
type, instance types and launch template. To change one, edit the spec, then take two steps:

  nodemint replace mng-1 --as mng-2               the new group, beside the old one
  nodemint replace mng-1 --as mng-2 --delete-old  the old one goes

The first step renames the group in the spec, comments kept, then creates it as the spec says, with as many nodes as
the old one has, and waits until EKS finds it ACTIVE. The old group is not touched. Between the steps both run:
let pods move, or move them with kubectl.

The second step deletes the old group, if it is of this fleet and the new one is ACTIVE, without health issues, as
the spec says, and has its nodes.

Each step shows its plan and asks. Killed anywhere, it is finished by the same command; the first one by
`nodemint apply`, too.";

pub const IMPORT_AWS_HELP: &str = "\
Reads the cluster, its managed node groups, and the version of the launch template that each of them
runs, and writes a spec that says just this: a plan of it changes nothing, which is checked before
anything is written. Nothing in AWS is changed.

User data that nodemint's own words give byte for byte is said in them; any other is kept as a file
(`userData.verbatim`). An image that is a release of its publisher is named by the release, any other
by its id. Groups that run other versions than most are pinned. What cannot be said is left out by
name, and the report says why; it has a line for each thing that was found.

What was not made by nodemint is nobody's: the first plan that changes it needs --adopt.

Examples:
  nodemint import aws --cluster prod --region eu-west-1 --dry-run     look first
  nodemint import aws --cluster prod --out fleet                      write into a folder
  nodemint import aws --cluster prod --group workers-a --group workers-b";

pub const HISTORY_HELP: &str = "\
TEMPLATE is a name, or an id (lt-…). It need not be in the spec: it is looked for in every region and account
of the spec's clusters, or in --region alone, where no spec is needed.

USED BY counts everybody in the account and region: node groups of every cluster, updates under way, Auto
Scaling groups and instances. The nodes of a managed node group run on a copy of the template that EKS makes
for itself, so they are not among the instances; their node group is what uses the version.

Examples:
  nodemint history demo
  nodemint history demo --limit 5 --output json
  nodemint history lt-0123456789abcdef0 --region eu-west-1";

pub const DIFF_HELP: &str = "\
A and B are a version's number, `latest`, `default`, `previous` (the newest version below the other one, or
below the latest) or `spec`: what the spec and the lock render now. Where several regions, accounts or
clusters differ, each has a section of its own; --region and --cluster choose.

What stands in user data is shown at a terminal, or with --show-user-data: it can hold secrets.

Exit codes:
  0  done; with --detailed-exitcode: no difference
  1  a version that is not there, the spec, AWS
  2  with --detailed-exitcode: they differ, or hold fields that nodemint does not read

Examples:
  nodemint diff demo previous latest
  nodemint diff demo 3 5 --region eu-west-1
  nodemint diff demo default spec --detailed-exitcode
  nodemint diff demo 3 5 --output markdown";

pub const EXPORT_HELP: &str = "\
Writes DIR/TEMPLATE/SITE/VERSION.yaml for each version, its user data beside it as VERSION.user-data, the very
bytes, and, where that has several parts or is compressed, its parts in VERSION.parts/ for reading. Only what
never changes is in there, so a second export writes the same bytes, on any machine, and a version that is
deleted later stays in your repository. The parts follow from the user data; the YAML and the user data
together are all of the version.

User data is written whole, secrets included.

Exit codes:
  0  every version was written
  1  versions with fields that nodemint does not read were left out, by name; the rest was written

Examples:
  nodemint export demo --out versions && git add versions";

pub const PRUNE_HELP: &str = "\
Without TEMPLATE, every launch template of the spec. Only templates that this fleet made are touched (tag
`nodemint:fleet`). A version stays if it is the default or the latest, if a node group of any cluster, an
update under way, an Auto Scaling group or an instance uses it, if the spec pins a group to it or asks for it
now, if a node group would roll back to it or ran it with success before, if it is among the newest of --keep,
or younger than --older-than.

The nodes of a managed node group run on a copy of the template that EKS makes for itself: it is the node
group that keeps the version. EC2 Fleets, Spot Fleets and whatever else names a version without running
anything from it are not looked at.

Who uses what is read before the question, and again before each batch of 200. If any of that may not be read,
nothing is deleted: not knowing is not the same as unused. Deleting is final: EC2 never gives a version's
number again. `nodemint export` keeps what was in it.

Exit codes:
  0  done, or nothing to delete
  1  EC2 refused to delete some, or the spec, the network, AWS
  4  who uses the versions is not known, or a template is not this fleet's: nothing was deleted

Examples:
  nodemint prune --dry-run                         what would be deleted, and why the rest stays
  nodemint prune demo --keep 20 --older-than 90d
  nodemint prune --yes --output json               in a pipeline";
