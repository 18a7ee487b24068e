//! Secrets in the open: user data is readable by whoever may call DescribeLaunchTemplateVersions, and by every
//! process of the node that reaches instance metadata.
//!
//! The text is searched once for words that secrets come with; what stands there must then look like one. A
//! variable, a placeholder and the keys of AWS's own documentation (they end with EXAMPLE) are none. Nothing
//! that is found is ever told but its kind and its line.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::read::{Kind, Read};
use super::{Found, Rule};

/// Where to look closer.
#[derive(Clone, Copy)]
enum Trigger {
    /// AWS's ids of access keys.
    AccessKeyId,
    /// A token that shows by its beginning: what it is, the fewest characters after that, and which.
    Token(&'static str, usize),
    Pem,
    PemInBase64,
    WebToken,
    Bearer,
    Basic,
    Url,
    Webhook,
    /// A name that secrets are given by.
    Name,
}

/// Beginnings are as their makers document them.
const TRIGGERS: &[(&str, Trigger)] = &[
    ("AKIA", Trigger::AccessKeyId),
    ("ASIA", Trigger::AccessKeyId),
    ("ghp_", Trigger::Token("a token of GitHub", 36)),
    ("gho_", Trigger::Token("a token of GitHub", 36)),
    ("ghu_", Trigger::Token("a token of GitHub", 36)),
    ("ghs_", Trigger::Token("a token of GitHub", 36)),
    ("ghr_", Trigger::Token("a token of GitHub", 36)),
    ("github_pat_", Trigger::Token("a token of GitHub", 22)),
    ("glpat-", Trigger::Token("a token of GitLab", 20)),
    ("glrt-", Trigger::Token("a token of GitLab", 20)),
    ("xoxb-", Trigger::Token("a token of Slack", 20)),
    ("xoxp-", Trigger::Token("a token of Slack", 20)),
    ("xoxa-", Trigger::Token("a token of Slack", 20)),
    ("xoxr-", Trigger::Token("a token of Slack", 20)),
    ("xoxs-", Trigger::Token("a token of Slack", 20)),
    ("xapp-", Trigger::Token("a token of Slack", 20)),
    ("npm_", Trigger::Token("a token of npm", 36)),
    ("dckr_pat_", Trigger::Token("a token of Docker Hub", 20)),
    ("sk_live_", Trigger::Token("a key of Stripe", 24)),
    ("hvs.", Trigger::Token("a token of Vault", 24)),
    ("hooks.slack.com/services/T", Trigger::Webhook),
    ("-----BEGIN ", Trigger::Pem),
    ("LS0tLS1CRUdJTi", Trigger::PemInBase64),
    ("eyJ", Trigger::WebToken),
    ("bearer ", Trigger::Bearer),
    ("basic ", Trigger::Basic),
    ("://", Trigger::Url),
    ("password", Trigger::Name),
    ("passwd", Trigger::Name),
    ("passphrase", Trigger::Name),
    ("secret", Trigger::Name),
    ("token", Trigger::Name),
    ("apikey", Trigger::Name),
    ("api_key", Trigger::Name),
    ("api-key", Trigger::Name),
    ("accesskey", Trigger::Name),
    ("access_key", Trigger::Name),
    ("access-key", Trigger::Name),
    ("private_key", Trigger::Name),
    ("license_key", Trigger::Name),
    ("client-key-data", Trigger::Name),
    ("\"auth\"", Trigger::Name),
    ("auth =", Trigger::Name),
    ("_auth", Trigger::Name),
];

static SEARCH: LazyLock<AhoCorasick> = LazyLock::new(|| {
    AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .match_kind(MatchKind::LeftmostLongest)
        .build(TRIGGERS.iter().map(|(text, _)| text))
        .expect("the triggers are a few short texts")
});

/// Whether there is a secret in a text that is about to be shown.
pub fn has_secret(text: &str) -> bool {
    let mut any = false;
    search(text.as_bytes(), |_, _| any = true);
    any
}

pub(super) fn check(index: usize, part: &Read<'_>, found: &mut Found) {
    if part.kind == Kind::Gzip {
        return;
    }
    search(part.body, |line, kind| {
        let message = format!(
            "it has {kind} in it, and whoever may describe the launch template can read that"
        );
        let hint = "keep it in Secrets Manager or SSM Parameter Store, and fetch it with the node's role; change it, too, if it ever was in a launch template";
        found.add(Rule::Secret, (index, Some(line)), message, hint);
    });
}

/// Tells each secret's line and kind; one a line.
fn search(body: &[u8], mut tell: impl FnMut(usize, &str)) {
    let (mut line, mut counted, mut told) = (1, 0, 0);
    for found in SEARCH.find_iter(body) {
        let Some((text, trigger)) = TRIGGERS.get(found.pattern().as_usize()) else {
            continue;
        };
        let exact = body.get(found.range()) == Some(text.as_bytes());
        let Some(kind) = kind(*trigger, exact, body, found.start(), found.end()) else {
            continue;
        };
        let passed = body.get(counted..found.start()).unwrap_or_default();
        line += passed.iter().filter(|byte| **byte == b'\n').count();
        counted = found.start();
        if told != line {
            told = line;
            tell(line, kind);
        }
    }
}

/// What a trigger at `start..end` announces, if it is a secret.
fn kind(
    trigger: Trigger,
    exact: bool,
    body: &[u8],
    start: usize,
    end: usize,
) -> Option<&'static str> {
    let after = body.get(end..).unwrap_or_default();
    let starts = start == 0 || body.get(start - 1).is_none_or(|byte| !is_word(*byte));
    let found = match trigger {
        Trigger::AccessKeyId => exact && starts && is_access_key_id(after),
        Trigger::Token(_, least) => {
            exact && starts && run(after, is_word) >= least && !is_example(after)
        }
        Trigger::Webhook => run(after, |byte| is_word(byte) || byte == b'/') >= 20,
        Trigger::Pem => is_private_pem(after),
        Trigger::PemInBase64 => {
            exact && is_private_pem_in_base64(body.get(start..).unwrap_or_default())
        }
        Trigger::WebToken => exact && starts && is_web_token(after),
        Trigger::Bearer => starts && is_literal_token(after, 20),
        Trigger::Basic => starts && is_credentials(after),
        Trigger::Url => has_password(after),
        Trigger::Name => return named(body, start, end),
    };
    let kind = match trigger {
        Trigger::AccessKeyId => "an AWS access key",
        Trigger::Token(kind, _) => kind,
        Trigger::Webhook => "a webhook of Slack",
        Trigger::Pem | Trigger::PemInBase64 => "a private key",
        Trigger::WebToken => "a JSON web token",
        Trigger::Bearer => "a bearer token",
        Trigger::Basic => "a name and password for HTTP",
        Trigger::Url => "a URL with a password",
        Trigger::Name => "a secret",
    };
    found.then_some(kind)
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-'
}

fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=')
}

/// How many bytes from the front are of a kind.
fn run(bytes: &[u8], of: impl Fn(u8) -> bool) -> usize {
    bytes.iter().take_while(|byte| of(**byte)).count()
}

/// The keys in AWS's documentation end so, and fill-ins are one letter again and again.
fn is_example(text: &[u8]) -> bool {
    let token = text
        .get(..run(text, |byte| is_word(byte) || is_base64(byte)))
        .unwrap_or_default();
    let lower = token.to_ascii_lowercase();
    let same = token
        .first()
        .is_some_and(|first| token.iter().all(|byte| byte == first));
    same || lower.ends_with(b"example") || lower.ends_with(b"examplekey")
}

fn is_access_key_id(after: &[u8]) -> bool {
    let letters = run(after, |byte| {
        byte.is_ascii_uppercase() || byte.is_ascii_digit()
    });
    letters == 16 && after.get(16).is_none_or(|byte| !is_word(*byte)) && !is_example(after)
}

/// `RSA PRIVATE KEY-----` and its first line: a script that looks for a key has none behind it.
fn is_private_pem(after: &[u8]) -> bool {
    let head = after.get(..after.len().min(64)).unwrap_or_default();
    let head = String::from_utf8_lossy(head);
    let Some((label, _)) = head.split_once("-----") else {
        return false;
    };
    if !label.contains("PRIVATE KEY") || label.contains('\n') {
        return false;
    }
    let rest = after.get(label.len() + 5..).unwrap_or_default();
    let rest = rest.trim_ascii_start();
    let rest = rest.strip_prefix(b"\\n").unwrap_or(rest);
    rest.starts_with(b"Proc-Type:") || rest.starts_with(b"Version:") || run(rest, is_base64) >= 16
}

