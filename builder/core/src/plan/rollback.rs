//! Rollback: a plan that moves one group back to an older version of its launch template.

use super::fitness::{self, version_misfits};
use super::group::{OTHER_CLUSTER, few_addresses, health};
use super::resume::group_subject;
use super::standing::leads_to;
use super::surge::forecast;
use super::template::{no_way_back, other_cluster};
use super::{
    Await, Base, Context, Finding, FindingKind, GroupAction, GroupOutlook, Op, Plan, Purpose, Roll,
    SCHEMA, Scope, Step,
};
use crate::fit::Misfit;
use crate::launch_template::changes;
use crate::observed::{GroupTemplate, Observed, ObservedGroup, ObservedTemplate, ObservedVersion};
use crate::site::Site;
use crate::spec::UpdateSettings;

/// Where to roll back to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RollbackTo {
    Version(i64),
    /// The newest version below the group's own that is not for another cluster.
    Previous,
}

/// Why a rollback cannot even be planned.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum RollbackError {
    #[error("node group {cluster}/{group} does not exist")]
    NoGroup { cluster: String, group: String },
    #[error(
        "node group {cluster}/{group} has no launch template of yours, so there is no version to go back to"
    )]
    NoTemplate { cluster: String, group: String },
    #[error(
        "launch template `{template}` of node group {cluster}/{group} does not exist any more, so there is no version to go back to"
    )]
    TemplateGone {
        cluster: String,
        group: String,
        template: String,
    },
    #[error("launch template {template} has no version {version}; it has {existing}")]
    NoVersion {
        template: String,
        version: i64,
        existing: String,
    },
    #[error("launch template {template} has no version older than {version} for this cluster")]
    NothingOlder { template: String, version: i64 },
    #[error(
        "the group follows `{version}`, so which version is the one before it cannot be told; name it with --to"
    )]
    Floating { version: String },
}

/// Plans the way of a group to an older version. With [`Scope::every_version`], that version's image and
/// instance types are checked as well.
pub fn rollback(
    fleet: &str,
    (cluster, group): (&str, &str),
    to: RollbackTo,
    scope: &Scope,
    observed: &Observed,
    settings: &UpdateSettings,
    context: &Context,
) -> Result<Plan, RollbackError> {
    let named = || (cluster.to_owned(), group.to_owned());
    let have = observed.group(cluster, group).ok_or_else(|| {
        let (cluster, group) = named();
        RollbackError::NoGroup { cluster, group }
    })?;
    let site = scope.clusters.get(cluster).cloned().unwrap_or_default();
    let template = template_of(have, &site, observed).ok_or_else(|| no_template(have, named()))?;
    let target = target(have, template, to)?;
    let mut plan = Plan {
        schema: SCHEMA.to_owned(),
        nodemint: context.nodemint.clone(),
        purpose: Purpose::Rollback,
        fleet: fleet.to_owned(),
        accounts: observed.accounts.clone(),
        created: context.now,
        base: Base::new(scope, observed),
        launch_templates: Vec::new(),
        node_groups: Vec::new(),
        steps: Vec::new(),
        blockers: Vec::new(),
        warnings: Vec::new(),
    };
    plan_move(
        &Way {
            have,
            template,
            target,
            site: &site,
            settings,
        },
        observed,
        &mut plan,
    );
    Ok(plan)
}

fn no_template(have: &ObservedGroup, (cluster, group): (String, String)) -> RollbackError {
    match &have.launch_template {
        None => RollbackError::NoTemplate { cluster, group },
        Some(GroupTemplate { id, name, .. }) => RollbackError::TemplateGone {
            cluster,
            group,
            template: name.clone().or_else(|| id.clone()).unwrap_or_default(),
        },
    }
}

fn template_of<'a>(
    have: &ObservedGroup,
    site: &Site,
    observed: &'a Observed,
) -> Option<&'a ObservedTemplate> {
    let current = have.launch_template.as_ref()?;
    let templates = observed.templates.get(site)?;
    templates.values().find(|template| {
        current.id.as_deref() == Some(template.id.as_str())
            || (current.id.is_none() && current.name.as_deref() == Some(template.name.as_str()))
    })
}

