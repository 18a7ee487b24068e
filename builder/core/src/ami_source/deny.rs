//! What `ami.deny` denies: one rule for resolve, which chooses, and for render, which checks what is locked.

use std::collections::BTreeSet;

use super::answers;

/// An image, with all that is known of its release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate<'a> {
    pub kubernetes_version: &'a str,
    pub image_id: &'a str,
    pub image_name: &'a str,
    /// as the image's name has it, see [`super::release_in_name`]
    pub release: Option<&'a str>,
    /// as EKS or a parameter has it: `1.34.3-20261012`
    pub release_version: Option<&'a str>,
}

/// The entry that an image is denied by: its id, its name, its release version, the release in its name, or
/// Bottlerocket's version without the commit, `1.50.0` for `1.50.0-abcdef12`.
pub fn denied<'d>(deny: &'d BTreeSet<String>, image: &Candidate<'_>) -> Option<&'d str> {
    let by = |entry: &&String| {
        *entry == image.image_id
            || *entry == image.image_name
            || Some(entry.as_str()) == image.release_version
            || image.release.is_some_and(|release| {
                answers(release, entry) || of_version(entry, image.kubernetes_version, release)
            })
    };
    deny.iter().find(by).map(String::as_str)
}

/// Whether a release version, `1.34.3-20261012` or `1.34-2026.10.14`, is that of a release in a name. Names have
/// no patch version, so it is not compared: else an answer would depend on where the image was looked up. Only
/// one image of a minor version has the same day.
fn of_version(entry: &str, kubernetes_version: &str, release: &str) -> bool {
    let Some((version, day)) = entry.split_once('-') else {
        return false;
    };
    let rest = version.strip_prefix(kubernetes_version);
    day == release && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}
