//! What a part is made of: its first bytes, its line ends, its letters, its form.

use super::read::{Kind, Read, by_first_line};
use super::{Found, Lint, Reader, Rule, Setting, Severity};
use crate::launch_template::Form;
use crate::render::USER_DATA_LIMIT;

/// Bytes of user data from which on EKS's own part might not fit beside it. A guess: EKS does not document
/// how large its part is.
pub const ROOM_FOR_EKS: usize = 13_000;

/// What is said of a byte order mark, and what to do about it.
pub(crate) const BYTE_ORDER_MARK: (&str, &str) = (
    "it begins with a byte order mark, so that nothing recognises its first line",
    "save it as UTF-8 without BOM",
);

/// What is wrong with user data as a whole: its size, and its form in merged mode. Errors first.
pub fn document(setting: &Setting, form: Form, bytes: usize) -> Vec<Lint> {
    let mut lints = Vec::new();
    let mut add = |rule: Rule, severity, message: String, hint: &str| {
        lints.push(Lint {
            rule,
            severity,
            part: None,
            line: None,
            message,
            hint: hint.to_owned(),
        });
    };
    if bytes > USER_DATA_LIMIT {
        let message = format!("it has {bytes} bytes, and EC2 takes {USER_DATA_LIMIT}");
        let hint = "move what is long to S3 or into the image, and fetch it from a short script";
        add(Rule::TooLarge, Severity::Error, message, hint);
    } else if setting.merged && bytes > ROOM_FOR_EKS {
        let message = format!(
            "it has {bytes} bytes: EKS adds its own part to it, and EC2's limit of {USER_DATA_LIMIT} bytes counts both; how large that part is, is not documented"
        );
        let hint = "move what is long to S3, and fetch it from a short script";
        add(Rule::TooLarge, Severity::Warning, message, hint);
    }
    let amazon_linux = matches!(setting.reader, Reader::CloudInit | Reader::Nodeadm);
    let wrong = match form {
        _ if !setting.merged => None,
        Form::Gzip => Some("EKS cannot merge its own part into gzip"),
        Form::Plain if amazon_linux => Some("EKS merges its own part into MIME multipart alone"),
        _ => None,
    };
    if let Some(message) = wrong {
        let hint = "write a MIME multipart document, as `nodemint render` does; for Bottlerocket TOML, for Windows PowerShell";
        add(Rule::WrongForm, Severity::Error, message.to_owned(), hint);
    }
    lints
}

pub(super) fn check(setting: &Setting, index: usize, part: &Read<'_>, found: &mut Found) {
    if part.body.starts_with(b"\xef\xbb\xbf") {
        let (message, hint) = BYTE_ORDER_MARK;
        found.add(Rule::ByteOrderMark, (index, Some(1)), message, hint);
    } else if part.kind == Kind::Shell && part.is_shell_type() {
        shebang(index, part, found);
    }
    if matches!(part.kind, Kind::Shell | Kind::Boothook) {
        line_ends(index, part, found);
    }
    ascii(index, part, found);
    boundary(setting, index, part, found);
}

fn shebang(index: usize, part: &Read<'_>, found: &mut Found) {
    if part.body.starts_with(b"#!") {
        return;
    }
    let start = part.body.trim_ascii_start();
    let (message, hint) = if start.starts_with(b"#!") {
        (
            "there is something before the `#!`, so the node could not run the script",
            "take out what stands before it, blank lines too",
        )
    } else if by_first_line(part.body).is_some() {
        (
            "the script does not begin with `#!`: cloud-init goes by the first line, and takes it for something else",
            "make `#!/bin/bash` its first line, or give it as a part with its own type, such as text/cloud-config",
        )
    } else {
        (
            "the script does not begin with `#!`, so the node could not run it",
            "make `#!/bin/bash` its first line",
        )
    };
    found.add(Rule::NoShebang, (index, Some(1)), message, hint);
}

fn line_ends(index: usize, part: &Read<'_>, found: &mut Found) {
    let mut lines = part.body.split(|byte| *byte == b'\n');
    // What follows the last line feed is no line that ends.
    let Some(at) = lines.position(|line| line.ends_with(b"\r")) else {
        return;
    };
    found.add(
        Rule::Crlf,
        (index, Some(at + 1)),
        "the line ends as Windows ends lines (CRLF), which the shell takes for part of the command",
        "save it with LF line ends, and keep git from changing them back: `*.sh text eol=lf` in .gitattributes",
    );
}

