//! Why a group's nodes are replaced, and what a pin keeps from them.

use super::super::template::made_by;
use super::super::{Held, OWNER_TAG, Reason, ReasonKind, VersionRef};
use super::Case;
use crate::launch_template::{Data, FieldChange, changes};
use crate::observed::{ObservedGroup, ObservedVersion};

/// Why the group's nodes must be replaced; empty if they need not.
pub(super) fn reasons(case: &Case<'_>, have: &ObservedGroup) -> Vec<Reason> {
    let mut reasons = Vec::new();
    let number = number(have);
    let same_version = match &case.target {
        VersionRef::Known { version, .. } => number == Some(*version),
        VersionRef::From { .. } => false,
    };
    if number.is_none() {
        reasons.push(reason(ReasonKind::Floating, moved_to_a_number(case, have)));
    }
    if let Some(from) = number.filter(|_| !same_version) {
        reasons.push(version(case, from));
    }
    reasons.extend(release(case, have));
    if number.is_none() && !same_version && matches!(case.target, VersionRef::From { .. }) {
        reasons.push(reason(ReasonKind::NewVersion, minted(case, None)));
    }
    reasons
}

fn reason(kind: ReasonKind, message: String) -> Reason {
    Reason { kind, message }
}

fn number(have: &ObservedGroup) -> Option<i64> {
    let current = have.launch_template.as_ref();
    current.and_then(|template| template.number())
}

/// Of a group whose version is no number: `$Latest`, `$Default`, or none.
pub(super) fn moved_to_a_number(case: &Case<'_>, have: &ObservedGroup) -> String {
    let current = have.launch_template.as_ref();
    let Some(shown) = current.and_then(|template| template.version.as_deref()) else {
        return "EKS shows no launch-template version; the group is moved to a number".to_owned();
    };
    let stands_for = case.template.and_then(|template| match shown {
        "$Latest" => Some(template.latest_version),
        "$Default" => Some(template.default_version),
        _ => None,
    });
    let now = stands_for.map(|number| format!(" (version {number} now)"));
    format!(
        "EKS shows the version as `{shown}`{}; it is moved to a number",
        now.unwrap_or_default()
    )
}

/// Why the group leaves version `from`.
fn version(case: &Case<'_>, from: i64) -> Reason {
    let current = case.template.and_then(|template| template.version(from));
    let pinned = case.want.spec.launch_template_version;
    let others = current.filter(|_| pinned.is_none()).and_then(|current| {
        // In a template that was never the fleet's, versions of others are no news.
        let owned = case.template?.tags.contains_key(OWNER_TAG);
        let who = made_by(current, &case.desired.fleet).filter(|_| owned)?;
        Some(format!("it was moved to version {from}, made by {who}"))
    });
    match (&case.target, pinned, others) {
        (_, Some(pin), _) => reason(
            ReasonKind::Pin,
            format!("`launchTemplateVersion` names version {pin}, and it runs version {from}"),
        ),
        (VersionRef::Known { version, .. }, _, Some(others)) => reason(
            ReasonKind::MovedByOthers,
            format!("{others}; what this spec describes is version {version}"),
        ),
        (VersionRef::From { .. }, _, Some(others)) => reason(
            ReasonKind::MovedByOthers,
            format!("{others}; {}", minted(case, current)),
        ),
        (VersionRef::Known { version, .. }, _, None) => reason(
            ReasonKind::ExistingVersion,
            format!(
                "version {version} has what this spec describes{}",
                differing(case, current)
            ),
        ),
        (VersionRef::From { .. }, ..) => reason(ReasonKind::NewVersion, minted(case, current)),
    }
}

fn minted(case: &Case<'_>, current: Option<&ObservedVersion>) -> String {
    let number = case.to.map(|number| format!("version {number}"));
    let number = number.unwrap_or_else(|| "a version".to_owned());
    format!("{number} is minted{}", differing(case, current))
}