fn is_private_pem_in_base64(text: &[u8]) -> bool {
    // Two more than the longest label that there is, in whole groups of four.
    let head = text
        .get(..run(text, is_base64).min(64) / 4 * 4)
        .unwrap_or_default();
    let whole = STANDARD.decode(head).unwrap_or_default();
    String::from_utf8_lossy(&whole).contains("PRIVATE KEY-----")
}

/// Three parts with dots between, the first two of them JSON (RFC 7519).
fn is_web_token(after: &[u8]) -> bool {
    let text = after
        .get(..run(after, |byte| is_word(byte) || byte == b'.'))
        .unwrap_or_default();
    let parts: Vec<&[u8]> = text.split(|byte| *byte == b'.').collect();
    matches!(parts.as_slice(), [head, body, signature] if head.len() >= 10 && body.starts_with(b"eyJ") && signature.len() >= 20)
}

fn is_literal_token(after: &[u8], least: usize) -> bool {
    let after = after.trim_ascii_start();
    run(after, |byte| {
        is_word(byte) || is_base64(byte) || matches!(byte, b'.' | b'~')
    }) >= least
        && !is_example(after)
}

/// The base64 of `name:password`.
fn is_credentials(after: &[u8]) -> bool {
    let text = after.get(..run(after, is_base64)).unwrap_or_default();
    let decoded = STANDARD
        .decode(text)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok());
    text.len() >= 8
        && decoded.is_some_and(|pair| {
            pair.split_once(':')
                .is_some_and(|(name, password)| !name.is_empty() && !password.is_empty())
        })
}

/// `name:password@` behind `://`.
fn has_password(after: &[u8]) -> bool {
    let end = run(after, |byte| {
        byte.is_ascii_graphic() && !b"/\"'<>`\\?#".contains(&byte)
    });
    let host = after.get(..end).unwrap_or_default();
    let Some(at) = host.iter().rposition(|byte| *byte == b'@') else {
        return false;
    };
    let user = host.get(..at).unwrap_or_default();
    let Some(colon) = user.iter().position(|byte| *byte == b':') else {
        return false;
    };
    let password = user.get(colon + 1..).unwrap_or_default();
    let placeholder = [
        &b"password"[..],
        b"pass",
        b"secret",
        b"token",
        b"changeme",
        b"xxx",
    ];
    let placeholder = placeholder
        .iter()
        .any(|word| password.eq_ignore_ascii_case(word));
    let filled_in = user.iter().any(|byte| b"${%*[(".contains(byte));
    !password.is_empty() && !filled_in && !placeholder
}

/// `DB_PASSWORD=…`, `"token": "…"`, `--password …`, `$secret = '…'`: a name, and a value that was rolled by dice.
fn named(body: &[u8], start: usize, end: usize) -> Option<&'static str> {
    let before = body.get(..start).unwrap_or_default();
    let left = before
        .iter()
        .rev()
        .take_while(|byte| is_word(**byte))
        .count();
    let after = body.get(end..).unwrap_or_default();
    let right = run(after, is_word);
    let name = body
        .get(start - left..end + right)
        .unwrap_or_default()
        .to_ascii_lowercase();
    // What is named after a secret and is none: where it is, what it is called, how long it is good for.
    const NONE: &[&str] = &[
        "name",
        "names",
        "arn",
        "id",
        "ids",
        "path",
        "file",
        "dir",
        "url",
        "uri",
        "ttl",
        "seconds",
        "ref",
        "version",
        "type",
        "expiration",
        "endpoint",
        "header",
        "region",
        "key-id",
        "key_id",
        "required",
    ];
    let is_none = |end: &&str| {
        name.strip_suffix(end.as_bytes())
            .is_some_and(|rest| rest.ends_with(b"_") || rest.ends_with(b"-"))
    };
    if NONE.iter().any(is_none) || name.starts_with(b"x-") {
        return None;
    }
    let value = value(after.get(right..)?, name.starts_with(b"--"))?;
    if name.ends_with(b"client-key-data") {
        return (run(value, is_base64) >= 40).then_some("a private key");
    }
    if (name.ends_with(b"secret_access_key") || name.ends_with(b"secretaccesskey"))
        && is_secret_key(value)
    {
        return Some("an AWS secret key");
    }
    is_random(value).then_some("a password, key or token")
}

