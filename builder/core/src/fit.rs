//! Whether an image is what was asked for, and whether instance types can run it.
//!
//! `resolve` refuses to lock what does not fit, and `plan` refuses to roll nodes onto it: both ask here.

mod image;
mod machine;
#[cfg(test)]
mod tests;

pub use image::{image, launchable};
pub use machine::{instance_type, machine, zones};

use crate::spec::KubernetesVersion;

/// Something that does not fit, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misfit {
    pub severity: Severity,
    pub message: String,
    pub hint: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// Nodes would not start, or would not be what the spec says.
    Error,
    /// They would start; somebody should look. `--strict` makes it an error.
    Warning,
}

impl Misfit {
    fn error(message: String, hint: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            message,
            hint: hint.into(),
        }
    }

    fn warning(message: String, hint: impl Into<String>) -> Self {
        Self {
            severity: Severity::Warning,
            message,
            hint: hint.into(),
        }
    }
}

/// Whether nodes of one Kubernetes may join a control plane of another: never newer, and at most three
/// minors older, two before 1.28 (Kubernetes version skew policy).
pub fn skew(node: KubernetesVersion, control_plane: KubernetesVersion) -> Result<(), Misfit> {
    let allowed = match control_plane {
        KubernetesVersion { major: 1, minor } if minor < 28 => 2,
        _ => 3,
    };
    if node > control_plane {
        return Err(Misfit::error(
            format!("nodes of Kubernetes {node} are newer than the control plane, {control_plane}"),
            "upgrade the cluster first, or choose images of its version",
        ));
    }
    if node.major != control_plane.major || control_plane.minor - node.minor > allowed {
        return Err(Misfit::error(
            format!(
                "nodes of Kubernetes {node} are more than {allowed} minors older than the control plane, {control_plane}"
            ),
            "choose images of a newer version",
        ));
    }
    Ok(())
}
