//! `set`: edits the spec in place. The result must load before anything is written, and it is written whole or
//! not at all.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write as _;
use std::path::Path;

use nodemint_core::spec::edit::{EditError, assign};
use nodemint_core::spec::fields::{Field, Of, field};
use nodemint_core::spec::{self, FamilyName, Loaded, SpecPath, Step};
use nodemint_core::translate::{MoveError, Told, to_al2023};

use super::Session;
use crate::args::{Global, SetArgs};
use crate::error::AppError;
use crate::project::{Project, folder, write_whole};
use crate::report::set::{Edited, show};

/// One `KEY=VALUE`.
struct Change {
    key: String,
    path: SpecPath,
    value: String,
}

/// What NAME stands for: indices in the spec.
struct Target {
    group: Option<usize>,
    template: Option<usize>,
}

pub fn run(session: &Session, args: &SetArgs) -> Result<(), AppError> {
    // An index of the spec is one of the file: `--region` would leave some out.
    let global = Global {
        region: None,
        ..session.global.clone()
    };
    let project = Project::open(&global)?;
    let target = target(&project, args)?;
    let changes: Vec<Change> = args
        .changes
        .iter()
        .map(|text| change(text))
        .collect::<Result<_, _>>()?;

    let mut draft = Draft {
        session,
        project: &project,
        text: project.text.clone(),
        files: BTreeMap::new(),
        told: Vec::new(),
        shared: BTreeSet::new(),
    };
    for change in &changes {
        draft.apply(args, &target, change)?;
    }
    // What is said about the image is settled where this very command names another.
    if changes.iter().any(|change| change.key.starts_with("ami.")) {
        draft.told.retain(|one| !one.at.ends_with("].ami"));
    }
    if draft.text == project.text {
        session
            .console
            .tell("Nothing to change: the spec says so already.");
        return Ok(());
    }
    if !finish(session, args, &project, &draft)? {
        return Ok(());
    }
    if changes.iter().any(asks_anew) {
        let console = session.console;
        console.tell("The lock answers an older question now: run `nodemint resolve`, then `nodemint validate`.");
    }
    Ok(())
}

/// Shows the draft, asks where somebody has to be asked, and writes it. False: it was only looked at.
fn finish(
    session: &Session,
    args: &SetArgs,
    project: &Project,
    draft: &Draft<'_>,
) -> Result<bool, AppError> {
    let loaded = draft.reload()?;
    let shared: Vec<String> = draft.shared.iter().cloned().collect();
    let edited = Edited {
        text: &draft.text,
        loaded: &loaded,
        files: &draft.files,
        told: &draft.told,
        shared: &shared,
        dry_run: args.dry_run,
    };
    show(session, project, &edited)?;
    if args.dry_run {
        return Ok(false);
    }
    if !shared.is_empty() {
        session.console.confirm("Change them all?", args.yes)?;
    }
    draft.write()?;
    Ok(true)
}

/// Whether a change asks for another image, so that the lock has none for it.
fn asks_anew(change: &Change) -> bool {
    const QUESTION: &[&str] = &["ami", "arch", "family", "kubernetesVersion", "variant"];
    let Some(Step::Key(first)) = change.path.steps().first() else {
        return false;
    };
    QUESTION.contains(&first.as_str()) && change.key != "ami.pinnedBy"
}

/// The spec as it is to become.
struct Draft<'a> {
    session: &'a Session,
    project: &'a Project,
    text: String,
    files: BTreeMap<String, String>,
    told: Vec<Told>,
    shared: BTreeSet<String>,
}

