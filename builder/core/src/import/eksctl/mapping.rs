//! One group on its way into the spec: what it becomes, and the report of its fields.

use std::collections::BTreeMap;

use super::draft::{
    Comments, Image, InstanceName, Metadata, NodeGroup, Scaling, Template, UserData,
};
use super::fields::How;
use super::read::Group;
use super::top_level::Config;
use crate::import::{Entry, Fate, Options};
use crate::spec::tree::Kind;
use crate::spec::{Arch, CapacityType, FamilyName, PinnedBy, SpecPath, Variant};

/// A place in the spec that a field goes to. Which launch template it is, is known at the end.
#[derive(Clone)]
pub(super) enum To {
    Template(String),
    Group(String),
}

pub(super) fn template(path: &str) -> To {
    To::Template(path.to_owned())
}

pub(super) fn node_group(path: &str) -> To {
    To::Group(path.to_owned())
}

/// A fate whose paths are not complete yet.
pub(super) enum Draft {
    Mapped { to: Vec<To>, note: Option<String> },
    Final(Fate),
}

pub(super) struct Mapping<'a> {
    pub group: &'a Group<'a>,
    pub config: &'a Config<'a>,
    pub options: &'a Options,
    pub template: Template,
    pub node_group: NodeGroup,
    pub template_comments: Comments,
    pub group_comments: Comments,
    /// Whether the group ran Amazon Linux 2, and does so no more.
    pub from_al2: bool,
    fates: BTreeMap<String, Draft>,
    /// What else is told of a field, or of a part of it.
    more: Vec<(String, usize, Fate)>,
    /// To-dos that no field asks for.
    open: Vec<String>,
}

/// What a group becomes.
pub(super) struct Mapped {
    pub template: Template,
    pub node_group: NodeGroup,
    pub template_comments: Comments,
    pub group_comments: Comments,
    pub entries: Vec<(String, usize, Draft)>,
    /// Where the group stands in the file.
    pub at: SpecPath,
    pub line: usize,
}

pub(super) fn map(group: &Group<'_>, config: &Config<'_>, options: &Options) -> Mapped {
    let mut mapping = Mapping {
        group,
        config,
        options,
        template: empty_template(),
        node_group: empty_group(),
        template_comments: Comments::new(),
        group_comments: Comments::new(),
        from_al2: false,
        fates: BTreeMap::new(),
        more: Vec::new(),
        open: Vec::new(),
    };
    mapping.name();
    mapping.image();
    mapping.machine();
    mapping.scaling();
    mapping.network();
    mapping.access();
    mapping.volumes();
    mapping.bootstrap();
    mapping.steps();
    mapping.kubernetes();
    mapping.tags();
    mapping.finish()
}

fn empty_template() -> Template {
    Template {
        family: FamilyName::AL2023,
        arch: Arch::X86_64,
        variant: Variant::Standard,
        image: Image::Latest,
        pinned_by: PinnedBy::LaunchTemplate,
        instance_type: None,
        key_name: None,
        security_group_ids: Vec::new(),
        block_devices: Vec::new(),
        metadata: Metadata {
            tokens_required: true,
            hop_limit: 2,
        },
        instance_name: InstanceName::Own { prefix: None },
        tags: BTreeMap::new(),
        data: BTreeMap::new(),
        user_data: UserData::default(),
        existing: None,
    }
}

fn empty_group() -> NodeGroup {
    NodeGroup {
        name: String::new(),
        node_role: None,
        subnets: Vec::new(),
        instance_types: Vec::new(),
        capacity_type: CapacityType::OnDemand,
        scaling: Scaling {
            min: 0,
            max: 1,
            desired: 0,
        },
        release_version: None,
        labels: BTreeMap::new(),
        taints: Vec::new(),
        tags: BTreeMap::new(),
        max_unavailable: None,
    }
}

