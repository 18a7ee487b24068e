//! The step that deletes a node group.

use nodemint_core::plan::{Deletion, Standing, deleted};

use super::groups::{Place, conflict, deletion_of, refused};
use super::wait;
use super::{ApplyError, StepEnd};
use crate::events::{EventKind, Group};
use crate::ports::ErrorKind;

/// Deletes the group, unless it is gone or going. EKS takes no client token for it: a group that went meanwhile
/// is found by looking, and the ARN keeps one of the same name that was made later.
pub(super) async fn delete_group(
    place: &Place<'_>,
    deletion: &Deletion,
) -> Result<StepEnd, ApplyError> {
    let group = Group {
        cluster: deletion.cluster.clone(),
        name: deletion.group.clone(),
    };
    let mut standing = deleted(deletion, place.look(&group).await?.as_ref());
    if standing == Standing::Todo(()) {
        let sent = place.cloud.delete_node_group(&group.cluster, &group.name);
        match sent.await {
            Ok(()) => {
                place.session.emit(EventKind::GroupDeleting {
                    group: group.clone(),
                    nodes: deletion.nodes,
                });
                return follow(place, &group).await;
            }
            Err(error) if error.kind == ErrorKind::NotFound => standing = Standing::Done,
            Err(error) => match place.look_again(&group, &error).await {
                Some(have) => match deleted(deletion, have.as_ref()) {
                    Standing::Todo(()) => return Err(refused(&group, error)),
                    other => standing = other,
                },
                None => return Err(error.into()),
            },
        }
    }
    match standing {
        Standing::Done => {
            place
                .session
                .emit(EventKind::GroupDeleted { group, seconds: 0 });
            Ok(StepEnd::Done)
        }
        Standing::Conflict(what) => Err(conflict(&group, what)),
        Standing::Todo(()) | Standing::UnderWay(_) => {
            place.session.emit(EventKind::GroupDeleting {
                group: group.clone(),
                nodes: deletion.nodes,
            });
            follow(place, &group).await
        }
    }
}

async fn follow(place: &Place<'_>, group: &Group) -> Result<StepEnd, ApplyError> {
    match place.session.options.wait {
        true => wait::deletion(place.cloud, group, place.session).await,
        false => Ok(StepEnd::Running(deletion_of(group))),
    }
}
