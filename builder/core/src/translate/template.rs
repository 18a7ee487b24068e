//! A launch template of a spec from AL2 to AL2023, in the spec's own text.
//!
//! The user's files are never changed: what becomes of a script is a new file beside it, which the spec then
//! names.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Fate, Left, Settings, Translation, bootstrap_script, kubelet_flags, step};
use crate::render::SHELL;
use crate::spec::edit::{self, EditError};
use crate::spec::{AmiSource, File, LaunchTemplate, PinnedBy, Release, Script, Taint, UserData};

/// What a template has become, before it is looked at as a spec again.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Moved {
    /// The spec's text.
    pub text: String,
    /// New files, by their paths as the spec writes them.
    pub files: BTreeMap<String, String>,
    pub left: Vec<Told>,
}

/// Something that is left, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// A path in the spec: `userData.preBootstrap[0].run`, below the template.
    pub at: String,
    /// The file that its line is of; none: the text stands in the spec.
    pub file: Option<String>,
    pub left: Left,
}

/// Why a template cannot be moved.
#[derive(Debug, thiserror::Error)]
pub enum MoveError {
    /// What is told with [`Fate::Blocks`].
    #[error("the template cannot become AL2023 yet")]
    Blocked(Vec<Told>),
    #[error("{0} is not text in UTF-8")]
    NotText(String),
    #[error(transparent)]
    Edit(#[from] EditError),
}

/// Moves the template at `index` of `launchTemplates`. `taken` says whether there is a file of that path.
///
/// # Errors
/// A script joins the node in a way that is told at boot alone, or the spec cannot be edited in place.
pub fn to_al2023(
    text: &str,
    template: &LaunchTemplate,
    index: usize,
    taken: &dyn Fn(&str) -> bool,
) -> Result<Moved, MoveError> {
    let mut mover = Mover {
        at: format!("launchTemplates[{index}]"),
        moved: Moved {
            text: text.to_owned(),
            ..Moved::default()
        },
        settings: Settings::default(),
        taken,
    };
    mover.image(template);
    mover.steps(template)?;
    mover.parts(template)?;
    mover.bootstrap(template)?;
    mover.own_flags(template)?;
    mover.settle(template)?;
    mover.edit("family", |text, path| {
        edit::set_scalar(text, path, "AL2023")
    })?;
    let blocking = |told: &Told| told.left.fate == Fate::Blocks;
    if mover.moved.left.iter().any(blocking) {
        mover.moved.left.retain(blocking);
        return Err(MoveError::Blocked(mover.moved.left));
    }
    Ok(mover.moved)
}

struct Mover<'a> {
    at: String,
    moved: Moved,
    /// What all scripts together set.
    settings: Settings,
    taken: &'a dyn Fn(&str) -> bool,
}

