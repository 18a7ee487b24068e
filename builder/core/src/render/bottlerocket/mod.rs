//! User data of Bottlerocket: its settings, one TOML document. There is no shell and no MIME.
//!
//! The user's settings are merged over ours as TOML: tables deeply, all else replaced, keys that nobody here knows
//! kept. A cluster's own keys are not theirs to change. Without an image in the launch template EKS merges its own
//! settings in, the user's over them.

mod limits;
mod owned;
mod settings;

use toml::{Table, Value};

use self::settings::kubelet_settings;
use super::bootstrap::{dns_of_services, effect_name, refuse_twice};
use super::problems::below;
use super::scripts::check_bytes;
use super::{Boot, Problems, TOML, merge};
use crate::desired::RenderedPart;
use crate::spec::{AmiSource, File, PinnedBy, Release};

/// The dotted path of a key in a document.
type KeyPath<'a> = Vec<&'a str>;

/// The parts after the preBootstrap ones: one document, or none if it would say nothing.
pub(crate) fn parts(boot: &Boot<'_>, problems: &mut Problems) -> Vec<RenderedPart> {
    let before = problems.len();
    let complete = boot.template.pinned_by == PinnedBy::LaunchTemplate;
    if complete && boot.template.user_data.override_bootstrap.is_some() {
        refuse_parts(boot, problems);
        return overridden(boot, problems).into_iter().collect();
    }
    refuse_twice(boot, problems);
    let given = given(boot, problems);
    let mut document = given.clone();
    if !complete {
        limits::check(boot, "kubelet", &given, problems);
    }
    for (origin, theirs) in theirs(boot, problems) {
        owned::check(boot, &origin, &theirs, problems);
        refuse_given(boot, &origin, (&given, &theirs), problems);
        if !complete {
            limits::check(boot, &origin, &theirs, problems);
        }
        merge::toml(&mut document, &theirs);
    }
    if complete {
        bring_cluster(boot, &mut document, problems);
    }
    if problems.len() > before || document.is_empty() {
        return Vec::new();
    }
    match toml::to_string(&document) {
        Ok(text) => vec![part("bootstrap", text.into_bytes())],
        Err(error) => {
            problems.unfilled(boot.path("kubelet"), error);
            Vec::new()
        }
    }
}

/// The parts as one document: there is one.
pub(crate) fn document(parts: &[RenderedPart]) -> Vec<u8> {
    parts.iter().flat_map(|part| part.body.clone()).collect()
}

fn part(origin: &str, body: Vec<u8>) -> RenderedPart {
    RenderedPart {
        origin: origin.to_owned(),
        content_type: TOML.to_owned(),
        body,
    }
}

/// What the neutral fields of the spec say, as settings.
fn given(boot: &Boot<'_>, problems: &mut Problems) -> Table {
    let mut settings = Table::new();
    let mut kubernetes = kubelet_settings(boot, problems);
    let mut set = |key: &str, value: Value| kubernetes.insert(key.to_owned(), value);
    match boot.template.user_data.cluster_dns.as_slice() {
        [] => {}
        [one] => drop(set("cluster-dns-ip", one.as_str().into())),
        list => drop(set("cluster-dns-ip", list.to_vec().into())),
    }
    let labels = boot.template.user_data.node_labels.iter();
    let labels: Table = labels
        .map(|(key, value)| (key.clone(), value.as_str().into()))
        .collect();
    if !labels.is_empty() {
        set("node-labels", labels.into());
    }
    let taints = taints(boot);
    if !taints.is_empty() {
        set("node-taints", taints.into());
    }
    if !kubernetes.is_empty() {
        settings.insert("kubernetes".to_owned(), kubernetes.into());
    }
    if let Some(registry) = registries(boot) {
        settings.insert("container-registry".to_owned(), registry);
    }
    if let Some(commands) = local_disks(boot, problems) {
        settings.insert("bootstrap-commands".to_owned(), commands);
    }
    match settings.is_empty() {
        true => Table::new(),
        false => Table::from_iter([("settings".to_owned(), settings.into())]),
    }
}