impl Draft<'_> {
    fn apply(&mut self, args: &SetArgs, target: &Target, change: &Change) -> Result<(), AppError> {
        let (of, index) = place(self.project, args, target, change)?;
        if target.group.is_some() && of == Of::LaunchTemplate {
            self.shared.extend(others(self.project, target, index));
        }
        if moves(self.project, of, index, change) {
            return self.translate(index);
        }
        let path = format!("{}[{index}].{}", of.list(), change.path);
        let edited = assign(&self.text, &path, &change.value);
        self.text = edited.map_err(|error| by_hand(self.project, error))?;
        Ok(())
    }

    fn translate(&mut self, index: usize) -> Result<(), AppError> {
        let root = folder(&self.project.spec_path);
        let taken = |path: &str| root.join(path).symlink_metadata().is_ok();
        // With what the changes before this one have made of it.
        let loaded = self.reload()?;
        let Some(template) = loaded.spec.launch_templates.get(index) else {
            return Err(AppError::Declined);
        };
        let moved = to_al2023(&self.text, template, index, &taken);
        let moved = moved.map_err(|error| match error {
            MoveError::Blocked(told) => blocked(self.project, index, &told),
            MoveError::Edit(error) => by_hand(self.project, error),
            other @ MoveError::NotText(_) => AppError::usage(other.to_string(), "save it as UTF-8"),
        })?;
        self.text = moved.text;
        self.files.extend(moved.files);
        self.told.extend(moved.left.into_iter().map(|one| Told {
            at: format!("launchTemplates[{index}].{}", one.at),
            ..one
        }));
        Ok(())
    }

    /// Reads the edited spec as if it were written already.
    fn reload(&self) -> Result<Loaded, AppError> {
        let mut read = |path: &str| match self.files.get(path) {
            Some(content) => Ok(content.clone().into_bytes()),
            None => self.project.read_named(path),
        };
        spec::load(&self.text, &mut read).map_err(|errors| {
            let said = "The change is not made: the spec would not be valid with it.";
            self.session.console.say(said);
            AppError::Spec {
                path: self.project.spec_path.clone(),
                text: self.text.clone(),
                problems: errors.problems,
            }
        })
    }

    /// The new files first, then the spec that names them. If the spec cannot be written, they go again.
    fn write(&self) -> Result<(), AppError> {
        let spec = &self.project.spec_path;
        let root = folder(spec);
        let mut made = Vec::new();
        let result = self
            .files
            .iter()
            .try_for_each(|(name, content)| {
                let path = root.join(name);
                create_new(&path, content)?;
                made.push(path);
                Ok(())
            })
            .and_then(|()| write_whole(spec, self.text.as_bytes()));
        if let Err(error) = result {
            for path in made {
                // The error that is told is the first one.
                let _ = fs::remove_file(path);
            }
            return Err(error);
        }
        self.session
            .console
            .tell(&format!("{} written.", spec.display()));
        Ok(())
    }
}

fn change(text: &str) -> Result<Change, AppError> {
    let pair = text.split_once('=').and_then(|(key, value)| {
        let path = SpecPath::parse(key).filter(|path| !path.steps().is_empty())?;
        Some(Change {
            key: key.to_owned(),
            path,
            value: value.to_owned(),
        })
    });
    pair.ok_or_else(|| {
        AppError::usage(
            "a change is KEY=VALUE",
            "such as instanceType=m5.2xlarge or userData.kubelet.maxPods=58; `KEY=` takes the key out",
        )
    })
}

fn target(project: &Project, args: &SetArgs) -> Result<Target, AppError> {
    let spec = project.spec();
    let groups = spec.node_groups.iter().filter(|group| {
        let cluster = args.cluster.as_ref();
        group.name == args.name && cluster.is_none_or(|name| *name == group.cluster)
    });
    let groups: Vec<_> = groups.collect();
    let mut templates = spec.launch_templates.iter();
    let template = templates.position(|template| template.name == args.name);
    if let [first, second, ..] = groups.as_slice() {
        return Err(AppError::usage(
            format!("several clusters have a node group `{}`", args.name),
            format!(
                "pass --cluster with one of {}, {}…",
                first.cluster, second.cluster
            ),
        ));
    }
    if groups.is_empty() && template.is_none() {
        let names = spec.launch_templates.iter().map(|template| &template.name);
        let names = names.chain(spec.node_groups.iter().map(|group| &group.name));
        let names: Vec<&str> = names.map(String::as_str).collect();
        return Err(AppError::usage(
            format!(
                "the spec has no launch template and no node group `{}`",
                args.name
            ),
            format!("it has {}", names.join(", ")),
        ));
    }
    Ok(Target {
        group: groups.first().map(|group| group.index),
        template,
    })
}

