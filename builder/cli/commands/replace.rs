//! `replace`: what EKS never changes in a node group is had by a new one beside it, then the old one's deletion.
//!
//! The spec is edited before AWS is: from then on it names the new group, so a run that was killed anywhere is
//! finished by the same command, or by `apply`, and no group is ever there that nothing names.

use std::collections::BTreeMap;

use nodemint_core::desired::Desired;
use nodemint_core::observed::Observed;
use nodemint_core::plan::{Adopt, Names, Plan, removal, replacement};
use nodemint_core::site::Site;
use nodemint_core::spec::{NodeGroup, edit};
use nodemint_engine::observe::observe;
use nodemint_engine::ports::ErrorKind;

use super::{Session, apply, offline, plan, running};
use crate::args::{ReplaceArgs, RunArgs};
use crate::error::AppError;
use crate::project::{Project, write_whole};
use crate::report::few;
use crate::surroundings::Surroundings;

pub async fn run(session: &Session, args: &ReplaceArgs) -> Result<(), AppError> {
    let project = Project::open(&session.global)?;
    let place = place(&project, args)?;
    match args.delete_old {
        false => first_step(session, &project, args, &place).await,
        true => second_step(session, &project, args, &place).await,
    }
}

/// Where the group is, and whether the spec has it under its new name already.
struct Place {
    cluster: String,
    site: Site,
    /// its index in `nodeGroups`
    index: usize,
    renamed: bool,
}

fn place(project: &Project, args: &ReplaceArgs) -> Result<Place, AppError> {
    let (old, new) = (&args.group, &args.new);
    if old == new {
        return Err(AppError::usage(
            format!("the new group cannot be called `{new}` too"),
            "choose another name with --as: both groups exist for a while",
        ));
    }
    if args.delete_old && !args.adopt.adopt.is_empty() {
        return Err(AppError::usage(
            "--adopt is for the first step: nothing is taken over to be deleted",
            "leave it out",
        ));
    }
    let spec = project.spec();
    let mut found: BTreeMap<&str, [Option<&NodeGroup>; 2]> = BTreeMap::new();
    let told = |group: &&NodeGroup| {
        args.cluster
            .as_ref()
            .is_none_or(|one| *one == group.cluster)
    };
    for group in spec.node_groups.iter().filter(told) {
        for (slot, name) in [old, new].into_iter().enumerate() {
            if group.name == *name {
                found.entry(&group.cluster).or_default()[slot] = Some(group);
            }
        }
    }
    let clusters: Vec<&str> = found.keys().copied().collect();
    let (cluster, groups) = match (found.into_iter().next(), clusters.len()) {
        (None, _) => return Err(unknown(project, args)),
        (Some(only), 1) => only,
        (Some(_), _) => {
            return Err(AppError::usage(
                format!("several clusters have a node group `{old}` or `{new}`"),
                format!("pass --cluster with one of {}", clusters.join(", ")),
            ));
        }
    };
    let (group, renamed) = match (groups, args.delete_old) {
        ([Some(_), Some(_)], _) => return Err(both(cluster, args)),
        ([Some(_), None], true) => return Err(not_yet(cluster, args)),
        ([Some(group), None], false) => (group, false),
        ([None, Some(group)], _) => (group, true),
        ([None, None], _) => return Err(unknown(project, args)),
    };
    Ok(Place {
        cluster: cluster.to_owned(),
        site: running::sites(spec).remove(cluster).unwrap_or_default(),
        index: group.index,
        renamed,
    })
}

fn unknown(project: &Project, args: &ReplaceArgs) -> AppError {
    let groups = project.spec().node_groups.iter();
    let names: Vec<String> = groups
        .map(|group| format!("{}/{}", group.cluster, group.name))
        .collect();
    let (old, new) = (&args.group, &args.new);
    AppError::usage(
        format!("the spec has no node group `{old}`, and none that is `{new}` already"),
        format!("it has {}", few(&names)),
    )
}

fn both(cluster: &str, args: &ReplaceArgs) -> AppError {
    let (old, new) = (&args.group, &args.new);
    AppError::usage(
        format!("the spec has both node groups, {cluster}/{old} and {cluster}/{new}"),
        format!(
            "choose a name that no group of the cluster has; to delete `{old}` for good, take it out of the spec first"
        ),
    )
}

fn not_yet(cluster: &str, args: &ReplaceArgs) -> AppError {
    let (old, new) = (&args.group, &args.new);
    AppError::usage(
        format!("the spec still names {cluster}/{old}: nothing has taken its place"),
        format!("`nodemint replace {old} --as {new} --cluster {cluster}` comes first"),
    )
}

/// What both steps work with.
struct Work<'a> {
    session: &'a Session,
    args: &'a ReplaceArgs,
    names: Names<'a>,
    desired: Desired,
}

impl<'a> Work<'a> {
    /// `project`: as it is once the spec names the new group.
    fn new(
        session: &'a Session,
        project: &Project,
        args: &'a ReplaceArgs,
        place: &'a Place,
    ) -> Result<Self, AppError> {
        Ok(Self {
            session,
            args,
            names: Names {
                cluster: &place.cluster,
                old: &args.group,
                new: &args.new,
            },
            desired: project.desired()?,
        })
    }