/// `settings.container-registry.mirrors`: a table for each registry, its endpoints asked in their order (settings
/// reference).
fn registries(boot: &Boot<'_>) -> Option<Value> {
    let registries = &boot.template.user_data.registries;
    let mirrors = registries.iter().map(|registry| {
        Value::Table(Table::from_iter([
            ("registry".to_owned(), registry.host.as_str().into()),
            ("endpoints".to_owned(), registry.mirrors.clone().into()),
        ]))
    });
    let mirrors: Vec<Value> = mirrors.collect();
    (!mirrors.is_empty()).then(|| Table::from_iter([("mirrors".to_owned(), mirrors.into())]).into())
}

/// What Bottlerocket's own pages have for the instance store ("Bootstrap Commands", "Configure ephemeral disks"):
/// `init` stripes the disks, `bind` lays the directories on them. Karpenter writes the same two commands, and says
/// that they need 1.22.0.
fn local_disks(boot: &Boot<'_>, problems: &mut Problems) -> Option<Value> {
    boot.template.user_data.local_disks?;
    if let AmiSource::EksOptimized(Release::Pinned(release)) = &boot.template.ami
        && older_than(release, (1, 22))
    {
        problems.spec(
            boot.path("localDisks"),
            format!(
                "Bottlerocket has the commands for this since 1.22.0, and the image is {release}"
            ),
            "pin a later release, or leave it out",
        );
    }
    let command = |words: &[&str]| Value::from(words.to_vec());
    let bind = [
        "apiclient",
        "ephemeral-storage",
        "bind",
        "--dirs",
        "/var/lib/containerd",
        "/var/lib/kubelet",
        "/var/log/pods",
    ];
    let commands = vec![
        command(&["apiclient", "ephemeral-storage", "init"]),
        command(&bind),
    ];
    let table = Table::from_iter([
        ("commands".to_owned(), commands.into()),
        ("essential".to_owned(), true.into()),
        ("mode".to_owned(), "always".into()),
    ]);
    // Commands run in the order of their names: before any of the user's.
    Some(Table::from_iter([("000-local-disks".to_owned(), table.into())]).into())
}

fn older_than(release: &str, (major, minor): (u32, u32)) -> bool {
    let mut numbers = release.split('.').map(|number| number.parse::<u32>().ok());
    let (first, second) = (numbers.next().flatten(), numbers.next().flatten());
    first
        .zip(second)
        .is_some_and(|found| found < (major, minor))
}

/// The user's own documents, in the order in which they are merged: `settings`, then the parts.
fn theirs(boot: &Boot<'_>, problems: &mut Problems) -> Vec<(String, Table)> {
    let mut documents = Vec::new();
    let user_data = &boot.template.user_data;
    match merge::toml_of(&user_data.settings) {
        Ok(settings) if settings.is_empty() => {}
        Ok(settings) => documents.push((
            "settings".to_owned(),
            Table::from_iter([("settings".to_owned(), settings.into())]),
        )),
        Err(paths) => {
            for path in paths {
                let message = "TOML has no word for this value";
                problems.spec(
                    below(&boot.path("settings"), &path),
                    message,
                    "write another, or leave it out",
                );
            }
        }
    }
    for (index, part) in user_data.parts.iter().enumerate() {
        let origin = format!("parts[{index}]");
        if part.content_type == TOML
            && let Some(document) = read(boot, &origin, &part.file, problems)
        {
            documents.push((origin, document));
        }
    }
    documents
}