/// Where a key belongs: to the group, to the template of the name, or to the template of the group.
fn place(
    project: &Project,
    args: &SetArgs,
    target: &Target,
    change: &Change,
) -> Result<(Of, usize), AppError> {
    let of_group = target.group.map(|index| (Of::NodeGroup, index));
    let own = target.template.map(|index| (Of::LaunchTemplate, index));
    let through = target.group.and_then(|index| template_of(project, index));
    let candidates = [
        of_group,
        own.or(through.map(|index| (Of::LaunchTemplate, index))),
    ];
    let mut fitting = Vec::new();
    let mut refusals = Vec::new();
    for (of, index) in candidates.into_iter().flatten() {
        match field(of, &change.path) {
            Field::Scalar => fitting.push((of, index)),
            Field::Composite => refusals.push((0, refused(change, None))),
            Field::Unknown { key, hint } => {
                let rank = helpful(of, hint.as_deref());
                refusals.push((rank, refused(change, Some((key, hint)))));
            }
        }
    }
    // The most helpful of what can be said: a key that is nearly the one that was meant.
    refusals.sort_by_key(|(rank, _)| *rank);
    match fitting.as_slice() {
        [one] => Ok(*one),
        [group, _] if own.is_none() => Ok(*group),
        [] => Err(refusals
            .into_iter()
            .next()
            .map_or(AppError::Declined, |(_, refusal)| refusal)),
        _ => Err(AppError::usage(
            format!(
                "`{}` is a launch template and a node group, and both have `{}`",
                args.name, change.key
            ),
            "edit the one that you mean by hand",
        )),
    }
}

/// The lower, the sooner it is said: most keys are the template's.
fn helpful(of: Of, hint: Option<&str>) -> u8 {
    let near = hint.is_some_and(|hint| hint.starts_with("did you mean"));
    match (near, of) {
        (true, Of::LaunchTemplate) => 1,
        (true, Of::NodeGroup) => 2,
        (false, _) => 3,
    }
}

fn template_of(project: &Project, group: usize) -> Option<usize> {
    let spec = project.spec();
    let name = &spec.node_groups.get(group)?.launch_template;
    spec.launch_templates
        .iter()
        .position(|template| template.name == *name)
}

fn refused(change: &Change, unknown: Option<(String, Option<String>)>) -> AppError {
    let key = &change.key;
    match unknown {
        None => AppError::usage(
            format!("`{key}` is a mapping or a list: `set` changes single values"),
            format!("name one of its values, such as {key}.…=…, or edit the spec by hand"),
        ),
        Some((part, hint)) if part == *key => AppError::Usage(format!("unknown key `{key}`"), hint),
        Some((part, hint)) => AppError::Usage(format!("unknown key `{part}` in `{key}`"), hint),
    }
}

/// The node groups that a change of this template reaches besides the named one.
fn others(project: &Project, target: &Target, template: usize) -> Vec<String> {
    let spec = project.spec();
    let name = spec
        .launch_templates
        .get(template)
        .map(|template| template.name.as_str());
    let sharing = spec.node_groups.iter().filter(|group| {
        Some(group.launch_template.as_str()) == name && Some(group.index) != target.group
    });
    sharing
        .map(|group| format!("{}/{}", group.cluster, group.name))
        .collect()
}

fn moves(project: &Project, of: Of, index: usize, change: &Change) -> bool {
    let template = project.spec().launch_templates.get(index);
    of == Of::LaunchTemplate
        && change.key == "family"
        && change.value == "AL2023"
        && template.is_some_and(|template| template.family == FamilyName::AL2)
}

/// What keeps a template on AL2, at its place in the spec.
fn blocked(project: &Project, index: usize, told: &[Told]) -> AppError {
    let problems = told.iter().map(|one| {
        let place = match (&one.file, one.left.line) {
            (Some(file), Some(line)) => format!("{file}, line {line}: "),
            (Some(file), None) => format!("{file}: "),
            (None, _) => String::new(),
        };
        let message = format!("{place}{}: {}", one.left.what, one.left.why);
        let path = format!("launchTemplates[{index}].{}", one.at);
        let hint = Some(one.left.hint.clone()).filter(|hint| !hint.is_empty());
        project.loaded.places.problem(&path, message, hint)
    });
    project.spec_error(problems.collect())
}

fn by_hand(project: &Project, error: EditError) -> AppError {
    let spec = project.spec_path.display();
    AppError::usage(format!("{spec}: {error}"), "edit it by hand")
}

/// Never over a file that is there.
fn create_new(path: &Path, content: &str) -> Result<(), AppError> {
    fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(path)
        .and_then(|mut file| file.write_all(content.as_bytes()))
        .map_err(|error| AppError::file("write", path, error))
}