impl Mover<'_> {
    fn edit(
        &mut self,
        path: &str,
        change: impl Fn(&str, &str) -> Result<String, EditError>,
    ) -> Result<(), EditError> {
        self.moved.text = change(&self.moved.text, &format!("{}.{path}", self.at))?;
        Ok(())
    }

    fn tell(&mut self, at: &str, file: Option<&str>, left: Vec<Left>) {
        self.moved.left.extend(left.into_iter().map(|left| Told {
            at: at.to_owned(),
            file: file.map(str::to_owned),
            left,
        }));
    }

    fn note(&mut self, at: &str, fate: Fate, what: &str, why: &str, hint: &str) {
        let left = Left {
            what: what.to_owned(),
            line: None,
            fate,
            why: why.to_owned(),
            hint: hint.to_owned(),
        };
        self.tell(at, None, vec![left]);
    }

    /// What the template says about its image, which was one of AL2.
    fn image(&mut self, template: &LaunchTemplate) {
        let (why, hint) = match &template.ami {
            AmiSource::EksOptimized(Release::Latest) => ("", ""),
            AmiSource::EksOptimized(Release::Pinned(_)) => (
                "it is a release of AL2, which AL2023 need not have",
                "set ami.eksOptimized to latest or to a release of AL2023; `nodemint resolve` names the nearest",
            ),
            _ => (
                "it is an image of your own, made from AL2",
                "name one that is made from AL2023",
            ),
        };
        if !why.is_empty() {
            self.note("ami", Fate::ByHand, "ami", why, hint);
        }
        if template.pinned_by == PinnedBy::ReleaseVersion {
            let why = "EKS never changes the AMI type of a node group";
            let hint = "give the groups of this template new names: EKS makes new ones, and the old ones can go";
            self.note("ami.pinnedBy", Fate::ByHand, "node groups", why, hint);
        }
    }

    fn steps(&mut self, template: &LaunchTemplate) -> Result<(), MoveError> {
        // From the last, so that the indices of those before it hold when one goes.
        let steps = &template.user_data.pre_bootstrap;
        let mut told = Vec::new();
        for (index, script) in steps.iter().enumerate().rev() {
            let at = format!("userData.preBootstrap[{index}]");
            match script {
                Script::Run(text) => {
                    let made = step(text);
                    told.push((format!("{at}.run"), None, made.left.clone()));
                    self.run(&at, text, &made)?;
                    self.earlier(made.settings);
                }
                Script::File(file) => {
                    let made = step(text_of(file)?);
                    told.push((format!("{at}.file"), Some(&file.path), made.left.clone()));
                    self.file(&at, file, &made)?;
                    self.earlier(made.settings);
                }
            }
        }
        for (at, file, left) in told.into_iter().rev() {
            self.tell(&at, file.map(String::as_str), left);
        }
        Ok(())
    }

    /// Takes settings of a script that runs before those already seen.
    fn earlier(&mut self, mut settings: Settings) {
        settings.merge(std::mem::take(&mut self.settings));
        self.settings = settings;
    }

    fn run(&mut self, at: &str, text: &str, made: &Translation) -> Result<(), EditError> {
        match &made.kept {
            _ if !made.changed => Ok(()),
            None => self.edit(at, edit::unset),
            Some(kept) => {
                let ends = text.ends_with('\n');
                let kept = if ends { kept.as_str() } else { kept.trim_end() };
                self.edit(&format!("{at}.run"), |text, path| {
                    edit::set_value(text, path, &Value::from(kept))
                })
            }
        }
    }

    fn file(&mut self, at: &str, file: &File, made: &Translation) -> Result<(), EditError> {
        match &made.kept {
            _ if !made.changed => Ok(()),
            None => self.edit(at, edit::unset),
            Some(kept) => {
                let name = self.write_beside(&file.path, kept);
                self.edit(&format!("{at}.file"), |text, path| {
                    edit::set_scalar(text, path, &name)
                })
            }
        }
    }

    /// A new file: `join.sh` becomes `join.al2023.sh`, or the next name that is free.
    fn write_beside(&mut self, path: &str, content: &str) -> String {
        let (folder, name) = path
            .rsplit_once('/')
            .map_or(("", path), |(folder, name)| (folder, name));
        let (stem, ending) = match name.rsplit_once('.') {
            Some((stem, ending)) if !stem.is_empty() => (stem, format!(".{ending}")),
            _ => (name, String::new()),
        };
        let slash = if folder.is_empty() { "" } else { "/" };
        let names = (1..).map(|number: u32| {
            let number = if number == 1 {
                String::new()
            } else {
                format!("-{number}")
            };
            format!("{folder}{slash}{stem}.al2023{number}{ending}")
        });
        // The same script named twice becomes the same file.
        let mut free = names.filter(|name| {
            let ours = self.moved.files.get(name);
            ours.map_or(!(self.taken)(name), |known| known == content)
        });
        let name = free.next().unwrap_or_default();
        self.moved.files.insert(name.clone(), content.to_owned());
        name
    }

    fn parts(&mut self, template: &LaunchTemplate) -> Result<(), MoveError> {
        for (index, part) in template.user_data.parts.iter().enumerate().rev() {
            let at = format!("userData.parts[{index}]");
            if part.content_type.starts_with(SHELL) {
                let made = step(text_of(&part.file)?);
                self.tell(&at, Some(&part.file.path), made.left.clone());
                self.file(&at, &part.file, &made)?;
                self.settings.merge(made.settings);
            } else {
                let why = "parts of this type are not looked into";
                let hint = "look for packages, paths and services that AL2 alone has";
                self.note(
                    &at,
                    Fate::ByHand,
                    &format!("a part of type {}", part.content_type),
                    why,
                    hint,
                );
            }
        }
        Ok(())
    }

    /// `overrideBootstrap`: its arguments become settings, the rest of it a script that runs where it ran.
    fn bootstrap(&mut self, template: &LaunchTemplate) -> Result<(), MoveError> {
        let Some(file) = &template.user_data.override_bootstrap else {
            return Ok(());
        };
        let made = bootstrap_script(text_of(file)?);
        let at = "userData.overrideBootstrap";
        self.tell(at, Some(&file.path), made.left.clone());
        self.settings.merge(made.settings);
        if !made.changed {
            return Ok(());
        }
        self.edit(at, edit::unset)?;
        if let Some(kept) = made.kept {
            let name = self.write_beside(&file.path, &kept);
            let (list, item) = match template.user_data.parts.is_empty() {
                true => ("userData.preBootstrap", json!({"file": name})),
                // Parts run after the preBootstrap steps, and this ran after the parts.
                false => (
                    "userData.parts",
                    json!({"contentType": SHELL, "file": name}),
                ),
            };
            self.edit(list, |text, path| edit::append(text, path, &item))?;
        }
        Ok(())
    }

    /// `kubelet.extraArgs`, of which many are fields on AL2023.
    fn own_flags(&mut self, template: &LaunchTemplate) -> Result<(), MoveError> {
        let at = "userData.kubelet.extraArgs";
        let mut own = Settings::default();
        for (name, value) in &template.user_data.kubelet.extra_args {
            let made = kubelet_flags(&[(name.as_str(), value.as_str())]);
            let stays = made.settings.extra_args.contains_key(name);
            // What could not be read stays where it is: the kubelet still takes it.
            let lost =
                made.settings.is_empty() && made.left.iter().any(|left| left.fate == Fate::ByHand);
            self.tell(&format!("{at}.{name}"), None, made.left);
            if !stays && !lost {
                self.edit(&format!("{at}.{name}"), edit::unset)?;
                own.merge(made.settings);
            }
        }
        // A flag of the spec wins over what a script wrote into a file, as it did on AL2.
        self.settings.merge(own);
        Ok(())
    }

    /// Writes the settings into the spec; what it says already stays.
    fn settle(&mut self, template: &LaunchTemplate) -> Result<(), MoveError> {
        let settings = std::mem::take(&mut self.settings);
        let user_data = &template.user_data;
        for (path, value, there) in fields(&settings, user_data) {
            let path = format!("userData.{path}");
            if there {
                self.stays(&path);
            } else {
                self.edit(&path, |text, at| edit::set_value(text, at, &value))?;
            }
        }
        for taint in &settings.taints {
            let same = |other: &Taint| other.key == taint.key && other.effect == taint.effect;
            let item = match &taint.value {
                Some(value) => json!({"key": taint.key, "value": value, "effect": taint.effect}),
                None => json!({"key": taint.key, "effect": taint.effect}),
            };
            self.add("userData.taints", &item, user_data.taints.iter().any(same))?;
        }
        for registry in &settings.registries {
            let mut hosts = user_data.registries.iter().map(|one| &one.host);
            let item = json!({"host": registry.host, "mirrors": registry.mirrors});
            let there = hosts.any(|host| *host == registry.host);
            self.add("userData.registries", &item, there)?;
        }
        Ok(())
    }

    fn add(&mut self, list: &str, item: &Value, there: bool) -> Result<(), EditError> {
        if there {
            self.stays(list);
            return Ok(());
        }
        self.edit(list, |text, at| edit::append(text, at, item))
    }

    fn stays(&mut self, path: &str) {
        let why = "a script sets it too; what the spec says stays, as the kubelet's flags won over the scripts on AL2";
        self.note(path, Fate::Differs, path, why, "");
    }
}

