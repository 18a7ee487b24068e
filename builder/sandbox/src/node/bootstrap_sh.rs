//! `/etc/eks/bootstrap.sh` of AL2 and Ubuntu: what its arguments come to.
//!
//! Source of the rules: awslabs/amazon-eks-ami, `templates/al2/runtime/bootstrap.sh`. A flag and its value
//! are two words, and whatever it does not know is a positional argument, of which the first is the cluster's
//! name.

use std::collections::BTreeMap;

use super::{IsOurs, Why, is_authority, is_endpoint};
use crate::world::Cluster;

const SCRIPT: &str = "/etc/eks/bootstrap.sh";

/// All that take a value, and all do.
const FLAGS: [&str; 18] = [
    "--apiserver-endpoint",
    "--aws-api-retry-attempts",
    "--b64-cluster-ca",
    "--cluster-id",
    "--container-runtime",
    "--containerd-config-file",
    "--dns-cluster-ip",
    "--docker-config-json",
    "--enable-docker-bridge",
    "--enable-local-outpost",
    "--ip-family",
    "--kubelet-extra-args",
    "--local-disks",
    "--mount-bpf-fs",
    "--pause-container-account",
    "--pause-container-version",
    "--service-ipv6-cidr",
    "--use-max-pods",
];

/// Why no call in a script makes a node of the cluster; none where one may, or where there is none that can be
/// read.
pub(super) fn never_joins(script: &str, cluster: &Cluster) -> Option<Why> {
    let mut why = None;
    for (at, _) in script.match_indices(SCRIPT) {
        let (before, after) = (&script[..at], &script[at + SCRIPT.len()..]);
        if !runs_what_follows(before) {
            // an editor's argument, a text, another program's: no telling
            return None;
        }
        why = Some(refusal(&words(after)?, cluster)?);
    }
    why
}

/// Whether the last line before a call leaves it a command of its own.
fn runs_what_follows(before: &str) -> bool {
    let line = before.rsplit('\n').next().unwrap_or_default().trim();
    let command = line.rsplit([';', '&', '|', '(', '{']).next();
    let mut words = command.unwrap_or_default().split_whitespace();
    let runners = [
        "exec",
        "sudo",
        "bash",
        "sh",
        "/bin/bash",
        "/bin/sh",
        "then",
        "else",
        "do",
        "if",
        "!",
    ];
    words.all(|word| runners.contains(&word))
}

/// A word of a command; `known` if it is the same at boot.
struct Word {
    text: String,
    known: bool,
}

/// The words up to the end of the command, as a shell would split them; none where only the shell can tell.
fn words(text: &str) -> Option<Vec<Word>> {
    let mut words = Vec::new();
    let mut word: Option<Word> = None;
    let mut signs = text.chars().peekable();
    while let Some(sign) = signs.next() {
        let begun = word.is_some();
        match sign {
            '\\' => match signs.next()? {
                '\n' => {}
                sign => open(&mut word).text.push(sign),
            },
            '\'' => single_quoted(&mut signs, open(&mut word))?,
            '"' => double_quoted(&mut signs, open(&mut word))?,
            ' ' | '\t' => words.extend(word.take()),
            '\n' | ';' | '&' | '|' | ')' => break,
            // the number right before a redirection is no argument; what comes after its target may be one
            '<' | '>' => {
                word = word.filter(|word| word.text.parse::<u8>().is_err());
                let line: String = signs.take_while(|sign| !"\n;|".contains(*sign)).collect();
                if line
                    .split_whitespace()
                    .filter(|it| !it.contains('>'))
                    .count()
                    > 1
                {
                    return None;
                }
                break;
            }
            '#' if !begun => break,
            // it may become no word, or several
            '$' | '`' | '*' | '?' | '(' | '{' => return None,
            sign => open(&mut word).text.push(sign),
        }
    }
    words.extend(word);
    Some(words)
}