impl Mapping<'_> {
    /// Tells where a field went. A field that is not there is no matter.
    pub fn mapped(&mut self, field: &str, to: impl IntoIterator<Item = To>) {
        self.set(field, to.into_iter().collect(), None);
    }

    pub fn noted(
        &mut self,
        field: &str,
        to: impl IntoIterator<Item = To>,
        note: impl Into<String>,
    ) {
        self.set(field, to.into_iter().collect(), Some(note.into()));
    }

    fn set(&mut self, field: &str, to: Vec<To>, note: Option<String>) {
        self.put(field, Draft::Mapped { to, note });
    }

    pub fn left_out(&mut self, field: &str, reason: impl Into<String>) {
        let reason = reason.into();
        self.put(field, Draft::Final(Fate::LeftOut { reason }));
    }

    /// Leaves a field to a person, with a comment at the key of the launch template that it is about.
    pub fn by_hand_template(&mut self, field: &str, key: &'static str, what: impl Into<String>) {
        let what = what.into();
        comment(&mut self.template_comments, key, &what);
        self.by_hand(field, what);
    }

    /// The same at a key of the node group.
    pub fn by_hand_group(&mut self, field: &str, key: &'static str, what: impl Into<String>) {
        let what = what.into();
        comment(&mut self.group_comments, key, &what);
        self.by_hand(field, what);
    }

    /// Leaves a field to a person; one that is not there stands for the whole group.
    pub fn by_hand(&mut self, field: &str, what: impl Into<String>) {
        let what = what.into();
        match self.group.has(field) {
            true => self.put(field, Draft::Final(Fate::ToDo { what })),
            false => self.open.push(what),
        }
    }

    /// A field can go somewhere and still have something to be done; two things to do are both told.
    fn put(&mut self, field: &str, fate: Draft) {
        if !self.group.has(field) {
            return;
        }
        let before = self.fates.remove(field);
        let fate = match (before, fate) {
            (
                Some(Draft::Final(Fate::ToDo { what: first })),
                Draft::Final(Fate::ToDo { what: second }),
            ) if first != second => Draft::Final(Fate::ToDo {
                what: format!("{first}; {second}"),
            }),
            (Some(Draft::Final(todo @ Fate::ToDo { .. })), _) => Draft::Final(todo),
            (_, fate) => fate,
        };
        self.fates.insert(field.to_owned(), fate);
    }

    /// Something more about a field, or about the item of it at `index`.
    pub fn also(&mut self, field: &str, index: Option<usize>, fate: Fate) {
        let Some(found) = self.group.fields.get(field) else {
            return;
        };
        let (at, line) = match (index, &found.node.kind) {
            (Some(index), Kind::Seq { items }) => {
                let line = items.get(index).map_or(found.line, |item| item.spot.line);
                (found.at.index(index), line)
            }
            _ => (found.at.clone(), found.line),
        };
        self.more.push((at.to_string(), line, fate));
    }

    /// A comment in the spec, shorter than what the report says.
    pub fn comment_template(&mut self, key: &'static str, what: &str) {
        comment(&mut self.template_comments, key, what);
    }

    pub fn comment_group(&mut self, key: &'static str, what: &str) {
        comment(&mut self.group_comments, key, what);
    }

    /// What was not told of yet is as the table says.
    fn finish(mut self) -> Mapped {
        for (path, found) in &self.group.fields {
            let fate = match found.field.how {
                How::LeftOut(reason) => Fate::LeftOut {
                    reason: reason.to_owned(),
                },
                How::ByHand(what) => Fate::ToDo {
                    what: what.to_owned(),
                },
                How::Mapped => Fate::ToDo {
                    what: UNTOLD.to_owned(),
                },
            };
            self.fates.entry(path.clone()).or_insert(Draft::Final(fate));
        }
        let group = self.group;
        let told = |(path, fate): (String, Draft)| {
            let found = group.fields.get(&path)?;
            Some((found.at.to_string(), found.line, fate))
        };
        let mut entries: Vec<(String, usize, Draft)> = std::mem::take(&mut self.fates)
            .into_iter()
            .filter_map(told)
            .collect();
        let more = std::mem::take(&mut self.more).into_iter();
        entries.extend(more.map(|(path, line, fate)| (path, line, Draft::Final(fate))));
        for what in std::mem::take(&mut self.open) {
            let fate = Draft::Final(Fate::ToDo { what });
            entries.push((group.at.to_string(), group.line, fate));
        }
        Mapped {
            template: self.template,
            node_group: self.node_group,
            template_comments: self.template_comments,
            group_comments: self.group_comments,
            entries,
            at: group.at.clone(),
            line: group.line,
        }
    }
}

/// What nobody should read: a field that the import knows and forgot.
pub(super) const UNTOLD: &str = "the import has no answer for it here: look where it belongs";

fn comment(comments: &mut Comments, key: &'static str, what: &str) {
    let lines = comments.entry(key).or_default();
    let line = format!("to do: {what}");
    if !lines.contains(&line) {
        lines.push(line);
    }
}

/// The report's entries of a group, once it is known where its parts stand in the spec.
pub(super) fn entries(
    drafts: Vec<(String, usize, Draft)>,
    template: usize,
    group: usize,
) -> impl Iterator<Item = Entry> {
    drafts.into_iter().map(move |(path, line, draft)| {
        let place = |to: To| match to {
            To::Template(path) => format!("launchTemplates[{template}].{path}"),
            To::Group(path) => format!("nodeGroups[{group}].{path}"),
        };
        let fate = match draft {
            Draft::Mapped { to, note } => Fate::Mapped {
                to: to.into_iter().map(place).collect(),
                note,
            },
            Draft::Final(fate) => fate,
        };
        Entry { path, line, fate }
    })
}