fn target(
    have: &ObservedGroup,
    template: &ObservedTemplate,
    to: RollbackTo,
) -> Result<i64, RollbackError> {
    match to {
        RollbackTo::Version(version) if template.version(version).is_some() => Ok(version),
        RollbackTo::Version(version) => Err(RollbackError::NoVersion {
            template: template.name.clone(),
            version,
            existing: super::group::existing_versions(template),
        }),
        RollbackTo::Previous => {
            let current = have.launch_template.as_ref();
            let Some(number) = current.and_then(|template| template.number()) else {
                let version = current
                    .and_then(|template| template.version.clone())
                    .unwrap_or_default();
                return Err(RollbackError::Floating { version });
            };
            let older = template
                .versions
                .iter()
                .filter(|version| other_cluster(version, &have.cluster).is_none())
                .map(|version| version.number)
                .filter(|other| *other < number)
                .max();
            older.ok_or(RollbackError::NothingOlder {
                template: template.name.clone(),
                version: number,
            })
        }
    }
}

/// One group's way back.
struct Way<'a> {
    have: &'a ObservedGroup,
    template: &'a ObservedTemplate,
    target: i64,
    site: &'a Site,
    settings: &'a UpdateSettings,
}

fn plan_move(way: &Way<'_>, observed: &Observed, plan: &mut Plan) {
    let (have, target) = (way.have, way.target);
    let from = have
        .launch_template
        .as_ref()
        .and_then(|template| template.number());
    let subject = group_subject(&have.cluster, &have.name);
    let under_way = have
        .last_update
        .as_ref()
        .filter(|update| update.in_progress());
    let mut outlook = way.outlook(from);
    plan.warnings.extend(health(&subject, have));
    match (have.status.as_str(), under_way) {
        ("UPDATING", Some(update)) if leads_to(update, have, target, None) => {
            outlook.action = GroupAction::Attach;
            outlook.notes.push(format!(
                "update {} to version {target} is under way; this run follows it",
                update.id
            ));
            let (cluster, group) = (have.cluster.clone(), have.name.clone());
            let wait = Await {
                cluster,
                group,
                update: Some(update.id.clone()),
            };
            plan.steps.push(way.step("await", Op::AwaitNodeGroup(wait)));
        }
        ("ACTIVE" | "DEGRADED", _) if from == Some(target) => {
            outlook.action = GroupAction::Unchanged;
            outlook
                .notes
                .push(format!("it runs version {target} already"));
        }
        ("ACTIVE" | "DEGRADED", _) => way.roll(from, &subject, observed, &mut outlook, plan),
        (status, _) => {
            outlook.action = GroupAction::Blocked;
            plan.blockers.push(busy(subject, status));
        }
    }
    plan.node_groups.push(outlook);
}