fn open(word: &mut Option<Word>) -> &mut Word {
    word.get_or_insert_with(|| Word {
        text: String::new(),
        known: true,
    })
}

fn single_quoted(signs: &mut impl Iterator<Item = char>, word: &mut Word) -> Option<()> {
    loop {
        match signs.next()? {
            '\'' => return Some(()),
            sign => word.text.push(sign),
        }
    }
}

fn double_quoted(signs: &mut impl Iterator<Item = char>, word: &mut Word) -> Option<()> {
    loop {
        match signs.next()? {
            '"' => return Some(()),
            '\\' => match signs.next()? {
                '\n' => {}
                sign @ ('"' | '\\' | '$' | '`') => word.text.push(sign),
                sign => word.text.extend(['\\', sign]),
            },
            sign => {
                word.known &= !matches!(sign, '$' | '`');
                word.text.push(sign);
            }
        }
    }
}

/// What a call was given; a value that is not known before boot is none.
#[derive(Default)]
struct Given {
    name: Option<Option<String>>,
    flags: BTreeMap<String, Option<String>>,
}

impl Given {
    /// As the script goes through its arguments. None: a flag has no value, or help is asked for.
    fn read(words: &[Word]) -> Option<Self> {
        let mut given = Self::default();
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let value = |word: &Word| word.known.then(|| word.text.clone());
            match word.text.as_str() {
                "-h" | "--help" => return None,
                flag if FLAGS.contains(&flag) => {
                    given.flags.insert(flag.to_owned(), value(words.next()?));
                }
                _ if given.name.is_none() => given.name = Some(value(word)),
                _ => {}
            }
        }
        Some(given)
    }

    fn known(&self, flag: &str) -> Option<&str> {
        self.flags.get(flag)?.as_deref()
    }

    fn has(&self, flag: &str) -> bool {
        self.flags
            .get(flag)
            .is_some_and(|value| value.as_deref() != Some(""))
    }
}

fn refusal(words: &[Word], cluster: &Cluster) -> Option<Why> {
    let Some(given) = Given::read(words) else {
        return Some("bootstrap.sh: a flag has no value");
    };
    match given.name.as_ref() {
        None => return Some("bootstrap.sh: cluster name is not defined!"),
        Some(Some(name)) if *name != cluster.name => {
            return Some("bootstrap.sh: the first positional argument is not the cluster's name");
        }
        Some(_) => {}
    }
    // only with both of them does it not ask EKS
    let asks = !given.has("--apiserver-endpoint") || !given.has("--b64-cluster-ca");
    let other =
        |flag: &str, is_ours: IsOurs<'_>| given.known(flag).is_some_and(|value| !is_ours(value));
    let wrong_endpoint = other("--apiserver-endpoint", &|it| is_endpoint(it, cluster));
    let wrong_authority = other("--b64-cluster-ca", &|it| is_authority(it, cluster));
    if !asks && (wrong_endpoint || wrong_authority) {
        return Some("bootstrap.sh: endpoint or certificate authority of another cluster");
    }
    if other("--container-runtime", &|it| it == "containerd") {
        return Some("bootstrap.sh: containerd is the only supported container runtime");
    }
    addresses(&given, asks)
}

/// The rules of address families.
fn addresses(given: &Given, asks: bool) -> Option<Why> {
    let family = given.known("--ip-family").map(str::to_ascii_lowercase);
    let cidr = given.has("--service-ipv6-cidr");
    match family.as_deref() {
        Some("ipv4") if cidr => {
            Some("bootstrap.sh: --ip-family should be ipv6 when --service-ipv6-cidr is specified")
        }
        Some("ipv6") if !asks && !cidr && !given.has("--dns-cluster-ip") => {
            Some("bootstrap.sh: One of --service-ipv6-cidr or --dns-cluster-ip must be provided")
        }
        None | Some("" | "ipv4" | "ipv6") => None,
        Some(_) => Some("bootstrap.sh: Invalid --ip-family"),
    }
}
