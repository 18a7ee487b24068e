//! Whose the things are that a plan changes.
//!
//! What nodemint makes carries [`OWNER_TAG`] with its fleet's name. A step that would change anything else is
//! refused, unless the person who plans takes the thing over: then the plan begins by tagging it, and from then
//! on it is the fleet's.

use std::collections::{BTreeMap, BTreeSet};

use super::resume::{group_subject, template_subject};
use super::{
    Finding, FindingKind, GroupAction, Home, OWNER_TAG, Op, Plan, Step, TagChange,
    TemplateTagChange,
};
use crate::launch_template::FieldChange;
use crate::observed::Observed;
use crate::site::Site;

/// The fact of a plan's base that says whose a thing was.
pub(super) const OWNER: &str = "owner";

/// How many things one sentence names.
const NAMED: usize = 3;

/// What a plan may take over. Nothing by itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Adopt {
    /// Everything in the plan that belongs to nobody.
    pub unowned: bool,
    /// Everything in the plan that belongs to these fleets.
    pub fleets: BTreeSet<String>,
    /// Launch templates and node groups (`mng-1` or `cluster/mng-1`), whoever they belong to.
    pub names: BTreeSet<String>,
}

impl Adopt {
    /// From words as the command line has them: an empty one, `fleet:NAME`, or the name of a thing.
    pub fn of<'w>(words: impl IntoIterator<Item = &'w str>) -> Self {
        let mut adopt = Self::default();
        for word in words {
            if let Some(fleet) = word.strip_prefix("fleet:") {
                adopt.fleets.insert(fleet.to_owned());
            } else if word.is_empty() {
                adopt.unowned = true;
            } else {
                adopt.names.insert(word.to_owned());
            }
        }
        adopt
    }

    fn takes(&self, thing: &Thing) -> bool {
        let by_owner = match &thing.owner {
            None => self.unowned,
            Some(fleet) => self.fleets.contains(fleet),
        };
        by_owner || thing.names.iter().any(|name| self.names.contains(name))
    }
}

/// A launch template or node group that exists, and is in the plan.
struct Thing {
    subject: String,
    /// As `--adopt=NAME` may call it.
    names: Vec<String>,
    /// The fleet in its tag.
    owner: Option<String>,
    /// Whether a step changes it.
    touched: bool,
    /// The step that makes it the fleet's.
    adoption: Step,
}

/// Refuses steps on what is not the fleet's, and puts the tagging of what is taken over before all others.
pub(super) fn settle(plan: &mut Plan, observed: &Observed, adopt: &Adopt) {
    let mut things = templates(plan, observed);
    things.extend(groups(plan, observed));
    unknown_names(adopt, &things, plan);
    let (mut adoptions, mut idle) = (Vec::new(), BTreeMap::<Option<String>, Vec<String>>::new());
    for thing in things {
        if thing.owner.as_ref() == Some(&plan.fleet) {
            continue;
        }
        if adopt.takes(&thing) {
            show(&thing, plan);
            adoptions.push(thing.adoption);
        } else if thing.touched {
            plan.blockers.push(refusal(&thing, &plan.fleet));
        } else {
            idle.entry(thing.owner).or_default().push(thing.subject);
        }
    }
    let told = idle.iter().map(|(owner, things)| untouched(owner, things));
    plan.warnings.extend(told);
    plan.steps.splice(0..0, adoptions);
}

fn tag(fleet: &str) -> BTreeMap<String, String> {
    BTreeMap::from([(OWNER_TAG.to_owned(), fleet.to_owned())])
}

fn templates(plan: &Plan, observed: &Observed) -> Vec<Thing> {
    let home = |site: &Site| Home::of(&plan.accounts, site);
    let mut seen = BTreeSet::new();
    let mut things = Vec::new();
    for outlook in &plan.launch_templates {
        let (site, name) = (&outlook.site, &outlook.name);
        let Some(template) = observed.template(site, name) else {
            continue;
        };
        // Two roles of one account reach the same template.
        if !seen.insert((home(site), name.clone())) {
            continue;
        }
        let mints = |step: &Step| matches!(&step.op, Op::CreateLaunchTemplateVersion(new) if new.name == *name);
        let subject = template_subject(site, name);
        things.push(Thing {
            names: vec![name.clone()],
            owner: template.tags.get(OWNER_TAG).cloned(),
            touched: plan
                .steps
                .iter()
                .any(|step| mints(step) && home(&step.site) == home(site)),
            adoption: Step {
                id: format!("adopt {subject}"),
                site: site.clone(),
                op: Op::TagLaunchTemplate(TemplateTagChange {
                    name: name.clone(),
                    template_id: template.id.clone(),
                    set: tag(&plan.fleet),
                }),
            },
            subject,
        });
    }
    things
}

