//! What must hold between the parts of a catalogue.

use super::catalogue::{Catalogue, Family, Release, minor};
use super::publish::Edition;
use crate::seed::Problem;

/// Everything that is wrong with it.
pub(super) fn problems(catalogue: &Catalogue) -> Vec<Problem> {
    let whole = catalogue.clone().resolved();
    let mut found = Vec::new();
    for (name, accounts) in &catalogue.owners {
        for (place, account) in accounts {
            if account.len() != 12 || !account.bytes().all(|b| b.is_ascii_digit()) {
                let message = format!("an account id has twelve digits, not {account:?}");
                note(&mut found, format!("owners.{name}.{place}"), message);
            }
        }
    }
    for (name, releases) in &catalogue.trains {
        train(&mut found, name, releases);
    }
    for (i, family) in catalogue.families.iter().enumerate() {
        self::family(&mut found, &whole, &format!("families[{i}]"), family);
    }
    found
}

fn note(found: &mut Vec<Problem>, path: String, message: impl Into<String>) {
    found.push(Problem {
        path: format!("publicImages.{path}"),
        message: message.into(),
    });
}

fn train(found: &mut Vec<Problem>, name: &str, releases: &[Release]) {
    for (i, release) in releases.iter().enumerate() {
        let at = format!("trains.{name}[{i}]");
        if release.versions.is_empty() {
            note(found, format!("{at}.versions"), "a release has a version");
        }
        for kubernetes in release.versions.keys() {
            if minor(kubernetes).is_none() {
                let message = format!("{kubernetes:?} is not a Kubernetes minor, like \"1.34\"");
                note(found, format!("{at}.versions.{kubernetes}"), message);
            }
        }
        if i > 0 && release.day < releases[i - 1].day {
            let message = format!("{} is before the release above it", release.day);
            note(found, format!("{at}.day"), message);
        }
    }
}

/// `whole` has what the family may refer to: the catalogue's own, and what it begins with.
fn family(found: &mut Vec<Problem>, whole: &Catalogue, at: &str, family: &Family) {
    if !whole.owners.contains_key(&family.owner) {
        let message = format!("no owner {} in owners", family.owner);
        note(found, format!("{at}.owner"), message);
    }
    if family.devices.is_empty() {
        let message = "an image has a root volume at least";
        note(found, format!("{at}.devices"), message);
    }
    for (i, member) in family.members.iter().enumerate() {
        let ends = [
            ("from", &member.kubernetes.from),
            ("to", &member.kubernetes.to),
        ];
        for (end, given) in ends {
            if given.as_ref().is_some_and(|given| minor(given).is_none()) {
                let message = "not a Kubernetes minor, like \"1.34\"";
                note(
                    found,
                    format!("{at}.members[{i}].kubernetes.{end}"),
                    message,
                );
            }
        }
    }
    let Some(releases) = whole.trains.get(&family.train) else {
        let message = format!("no train {} in trains", family.train);
        return note(found, format!("{at}.train"), message);
    };
    templates(found, at, family, releases);
}

/// Tries the templates on one release: which words there are does not depend on it.
fn templates(found: &mut Vec<Problem>, at: &str, family: &Family, releases: &[Release]) {
    let first = releases
        .iter()
        .find_map(|release| Some((release, release.versions.first_key_value()?)));
    let Some((release, (kubernetes, version))) = first else {
        return;
    };
    for (i, member) in family.members.iter().enumerate() {
        let edition = Edition::new(family, member, release, kubernetes, version);
        let mut tried = vec![
            ("image".to_owned(), edition.name()),
            (
                "description".to_owned(),
                edition.text(&family.description, ""),
            ),
        ];
        for (j, parameters) in family.parameters.iter().enumerate() {
            for (k, folder) in parameters.folders.iter().enumerate() {
                let place = format!("parameters[{j}].folders[{k}]");
                tried.push((place, edition.text(folder, "")));
            }
        }
        for (place, filled) in tried {
            if let Err(word) = filled {
                let message = format!("nothing to put in for {{{word}}} of members[{i}]");
                note(found, format!("{at}.{place}"), message);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::seed::Seed;

    const BROKEN: &str = r#"
account: "123456789012"
start: 2026-01-01T00:00:00Z
seed: 1
regions: {us-east-1: {zones: [us-east-1a]}}
publicImages:
  owners: {eks: {aws: "6024"}}
  trains:
    t:
      - {day: 2026-02-01, versions: {latest: x}}
      - {day: 2026-01-01, versions: {}}
  families:
    - owner: me
      train: t
      image: "{colour}"
      description: "{name"
      devices: []
      parameters: [{folders: ["/{size}"], leaves: {}}]
      members: [{architecture: arm64, kubernetes: {from: new}}]
    - {owner: eks, train: u, image: i, description: d, devices: [{name: a, sizeGiB: 1}], parameters: [], members: []}
"#;

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        let expected = [
            "publicImages.owners.eks.aws: an account id has twelve digits",
            "publicImages.trains.t[0].versions.latest: \"latest\" is not a Kubernetes minor",
            "publicImages.trains.t[1].versions: a release has a version",
            "publicImages.trains.t[1].day: 2026-01-01 is before the release above it",
            "publicImages.families[0].owner: no owner me in owners",
            "publicImages.families[0].devices: an image has a root volume at least",
            "publicImages.families[0].members[0].kubernetes.from: not a Kubernetes minor",
            "publicImages.families[0].image: nothing to put in for {colour} of members[0]",
            "publicImages.families[0].description: nothing to put in for {name} of members[0]",
            "publicImages.families[0].parameters[0].folders[0]: nothing to put in for {size}",
            "publicImages.families[1].train: no train u in trains",
        ];
        let error = Seed::parse(BROKEN)
            .expect_err("a broken catalogue")
            .to_string();
        for text in expected {
            assert!(error.contains(text), "expected {text:?} in {error:?}");
        }
        assert_eq!(error.split("; ").count(), expected.len(), "{error}");
    }

    #[test]
    fn what_is_added_may_refer_to_what_it_begins_with() {
        let family = "    - {owner: eks, train: al2, image: \"own-{release}\", description: d, devices: [{name: a, sizeGiB: 1}], parameters: [], members: [{architecture: arm64}]}\n";
        let seed = |base: &str| {
            format!(
                "account: \"123456789012\"\nstart: 2026-01-01T00:00:00Z\nseed: 1\nregions: {{us-east-1: {{zones: [us-east-1a]}}}}\npublicImages:\n{base}  families:\n{family}"
            )
        };
        Seed::parse(&seed("  base: builtin\n")).expect("a valid seed");
        let error = Seed::parse(&seed(""))
            .expect_err("no owner eks")
            .to_string();
        assert!(error.contains("no owner eks in owners"), "{error}");
    }
}
