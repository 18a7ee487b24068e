//! cloud-init, which runs the scripts of AL2, Ubuntu and AL2023: what it takes user data for, and whether any
//! of that starts a node.
//!
//! Source of the rules: canonical/cloud-init, `cloudinit/user_data.py` and `cloudinit/handlers`.

use super::{Why, bootstrap_sh, mime, nodeadm};
use crate::world::Cluster;

/// What a script or a cloud-config has in it that starts a node: `bootstrap.sh`, Windows'
/// `Start-EKSBootstrap.ps1`, nodeadm where somebody runs it by hand, and base64, which may hide any of them.
/// A script of the image's own that starts a node under another name is not recognized.
const STARTERS: [&str; 4] = ["bootstrap", "nodeadm", "b64", "base64"];

/// cloud-init looks so far for the header that makes user data MIME.
const MIME_WINDOW: usize = 4096;

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Script,
    CloudConfig,
    NodeConfig,
    /// it makes what nobody can see from here: a part handler, an include, a template, unreadable bytes
    Hidden,
    /// cloud-init passes it over; a program of the image's own may read it
    Unknown,
    Nothing,
}

/// One part of user data, without its encoding.
pub(super) struct Piece {
    kind: Kind,
    text: String,
}

impl Piece {
    fn hidden() -> Self {
        let (kind, text) = (Kind::Hidden, String::new());
        Self { kind, text }
    }

    /// By the type that the part has. Of two types cloud-init trusts the first line more.
    fn of_type(content_type: &str, text: String) -> Self {
        let kind = match content_type {
            nodeadm::NODE_CONFIG => Kind::NodeConfig,
            "text/plain" => by_first_line(&text),
            "text/x-shellscript" => match by_first_line(&text) {
                Kind::CloudConfig => Kind::CloudConfig,
                Kind::Hidden => Kind::Hidden,
                _ => Kind::Script,
            },
            "text/x-shellscript-per-boot"
            | "text/x-shellscript-per-instance"
            | "text/x-shellscript-per-once"
            | "text/cloud-boothook" => Kind::Script,
            "text/cloud-config" => Kind::CloudConfig,
            other if makes_more(other) => Kind::Hidden,
            _ => Kind::Unknown,
        };
        Self { kind, text }
    }

    pub(super) fn is_unknown(&self) -> bool {
        self.kind == Kind::Unknown
    }

    pub(super) fn is_node_config(&self) -> bool {
        self.kind == Kind::NodeConfig
    }

    pub(super) fn is_cloud_config(&self) -> bool {
        self.kind == Kind::CloudConfig
    }

    /// Whether it is run, and has one of these words or could have.
    pub(super) fn may_mention(&self, words: &[&str]) -> bool {
        let has_one = || {
            let text = without_comments(&self.text).to_ascii_lowercase();
            // cloud-init fills in templates, whatever the part's type
            is_template(&self.text) || words.iter().any(|word| text.contains(word))
        };
        match self.kind {
            Kind::Hidden => true,
            Kind::Script => self.has_interpreter() && has_one(),
            Kind::CloudConfig => has_one(),
            Kind::NodeConfig | Kind::Unknown | Kind::Nothing => false,
        }
    }

    /// Without `#!` in its very first bytes a script ends in "Exec format error. Missing #! in script?".
    fn has_interpreter(&self) -> bool {
        let hook = self.text.strip_prefix("#cloud-boothook");
        let text = hook.map_or(self.text.as_str(), str::trim_start);
        text.starts_with("#!") || text.starts_with("<powershell") || is_template(text)
    }
}

/// What cloud-init finds in user data.
pub(super) fn pieces(bytes: &[u8]) -> Vec<Piece> {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return vec![Piece::hidden()];
    };
    let text = text.replace("\r\n", "\n");
    let window = &bytes[..bytes.len().min(MIME_WINDOW)];
    let window = String::from_utf8_lossy(window).to_ascii_lowercase();
    if !window.contains("mime-version:") {
        return vec![Piece::of_type("text/plain", text)];
    }
    let piece = |part: &mime::Part| {
        let decoded = part.decoded().and_then(|body| String::from_utf8(body).ok());
        decoded.map_or_else(Piece::hidden, |text| Piece::of_type(&part.kind(), text))
    };
    mime::python(&text).iter().map(piece).collect()
}

fn by_first_line(text: &str) -> Kind {
    let text = text.trim_start();
    let begins = |heads: &[&str]| heads.iter().any(|head| text.starts_with(head));
    if text.is_empty() {
        Kind::Nothing
    } else if begins(&[
        "## template:",
        "#include",
        "#part-handler",
        "#cloud-config-",
    ]) {
        Kind::Hidden
    } else if begins(&["#cloud-config"]) {
        Kind::CloudConfig
    } else if begins(&["#!", "#cloud-boothook"]) {
        Kind::Script
    } else if text
        .lines()
        .any(|line| line.trim_start().starts_with("kind: NodeConfig"))
    {
        Kind::NodeConfig
    } else {
        Kind::Unknown
    }
}

/// Whether what a part of this type comes to is not in it: it is fetched, filled in, unpacked or handled.
fn makes_more(content_type: &str) -> bool {
    let known = [
        "text/cloud-config-archive",
        "text/cloud-config-jsonp",
        "text/jinja2",
        "text/part-handler",
        "text/x-include-once-url",
        "text/x-include-url",
    ];
    known.contains(&content_type)
        || content_type.starts_with("multipart/")
        || content_type.contains("zip")
        || content_type.contains("compress")
}

fn is_template(text: &str) -> bool {
    text.trim_start().starts_with("## template:")
}

/// Why nothing of these makes a node that joins the cluster.
pub(super) fn never_joins(pieces: &[Piece], cluster: &Cluster) -> Option<Why> {
    let mut why = "cloud-init: nothing in the user data starts a node";
    for piece in pieces {
        if piece.may_mention(&STARTERS) {
            why = bootstrap_sh::never_joins(&without_comments(&piece.text), cluster)?;
        } else if piece.kind == Kind::Script && !piece.has_interpreter() {
            why = "cloud-init: Exec format error. Missing #! in script?";
        }
    }
    Some(why)
}

fn without_comments(text: &str) -> String {
    let lines = text
        .lines()
        .filter(|line| !line.trim_start().starts_with('#'));
    lines.collect::<Vec<_>>().join("\n")
}
