//! Who reads user data on the node, told by its parts where nobody says.

use super::Subject;
use crate::launch_template::Decoded;
use crate::lint::Reader;
use crate::render::{NODE_CONFIG, POWERSHELL, SHELL, TOML};

/// The script of Amazon Linux 2's and Ubuntu's images.
const BOOTSTRAP: &[u8] = b"/etc/eks/bootstrap.sh";

/// The reader, and why it is taken to be this one.
pub(super) fn reader(decoded: &Decoded, subject: &Subject) -> (Reader, Option<String>) {
    if let Some(reader) = subject.reader.filter(|reader| *reader != Reader::Unknown) {
        return (reader, None);
    }
    let find = |wanted: &dyn Fn(&str, &[u8]) -> bool| {
        let mut parts = decoded.parts.iter();
        parts.position(|part| wanted(part.effective_type(), &part.body))
    };
    let of_type = |name: &'static str| find(&|kind, _| kind == name);
    let calls_bootstrap = find(&|kind, body| {
        kind == SHELL
            && body
                .windows(BOOTSTRAP.len())
                .any(|window| window == BOOTSTRAP)
    });
    let rows = [
        (of_type(NODE_CONFIG), Reader::Nodeadm, "is a NodeConfig"),
        (
            of_type(TOML),
            Reader::Bottlerocket,
            "is TOML with a table `settings`",
        ),
        (
            of_type(POWERSHELL),
            Reader::Windows,
            "is in EC2Launch's tags",
        ),
        (
            calls_bootstrap,
            Reader::CloudInit,
            "calls /etc/eks/bootstrap.sh",
        ),
    ];
    let found = rows
        .into_iter()
        .find_map(|(at, reader, why)| Some((at?, reader, why)));
    match found {
        Some((at, reader, why)) => (reader, Some(format!("part {} {why}", at + 1))),
        None => (Reader::Unknown, None),
    }
}