/// `: InstanceType and UserData differ from version 1`
fn differing(case: &Case<'_>, current: Option<&ObservedVersion>) -> String {
    let (Some(current), Some(target)) = (current, case.target_data()) else {
        return String::new();
    };
    let fields = fields(&changes(&current.data, target));
    match fields.len() {
        0 => String::new(),
        1 => format!(
            ": {} differs from version {}",
            joined(&fields),
            current.number
        ),
        _ => format!(
            ": {} differ from version {}",
            joined(&fields),
            current.number
        ),
    }
}

/// EKS's image moves to another release.
fn release(case: &Case<'_>, have: &ObservedGroup) -> Vec<Reason> {
    let Some(ami) = &case.want.managed_ami else {
        return Vec::new();
    };
    if have.release_version.as_deref() == Some(ami.release_version.as_str()) {
        return Vec::new();
    }
    let from = have.release_version.as_deref().unwrap_or("unknown");
    let whose = match case.want.spec.release_version {
        Some(_) => "as `releaseVersion` says",
        None => "as the lock says",
    };
    let message = format!("release version {from} → {}, {whose}", ami.release_version);
    let mut reasons = vec![reason(ReasonKind::Release, message)];
    let to = &case.want.kubernetes_version;
    if let Some(from) = have.version.as_ref().filter(|from| *from != to) {
        let message = format!("Kubernetes {from} → {to}");
        reasons.push(reason(ReasonKind::KubernetesVersion, message));
    }
    reasons
}

/// The pins that keep the group from what the spec and the lock have. `newest`: the version that this spec describes.
pub(super) fn held(case: &Case<'_>, newest: Option<i64>) -> Vec<Held> {
    let version = version_pin(case, newest);
    version.into_iter().chain(release_pin(case)).collect()
}

fn version_pin(case: &Case<'_>, newest: Option<i64>) -> Option<Held> {
    let pin = case.want.spec.launch_template_version?;
    let newest = newest.filter(|newest| *newest != pin)?;
    let template = case.template?;
    let between = template.versions.iter().map(|version| version.number);
    let between = between.filter(|number| *number > pin && *number < newest);
    let wanted = case.described();
    let pinned = template.version(pin).map(|version| &version.data);
    let differ = |pinned: &Data, wanted: &Data| fields(&changes(pinned, wanted));
    Some(Held {
        by: "launchTemplateVersion".to_owned(),
        at: pin.to_string(),
        newest: newest.to_string(),
        versions_behind: (newest > pin).then(|| between.count() + 1),
        fields: pinned
            .zip(wanted)
            .map(|(pinned, wanted)| differ(pinned, wanted))
            .unwrap_or_default(),
    })
}

fn release_pin(case: &Case<'_>) -> Option<Held> {
    let pin = case.want.spec.release_version.clone()?;
    let newest = case.locked_release().filter(|locked| **locked != pin)?;
    Some(Held {
        by: "releaseVersion".to_owned(),
        at: pin,
        newest: newest.clone(),
        versions_behind: None,
        fields: Vec::new(),
    })
}

/// What a pin keeps from happening, in a sentence.
pub(super) fn told(held: &Held) -> String {
    let Held { by, at, newest, .. } = held;
    if by == "releaseVersion" {
        return format!(
            "held at release {at} by `{by}`; the lock has release {newest}, and the group does not move to it"
        );
    }
    let behind = match held.versions_behind {
        None => ", an older number".to_owned(),
        Some(1) => ": 1 version behind".to_owned(),
        Some(many) => format!(": {many} versions behind"),
    };
    let fields = match held.fields.len() {
        0 => String::new(),
        1 => format!(", {} differs", joined(&held.fields)),
        _ => format!(", {} differ", joined(&held.fields)),
    };
    format!(
        "held at version {at} by `{by}`; what this spec describes is version {newest}, and the group does not move to it{behind}{fields}"
    )
}

/// The fields at the top that changes are in.
fn fields(changes: &[FieldChange]) -> Vec<String> {
    let top = |change: &FieldChange| {
        let end = change.path.find(['.', '[', '#']);
        change.path[..end.unwrap_or(change.path.len())].to_owned()
    };
    let mut names: Vec<String> = changes.iter().map(top).collect();
    names.dedup();
    names
}

/// `a, b and c`
fn joined(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [rest @ .., last] => format!("{} and {last}", rest.join(", ")),
    }
}