    async fn observe(&self, aws: &Surroundings) -> Result<Observed, AppError> {
        let scope = self.names.scope(&self.desired);
        Ok(observe(&scope, aws.clouds.as_ref()).await?)
    }

    /// Shows a plan and asks. False: it was only looked at.
    fn agreed(&self, plan: &Plan, question: Option<String>) -> Result<bool, AppError> {
        plan::show_first(self.session, plan, self.args.dry_run)?;
        plan::refuse_blocked(plan)?;
        if self.args.dry_run {
            return Ok(false);
        }
        if let Some(question) = question {
            let yes = self.args.run.yes;
            self.session.console.confirm(&question, yes)?;
        }
        Ok(true)
    }

    /// Carries out what was agreed to. Between the plan and a person's yes things may have moved.
    async fn carry_out(&self, plan: &Plan, aws: &Surroundings) -> Result<(), AppError> {
        let asked = RunArgs {
            yes: true,
            ..self.args.run.clone()
        };
        apply::carry_out(self.session, plan, &asked, !self.args.run.yes, aws).await
    }
}

async fn first_step(
    session: &Session,
    project: &Project,
    args: &ReplaceArgs,
    place: &Place,
) -> Result<(), AppError> {
    let renamed = match place.renamed {
        true => None,
        false => Some(rename(session, project, args, place)?),
    };
    let wanted = renamed.as_ref().unwrap_or(project);
    offline::warn(session, wanted);
    let work = Work::new(session, wanted, args, place)?;
    session
        .with_aws(async |aws| {
            let observed = work.observe(aws).await?;
            let context = plan::context(args.adopt.given(), aws);
            let plan = replacement(&work.desired, &work.names, &observed, &context);
            let (old, new) = (&args.group, &args.new);
            let asks = plan.has_changes() || renamed.is_some();
            let question = asks.then(|| format!("Call it {new} in the spec, and create it beside {old}?"));
            if !work.agreed(&plan, question)? {
                return Ok(());
            }
            if let Some(renamed) = &renamed {
                write_whole(&project.spec_path, renamed.text.as_bytes())?;
                let spec = project.spec_path.display();
                let index = place.index;
                session.console.tell(&format!(
                    "{spec} names the new group now: nodeGroups[{index}].name: {new}."
                ));
            }
            work.carry_out(&plan, aws).await?;
            if observed.group(&place.cluster, old).is_some() {
                let cluster = &place.cluster;
                session.console.tell(&format!(
                    "{cluster}/{old} still runs. Let its pods move, then: nodemint replace {old} --as {new} --cluster {cluster} --delete-old"
                ));
            }
            Ok(())
        })
        .await
}

/// The project with the group under its new name; nothing is written yet.
fn rename(
    session: &Session,
    project: &Project,
    args: &ReplaceArgs,
    place: &Place,
) -> Result<Project, AppError> {
    let path = format!("nodeGroups[{}].name", place.index);
    let text = edit::set_scalar(&project.text, &path, &args.new).map_err(|error| {
        AppError::usage(
            format!("{}: {error}", project.spec_path.display()),
            format!(
                "set {path}: {} by hand, and run the command again",
                args.new
            ),
        )
    })?;
    Project::with_text(&session.global, text).inspect_err(|_| {
        session
            .console
            .say("Nothing was changed: the spec would not be valid with the new name.");
    })
}

async fn second_step(
    session: &Session,
    project: &Project,
    args: &ReplaceArgs,
    place: &Place,
) -> Result<(), AppError> {
    let work = Work::new(session, project, args, place)?;
    session
        .with_aws(async |aws| {
            let observed = work.observe(aws).await?;
            let running = running_nodes(place, &args.new, &observed, aws).await?;
            let context = plan::context(Adopt::default(), aws);
            let plan = removal(&work.desired, &work.names, running, &observed, &context);
            let (cluster, old) = (&place.cluster, &args.group);
            if observed.group(cluster, old).is_none() {
                session.console.tell(&format!(
                    "{cluster}/{old} does not exist: there is nothing to delete."
                ));
            }
            let question = plan
                .has_changes()
                .then(|| format!("Delete node group {cluster}/{old} with its nodes?"));
            match work.agreed(&plan, question)? {
                true => work.carry_out(&plan, aws).await,
                false => Ok(()),
            }
        })
        .await
}

/// How many of a group's instances run; none: they may not be listed.
async fn running_nodes(
    place: &Place,
    name: &str,
    observed: &Observed,
    aws: &Surroundings,
) -> Result<Option<usize>, AppError> {
    if observed.group(&place.cluster, name).is_none() {
        return Ok(Some(0));
    }
    let cloud = aws.clouds.at(&place.site).await?;
    match cloud.group_instances(&place.cluster, name).await {
        Ok(nodes) => {
            let running = nodes.iter().filter(|node| node.state == "running");
            Ok(Some(running.count()))
        }
        Err(error) if error.kind == ErrorKind::AccessDenied => Ok(None),
        Err(error) => Err(error.into()),
    }
}
