//! `policy`: the IAM policy that a pipeline's role needs, for a spec or for any.

use std::collections::BTreeSet;

use nodemint_aws::permissions::GRANTS;
use nodemint_core::policy::{
    Access, Asked, Document, Grant, INLINE_POLICY_CHARACTERS, MANAGED_POLICY_CHARACTERS, SCHEMA,
    Scope, document,
};
use nodemint_core::site;
use serde::Serialize;

use super::Session;
use crate::args::{Output, PolicyAccess, PolicyArgs};
use crate::error::AppError;
use crate::project::Project;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    schema: &'static str,
    access: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    fleet: Option<&'a str>,
    /// whose policy it is
    r#for: &'a site::Access,
    /// who else needs one
    others: &'a BTreeSet<site::Access>,
    /// as IAM counts them
    characters: usize,
    document: &'a Document,
    permissions: Vec<Permission>,
}

/// Why an action is in the document: an operation that nodemint calls, or AWS on the way.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Permission {
    action: &'static str,
    access: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    operation: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
}

fn permission(grant: &Grant) -> Permission {
    let (operation, reason) = match grant.asked {
        Asked::By(service, operation) => (Some(format!("{service} {operation}")), None),
        Asked::OnTheWay(why) => (None, Some(why)),
    };
    Permission {
        action: grant.action,
        access: name(grant.access),
        operation,
        reason,
    }
}

fn name(access: Access) -> &'static str {
    match access {
        Access::Read => "read",
        Access::Write => "write",
        Access::All => "all",
    }
}

/// What of the list is in this document: without a role to assume, say, there is no such permission.
fn permissions(access: Access, document: &Document) -> Vec<Permission> {
    let allowed = |grant: &&Grant| {
        let mut statements = document.statement.iter();
        grant.access <= access && statements.any(|it| it.action.contains(grant.action))
    };
    GRANTS.iter().filter(allowed).map(permission).collect()
}

pub fn run(session: &Session, args: &PolicyArgs) -> Result<(), AppError> {
    let mut others = BTreeSet::new();
    let mut fleet = None;
    let scope = if args.generic {
        Scope::any()
    } else {
        let project = Project::open(&session.global)?;
        let spec = project.spec();
        others = principals(spec.clusters.iter().map(|cluster| &cluster.access));
        fleet = Some(spec.name.clone());
        let scope = Scope::of(spec, &args.who);
        if scope.is_empty() {
            return Err(AppError::usage(
                format!("no cluster of the spec is reached with `{}`", args.who),
                format!("`--for` one of these: {}", listed(&others)),
            ));
        }
        others.remove(&args.who);
        scope
    };
    let access = match args.access {
        PolicyAccess::Read => Access::Read,
        PolicyAccess::Write => Access::Write,
        PolicyAccess::All => Access::All,
    };
    let document = document(GRANTS, access, &scope);
    let characters = document.characters();
    tell(session, &others, characters);
    match session.console.output {
        // What IAM takes, so that it can be piped.
        Output::Text | Output::Markdown => session.console.answer_json(&document),
        Output::Json => session.console.answer_json(&Answer {
            schema: SCHEMA,
            access: name(access),
            fleet: fleet.as_deref(),
            r#for: &args.who,
            others: &others,
            characters,
            document: &document,
            permissions: permissions(access, &document),
        }),
    }
}

/// Whose policies a spec needs: those that reach clusters, and those that assume a role to do so.
fn principals<'a>(accesses: impl Iterator<Item = &'a site::Access>) -> BTreeSet<site::Access> {
    let both = accesses.flat_map(|access| {
        let caller = site::Access {
            profile: access.profile.clone(),
            assume_role_arn: None,
        };
        [caller, access.clone()]
    });
    both.collect()
}

fn listed(accesses: &BTreeSet<site::Access>) -> String {
    let names: Vec<String> = accesses.iter().map(|it| format!("`{it}`")).collect();
    names.join(", ")
}

fn tell(session: &Session, others: &BTreeSet<site::Access>, characters: usize) {
    if !others.is_empty() {
        session.console.warn(&format!(
            "clusters are reached with other credentials too, which need a policy of their own (`--for`): {}",
            listed(others)
        ));
    }
    if characters > MANAGED_POLICY_CHARACTERS {
        session.console.warn(&format!(
            "{characters} characters: IAM takes {MANAGED_POLICY_CHARACTERS} in a managed policy, and \
             {INLINE_POLICY_CHARACTERS} in all the inline policies of a role; make one for each region (`--region`), \
             or take the one for any fleet (`--generic`)"
        ));
    }
}