/// The settings that are single values or whole lists: path below `userData`, value, and whether the spec says
/// something there already.
fn fields(settings: &Settings, user_data: &UserData) -> Vec<(String, Value, bool)> {
    let kubelet = &user_data.kubelet;
    let mut fields = Vec::new();
    if let Some(count) = settings.max_pods {
        fields.push((
            "kubelet.maxPods".to_owned(),
            json!(count),
            kubelet.max_pods.is_some(),
        ));
    }
    for (name, value) in &settings.extra_args {
        let there = kubelet.extra_args.contains_key(name);
        fields.push((format!("kubelet.extraArgs.{name}"), json!(value), there));
    }
    for (key, value) in &settings.config {
        let there = kubelet.config.contains_key(key);
        leaves(
            &format!("kubelet.config{}", step_of(key)),
            value,
            &mut |path, value| {
                fields.push((path.to_owned(), value.clone(), there));
            },
        );
    }
    for (key, value) in &settings.node_labels {
        let there = user_data.node_labels.contains_key(key);
        fields.push((format!("nodeLabels{}", step_of(key)), json!(value), there));
    }
    if !settings.cluster_dns.is_empty() {
        let there = !user_data.cluster_dns.is_empty();
        fields.push(("clusterDns".to_owned(), json!(settings.cluster_dns), there));
    }
    if let Some(disks) = settings.local_disks {
        fields.push((
            "localDisks".to_owned(),
            json!(disks),
            user_data.local_disks.is_some(),
        ));
    }
    fields
}

/// Every value below a mapping that is none itself, by its path.
fn leaves(path: &str, value: &Value, found: &mut dyn FnMut(&str, &Value)) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                leaves(&format!("{path}{}", step_of(key)), value, found);
            }
        }
        other => found(path, other),
    }
}

/// A key as a step of a path.
fn step_of(key: &str) -> String {
    format!("[{}]", Value::from(key))
}

fn text_of(file: &File) -> Result<&str, MoveError> {
    std::str::from_utf8(&file.content).map_err(|_| MoveError::NotText(file.path.clone()))
}