fn is_secret_key(value: &[u8]) -> bool {
    value.len() == 40 && value.iter().all(|byte| is_base64(*byte)) && !is_example(value)
}

/// The value behind a name: after `=` or `:`, or for an option after a blank; none if it is filled in.
fn value(after: &[u8], option: bool) -> Option<&[u8]> {
    let unquoted = after
        .strip_prefix(b"\"")
        .or(after.strip_prefix(b"'"))
        .unwrap_or(after);
    let blanks = run(unquoted, |byte| byte == b' ' || byte == b'\t');
    let rest = unquoted.get(blanks..)?;
    let rest = match rest.first()? {
        b'=' => {
            let rest = rest.get(1..)?;
            match rest.first()? {
                b'=' => return None,
                b'>' => rest.get(1..)?,
                _ => rest,
            }
        }
        // `${TOKEN:-x}`, and the colons of an ARN, give nothing a value.
        b':' if matches!(rest.get(1)?, b' ' | b'\t' | b'"' | b'\'') => rest.get(1..)?,
        _ if option && blanks > 0 => rest,
        _ => return None,
    };
    let rest = rest.get(run(rest, |byte| byte == b' ' || byte == b'\t')..)?;
    let (quote, rest) = match rest.first()? {
        quote @ (b'"' | b'\'') => (Some(*quote), rest.get(1..)?),
        _ => (None, rest),
    };
    let ends = |byte: u8| match quote {
        Some(quote) => byte == quote || byte == b'\n',
        None => byte.is_ascii_whitespace() || b"\"';,)}&|<>`".contains(&byte),
    };
    let value = rest.get(..run(rest, |byte| !ends(byte)))?;
    let filled_in =
        value.iter().any(|byte| b"$<`%".contains(byte)) || value.windows(2).any(|two| two == b"{{");
    (!filled_in && !value.is_empty()).then_some(value)
}

/// Whether a value looks as if nobody could guess it: long enough, of mixed characters, and not a path, a name
/// in words or an id with dashes.
fn is_random(value: &[u8]) -> bool {
    let separated = value.iter().any(|byte| b"/.:_-".contains(byte));
    let (mut lower, mut upper, mut digit, mut other) = (false, false, false, false);
    for byte in value {
        match byte {
            b'a'..=b'z' => lower = true,
            b'A'..=b'Z' => upper = true,
            b'0'..=b'9' => digit = true,
            b'/' | b'.' | b':' | b'_' | b'-' | b' ' => {}
            _ => other = true,
        }
    }
    let kinds = [lower, upper, digit, other]
        .iter()
        .filter(|kind| **kind)
        .count();
    let words = value.contains(&b' ');
    let path = value.starts_with(b"/")
        || value.starts_with(b"arn:")
        || value.windows(3).any(|three| three == b"://");
    let long = match kinds {
        4 => value.len() >= 8,
        3 => value.len() >= 10 && digit,
        2 => value.len() >= 20 && digit && !separated,
        _ => false,
    };
    long && !words && !path && !is_example(value) && entropy(value) >= LEAST_ENTROPY
}

/// Bits a character: words of a language have some 2 to 2.5 in ten letters, random ones more than 3.
const LEAST_ENTROPY: f64 = 2.8;

fn entropy(value: &[u8]) -> f64 {
    let mut counts = [0_u32; 256];
    for byte in value {
        if let Some(count) = counts.get_mut(usize::from(*byte)) {
            *count += 1;
        }
    }
    let whole = value.len() as f64;
    let shares = counts
        .iter()
        .filter(|count| **count > 0)
        .map(|count| f64::from(*count) / whole);
    -shares.map(|share| share * share.log2()).sum::<f64>()
}