/// A file of settings.
fn read(boot: &Boot<'_>, origin: &str, file: &File, problems: &mut Problems) -> Option<Table> {
    let path = boot.path(origin);
    if !check_bytes(&path, &file.content, problems) {
        return None;
    }
    let text = std::str::from_utf8(&file.content).ok();
    let document = text.and_then(|text| toml::from_str::<Table>(text).ok());
    match document {
        Some(document) if document.get("settings").is_some_and(Value::is_table) => Some(document),
        Some(_) => {
            problems.spec(
                path,
                format!("{} has no table `settings`", file.path),
                "Bottlerocket takes `[settings.…]`: write `[settings.kubernetes]` and not `[kubernetes]`",
            );
            None
        }
        // The parser's text can quote the file, which can hold secrets: it is not told.
        None => {
            problems.spec(
                path,
                format!("{} is no TOML", file.path),
                "write Bottlerocket's settings, such as `[settings.kubernetes]`; a table can stand there only once",
            );
            None
        }
    }
}

/// What another field of the spec says must not be said otherwise here: one of them would win in silence.
fn refuse_given(
    boot: &Boot<'_>,
    origin: &str,
    (given, theirs): (&Table, &Table),
    problems: &mut Problems,
) {
    let mut conflicts: Vec<KeyPath<'_>> = Vec::new();
    conflicts_of(given, theirs, &mut Vec::new(), &mut conflicts);
    for path in conflicts {
        problems.spec(
            owned::place(boot, origin, &path),
            format!(
                "its `{}` and another field of the spec say different things",
                path.join(".")
            ),
            "keep one of the two",
        );
    }
}

fn conflicts_of<'t>(
    given: &Table,
    theirs: &'t Table,
    at: &mut KeyPath<'t>,
    found: &mut Vec<KeyPath<'t>>,
) {
    for (key, value) in theirs {
        at.push(key);
        match (given.get(key), value) {
            (Some(Value::Table(given)), Value::Table(theirs)) => {
                conflicts_of(given, theirs, at, found)
            }
            (Some(given), theirs) if given != theirs => found.push(at.clone()),
            _ => {}
        }
        at.pop();
    }
}

/// What EKS would bring: the cluster. The DNS is worked out unless something says it.
fn bring_cluster(boot: &Boot<'_>, document: &mut Table, problems: &mut Problems) {
    let mut kubernetes = Table::new();
    for (key, ours) in owned::cluster(boot) {
        kubernetes.insert(key.to_owned(), ours.into());
    }
    let said = document
        .get("settings")
        .and_then(|one| one.get("kubernetes"));
    if said.and_then(|one| one.get("cluster-dns-ip")).is_none()
        && let Some(address) = dns_of_services(boot, problems)
    {
        kubernetes.insert("cluster-dns-ip".to_owned(), address.into());
    }
    let settings = Table::from_iter([("kubernetes".to_owned(), kubernetes.into())]);
    merge::toml(
        document,
        &Table::from_iter([("settings".to_owned(), settings.into())]),
    );
}

/// Key → its `value:Effect`, in the spec's order: one key can have several.
fn taints(boot: &Boot<'_>) -> Table {
    let mut table = Table::new();
    for taint in &boot.template.user_data.taints {
        let value = taint.value.as_deref().unwrap_or_default();
        let text = Value::String(format!("{value}:{}", effect_name(taint.effect)));
        let list = table
            .entry(taint.key.clone())
            .or_insert_with(|| Value::Array(Vec::new()));
        if let Value::Array(list) = list {
            list.push(text);
        }
    }
    table
}

/// The user's own whole document.
fn overridden(boot: &Boot<'_>, problems: &mut Problems) -> Option<RenderedPart> {
    let file = boot.template.user_data.override_bootstrap.as_ref()?;
    let before = problems.len();
    let document = read(boot, "overrideBootstrap", file, problems)?;
    owned::check_all(boot, "overrideBootstrap", &document, problems);
    (problems.len() == before).then(|| part("overrideBootstrap", file.content.clone()))
}

/// One document goes out, and the user has written it.
fn refuse_parts(boot: &Boot<'_>, problems: &mut Problems) {
    for index in 0..boot.template.user_data.parts.len() {
        problems.spec(
            boot.path(&format!("parts[{index}]")),
            "`overrideBootstrap` is the whole document",
            "write it into that file, or leave `overrideBootstrap` out",
        );
    }
}