/// cloud-init reads a part without transfer encoding as ASCII, whatever its charset says; nodeadm does not mind.
fn ascii(index: usize, part: &Read<'_>, found: &mut Found) {
    let bare = part
        .encoding
        .is_some_and(|name| matches!(name, "7bit" | "8bit" | "binary"));
    if !bare || part.kind == Kind::NodeConfig {
        return;
    }
    let Some(at) = part.body.iter().position(|byte| !byte.is_ascii()) else {
        return;
    };
    found.add(
        Rule::NotAscii,
        (index, Some(line_at(part.body, at))),
        "it has letters outside of ASCII and no transfer encoding, and cloud-init garbles them",
        "encode the part with base64, as `nodemint render` does, or keep to ASCII",
    );
}

/// EKS packs the parts of AL2 anew, with the boundary `//` (terraform-aws-eks#2955).
fn boundary(setting: &Setting, index: usize, part: &Read<'_>, found: &mut Found) {
    if part
        .encoding
        .is_some_and(|name| name.eq_ignore_ascii_case("base64"))
    {
        return;
    }
    let mut lines = part
        .body
        .split(|byte| *byte == b'\n')
        .map(<[u8]>::trim_ascii_end)
        .enumerate()
        .peekable();
    while let Some((at, line)) = lines.next() {
        if !line.starts_with(b"--") {
            continue;
        }
        let next = lines.peek().map_or(&[][..], |(_, next)| *next);
        let of_eks = setting.merged
            && setting.reader == Reader::CloudInit
            && matches!(line, b"--//" | b"--//--");
        let header = [
            "content-type:",
            "content-transfer-encoding:",
            "mime-version:",
        ]
        .iter()
        .any(|name| {
            next.get(..name.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(name.as_bytes()))
        });
        // A script can write a document of its own; cut in two by a boundary it is none any more.
        let cut = header && part.encoding.is_some();
        if of_eks || cut {
            let message = match of_eks {
                true => {
                    "the line is the boundary that EKS packs the parts with, so the rest would be cut off"
                }
                false => {
                    "the line looks like a MIME boundary, with the headers of a part behind it"
                }
            };
            let hint = "write the line in another way, for instance in two pieces, or encode the part with base64";
            found.add(Rule::BoundaryInBody, (index, Some(at + 1)), message, hint);
        }
    }
}

/// Whether the reader takes such a part at all.
pub(super) fn form(setting: &Setting, index: usize, part: &Read<'_>, found: &mut Found) {
    let (powershell, batch) = (part.kind == Kind::PowerShell, part.kind == Kind::Batch);
    let looks_powershell = part.body.trim_ascii_start().starts_with(b"<powershell>");
    let wrong = match setting.reader {
        Reader::Bottlerocket if part.kind != Kind::Toml => Some((
            "Bottlerocket reads TOML with a table `settings`, and no MIME, shell or cloud-config",
            "write its settings as TOML",
        )),
        Reader::Windows if !powershell && !batch => Some((
            "Windows runs what stands in `<powershell>`, and nothing else here is",
            "write lines of PowerShell",
        )),
        Reader::Windows if batch && setting.merged => Some((
            "EKS merges its own part into PowerShell alone, and this is `<script>`",
            "write lines of PowerShell",
        )),
        Reader::CloudInit | Reader::Nodeadm if part.kind == Kind::Toml => Some((
            "this is TOML, which Bottlerocket reads: cloud-init ignores it",
            "write a script, or for AL2023 a NodeConfig",
        )),
        Reader::CloudInit | Reader::Nodeadm if powershell || batch || looks_powershell => Some((
            "this is for Windows: cloud-init ignores it",
            "write a shell script",
        )),
        Reader::CloudInit if part.kind == Kind::NodeConfig => Some((
            "there is no nodeadm on this image, so nothing reads the NodeConfig",
            "give the settings to bootstrap.sh, or use the family AL2023",
        )),
        Reader::CloudInit | Reader::Nodeadm if part.kind == Kind::Unknown => Some((
            "cloud-init knows neither the type nor the first line, and ignores it",
            "give the part its type, such as text/x-shellscript, and a script its `#!`",
        )),
        _ => None,
    };
    if let Some((message, hint)) = wrong {
        found.add(Rule::WrongForm, (index, None), message, hint);
    }
}

/// The line of a byte, from 1.
pub(super) fn line_at(body: &[u8], at: usize) -> usize {
    let before = body.get(..at).unwrap_or_default();
    1 + before.iter().filter(|byte| **byte == b'\n').count()
}