fn groups(plan: &Plan, observed: &Observed) -> Vec<Thing> {
    let mut things = Vec::new();
    for outlook in &plan.node_groups {
        let (cluster, name) = (outlook.cluster.as_str(), outlook.name.as_str());
        let Some(group) = observed.group(cluster, name) else {
            continue;
        };
        // To wait for what somebody else began changes nothing.
        let changes = |op: &Op| !matches!(op, Op::AwaitNodeGroup(_) | Op::CreateNodeGroup(_));
        let steps = plan.steps.iter().map(|step| &step.op);
        let subject = group_subject(cluster, name);
        things.push(Thing {
            names: vec![name.to_owned(), format!("{cluster}/{name}")],
            owner: group.tags.get(OWNER_TAG).cloned(),
            touched: steps
                .filter(|op| op.group() == Some((cluster, name)))
                .any(changes),
            adoption: Step {
                id: format!("adopt {subject}"),
                site: outlook.site.clone(),
                op: Op::TagNodeGroup(TagChange {
                    cluster: cluster.to_owned(),
                    group: name.to_owned(),
                    arn: group.arn.clone(),
                    set: tag(&plan.fleet),
                }),
            },
            subject,
        });
    }
    things
}

/// The adoption, where people look for what happens to the thing.
fn show(thing: &Thing, plan: &mut Plan) {
    let change = FieldChange::new(
        format!("tags.{OWNER_TAG}"),
        thing.owner.clone(),
        Some(plan.fleet.clone()),
    );
    match &thing.adoption.op {
        Op::TagLaunchTemplate(tagged) => {
            let (site, home) = (&thing.adoption.site, &plan.accounts);
            let same = |other: &Site| Home::of(home, other) == Home::of(home, site);
            let mut outlooks = plan.launch_templates.iter_mut();
            if let Some(outlook) =
                outlooks.find(|outlook| outlook.name == tagged.name && same(&outlook.site))
            {
                outlook.adopted = Some(change);
            }
        }
        op => {
            let mut outlooks = plan.node_groups.iter_mut();
            let of = |cluster: &str, name: &str| op.group() == Some((cluster, name));
            if let Some(outlook) =
                outlooks.find(|outlook| of(outlook.cluster.as_str(), outlook.name.as_str()))
            {
                if outlook.action == GroupAction::Unchanged {
                    outlook.action = GroupAction::Configure;
                }
                outlook.adopted = Some(change);
            }
        }
    }
}

fn refusal(thing: &Thing, fleet: &str) -> Finding {
    let (message, hint) = match &thing.owner {
        None => (
            format!(
                "it is nobody's: it has no tag {OWNER_TAG}, and the fleet `{fleet}` changes only what is its own"
            ),
            "if it is to be this fleet's from now on, pass `--adopt`: the plan then tags it first"
                .to_owned(),
        ),
        Some(owner) => (
            format!(
                "it belongs to the fleet `{owner}` (tag {OWNER_TAG}), and two fleets undo each other's changes"
            ),
            format!(
                "keep it in one spec; to take it over, pass `--adopt={}` or `--adopt=fleet:{owner}`",
                thing.names.last().map_or("NAME", String::as_str)
            ),
        ),
    };
    Finding::new(FindingKind::Preflight, thing.subject.clone(), message).hint(hint)
}

/// What is not the fleet's, and is left alone.
fn untouched(owner: &Option<String>, things: &[String]) -> Finding {
    let named: Vec<&str> = things.iter().take(NAMED).map(String::as_str).collect();
    let more = match things.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let (whose, how) = match owner {
        None => ("nobody's".to_owned(), "`--adopt`".to_owned()),
        Some(fleet) => (
            format!("the fleet `{fleet}`'s"),
            format!("`--adopt=fleet:{fleet}`"),
        ),
    };
    let message = format!(
        "{whose}, by the tag {OWNER_TAG}: {}{more}; this plan changes nothing of it",
        named.join(", ")
    );
    Finding::new(FindingKind::Warning, "ownership", message)
        .hint(format!("a change needs {how}, which takes it over"))
}

/// A name that nothing has is a slip of the keyboard.
fn unknown_names(adopt: &Adopt, things: &[Thing], plan: &mut Plan) {
    let known = |name: &String| things.iter().any(|thing| thing.names.contains(name));
    let unknown = adopt.names.iter().filter(|name| !known(name));
    plan.warnings.extend(unknown.map(|name| {
        let message = format!("`--adopt={name}` takes nothing over: nothing that this plan is about and that exists has this name");
        Finding::new(FindingKind::Warning, "ownership", message)
            .hint("name a launch template, or a node group as `mng-1` or `cluster/mng-1`")
    }));
}