impl Way<'_> {
    fn outlook(&self, from: Option<i64>) -> GroupOutlook {
        GroupOutlook {
            name: self.have.name.clone(),
            cluster: self.have.cluster.clone(),
            site: self.site.clone(),
            action: GroupAction::Roll,
            launch_template: self.template.name.clone(),
            from_version: from,
            to_version: Some(self.target),
            changes: Vec::new(),
            forecast: None,
            notes: Vec::new(),
        }
    }

    fn step(&self, verb: &str, op: Op) -> Step {
        let id = format!("{verb} node group {}/{}", self.have.cluster, self.have.name);
        Step {
            id,
            site: self.site.clone(),
            op,
        }
    }

    /// Why EKS would refuse the target, or its nodes would be lost to the group.
    fn refusal(&self, from: Option<i64>, custom: Option<bool>, subject: &str) -> Option<Finding> {
        let target = self.template.version(self.target)?;
        if let Some(message) = other_cluster(target, &self.have.cluster) {
            let finding = Finding::new(FindingKind::Preflight, subject, message);
            return Some(finding.hint(OTHER_CLUSTER));
        }
        if custom.is_some_and(|custom| target.data.image_id.is_some() != custom) {
            return Some(mode_switch(subject, self.target));
        }
        let named = target.data.instance_type.as_ref()?;
        let current = from.and_then(|from| self.template.version(from));
        let current = current.and_then(|version| version.data.instance_type.as_ref());
        // A type that the group shows because its launch template names it is not the group's own.
        let types = self.have.instance_types.iter();
        let own: Vec<String> = types
            .filter(|name| Some(*name) != current)
            .cloned()
            .collect();
        (!own.is_empty()).then(|| two_types(subject, self.target, named, &own))
    }

    /// A version whose image is gone starts no node any more, and a roll onto it would end in
    /// NodeCreationFailure after a quarter of an hour.
    fn misfits(&self, target: &ObservedVersion, observed: &Observed) -> Vec<Misfit> {
        let types = match &target.data.instance_type {
            Some(named) => vec![named.clone()],
            None => self.have.instance_types.clone(),
        };
        version_misfits(
            &target.data,
            &types,
            &self.have.subnets,
            self.site,
            observed,
        )
    }

    fn roll(
        &self,
        from: Option<i64>,
        subject: &str,
        observed: &Observed,
        outlook: &mut GroupOutlook,
        plan: &mut Plan,
    ) {
        let have = self.have;
        let target = self.template.version(self.target);
        let custom = have
            .ami_type
            .as_deref()
            .map(|ami_type| ami_type == "CUSTOM");
        if let Some(finding) = self.refusal(from, custom, subject) {
            plan.blockers.push(finding);
            outlook.action = GroupAction::Blocked;
            return;
        }
        if let Some(target) = target {
            let misfits = self.misfits(target, observed);
            fitness::tell(misfits, true, subject, None, plan);
        }
        let current = from.and_then(|from| self.template.version(from));
        if let (Some(old), Some(new)) = (current, target) {
            outlook.changes = changes(&old.data, &new.data);
        }
        outlook.notes.extend(no_way_back(self.template, from));
        // Without a release version, EKS takes the newest one: going back would move the nodes' image on.
        let release = have
            .release_version
            .clone()
            .filter(|_| custom == Some(false));
        if let Some(release) = &release {
            outlook.notes.push(format!(
                "the image stays at release {release}: this launch template names none"
            ));
        }
        let forecast = forecast(have, self.settings, self.site, observed);
        plan.warnings
            .extend(few_addresses(subject.to_owned(), &forecast));
        outlook.forecast = Some(forecast.clone());
        plan.steps.push(self.step(
            "roll",
            Op::UpdateNodeGroupVersion(Roll {
                cluster: have.cluster.clone(),
                group: have.name.clone(),
                version: super::template::known(self.template, self.target),
                from_version: from,
                kubernetes_version: None,
                release_version: release,
                force: self.settings.force,
                forecast,
            }),
        ));
    }
}

fn busy(subject: String, status: &str) -> Finding {
    match status {
        "CREATING" | "UPDATING" | "DELETING" => {
            let what = format!("the group is {status}, and EKS takes one change at a time");
            Finding::new(FindingKind::Conflict, subject, what).hint(
                "an update of a node group cannot be cancelled: wait until it ends, then roll back",
            )
        }
        status => {
            let what = format!("the group is {status}, and EKS takes no update in this state");
            Finding::new(FindingKind::Preflight, subject, what)
                .hint("delete the group, solve what EKS names, and apply again")
        }
    }
}

fn two_types(subject: &str, target: i64, named: &str, of_group: &[String]) -> Finding {
    let message = format!(
        "version {target} names the instance type {named}, and the group has types of its own ({}); EKS answers \"Cannot specify instance types in launch template and API Request\"",
        of_group.join(", ")
    );
    Finding::new(FindingKind::Preflight, subject, message)
        .hint("choose a version without an instance type, or make a new node group on that version")
}

fn mode_switch(subject: &str, target: i64) -> Finding {
    Finding::new(
        FindingKind::Preflight,
        subject,
        format!("version {target} and the group's own differ in whether they name an image, and EKS never lets a group cross that line"),
    )
    .hint("make a new node group on that version instead")
}
