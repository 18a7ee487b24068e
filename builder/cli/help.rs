//! What `--help` says behind a command's flags: exit codes and examples. A part of the contract in args.rs.

pub const AFTER_HELP: &str = "\
Exit codes:
  0  done, or nothing to do
  1  error: the input, the credentials, the network, AWS
  2  there are changes (plan --detailed-exitcode, resolve --check, render --check)
  3  the plan is stale, or another update is under way
  4  a preflight check blocks
  5  an update failed, and the group is back where it was
  6  an update failed, and the group may run nodes of both versions
  7  still running in AWS: run the same command again to follow it

Begin with `nodemint demo`: it tells the whole story on an embedded AWS, without an account.";

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

pub const EKSCTL_HELP: &str = "\
Both kinds of node groups become managed node groups on launch templates of nodemint's; equal
ones share one. The report has a line for each field of the file: where it is in the spec, why it
has no place, or what is to be done by hand, which is marked in the spec, too. AWS is not asked.

Examples:
  nodemint import eksctl cluster.yaml               write nodemint.yaml and userdata/ here
  nodemint import eksctl cluster.yaml --dry-run     look first
  nodemint import eksctl - --out fleet <FILE        read standard input, write into a folder";
